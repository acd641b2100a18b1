"""Builders of Keras models, one file for each family: `(input_shape, classes, hidden, **options) -> keras.Model`."""
