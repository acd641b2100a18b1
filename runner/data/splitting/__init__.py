"""Splits of a data set: validation, folds, and changes of the training part."""
