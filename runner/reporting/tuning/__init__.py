"""Tuning of a study: trials, choices, curves and importances."""
