"""The form of the labels, and the loss, that go together."""

from dataclasses import replace
from typing import Literal

import keras
import numpy as np

from runner.config.errors import ConfigError
from runner.data.dataset import Part, Split

Form = Literal["integers", "column", "one_hot"]
CROSS_ENTROPY = "negative_log_likelihood"  # the column of a history

_SMOOTHED = {
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
}


def label_form(loss: str) -> Form:
    """Return what a Keras loss compares with: class numbers, one column of 0 and 1, or a probability for each class."""
    if loss.startswith("sparse_"):
        return "integers"
    return "column" if loss.startswith("binary_") else "one_hot"


def encoded(split: Split, classes: int, form: Form) -> Split:
    """Return the split with its labels in another form.

    Raises:
        ConfigError: if a binary loss is asked for more than two classes.
    """
    if form == "integers":
        return split
    if form == "column" and classes != 2:
        raise ConfigError(f"training.loss: a binary loss needs two classes, and the data set has {classes}")

    def encode(part: Part) -> Part:
        column = part.labels[:, np.newaxis]
        labels = column if form == "column" else column == np.arange(classes)
        return replace(part, labels=labels.astype(np.float32))

    return Split(encode(split.train), encode(split.validation), encode(split.test))


def cross_entropy(form: Form) -> keras.metrics.Metric:
    """Return the metric that measures the cross-entropy alone, against labels in a form.

    The loss of a training holds its penalties and its smoothing beside that, so losses of two trainings that differ in
    those cannot be compared, and these can.
    """
    kinds = {
        "integers": keras.metrics.SparseCategoricalCrossentropy,
        "column": keras.metrics.BinaryCrossentropy,
        "one_hot": keras.metrics.CategoricalCrossentropy,
    }
    return kinds[form](name=CROSS_ENTROPY)


def smoothed(loss: str, label_smoothing: float) -> keras.losses.Loss:
    """Return a loss against smoothed labels.

    Raises:
        ConfigError: if Keras has no smoothed form of it.
    """
    if loss not in _SMOOTHED:
        raise ConfigError(f"regularizer.label_smoothing: needs training.loss to be a crossentropy, not {loss}")
    return _SMOOTHED[loss](label_smoothing=label_smoothing)
