"""Builders of Keras models, one file a family: `(input_shape, classes, hidden, **options) -> keras.Model`."""
