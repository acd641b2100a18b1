"""Losses and the label encodings that they need."""

from dataclasses import replace
from typing import Literal

import keras
import numpy as np

from runner.core.errors import ConfigError
from runner.data.dataset import Part, Split

Form = Literal["integers", "column", "one_hot"]
SPARSE, DENSE = "sparse_categorical_crossentropy", "categorical_crossentropy"  # the same loss for labels in two forms
CROSS_ENTROPY = "negative_log_likelihood"  # a column of the history

_SMOOTHED = {
    DENSE: keras.losses.CategoricalCrossentropy,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
}


def label_form(loss: str) -> Form:
    """Return the label form of a Keras loss: class numbers, one column of 0 and 1, or a probability for each class."""
    if loss.startswith("sparse_"):
        return "integers"
    return "column" if loss.startswith("binary_") else "one_hot"


def encoded(split: Split, classes: int, form: Form) -> Split:
    """Return the split with its labels in a different form.

    Raises:
        ConfigError: if the loss is binary and there are more than two classes.
    """
    if form == "integers":
        return split
    if form == "column" and classes != 2:
        raise ConfigError(f"training.loss: a binary loss needs two classes, but the data set has {classes}")

    def encode(part: Part) -> Part:
        column = part.labels[:, np.newaxis]
        labels = column if form == "column" else column == np.arange(classes)
        return replace(part, labels=labels.astype(np.float32))

    return Split(encode(split.train), encode(split.validation), encode(split.test))


def cross_entropy(form: Form) -> keras.metrics.Metric:
    """Return the metric of pure cross-entropy for labels in a form.

    The training loss also contains penalties and label smoothing, so runs that differ in these can be compared only by
    this metric.
    """
    kinds = {
        "integers": keras.metrics.SparseCategoricalCrossentropy,
        "column": keras.metrics.BinaryCrossentropy,
        "one_hot": keras.metrics.CategoricalCrossentropy,
    }
    return kinds[form](name=CROSS_ENTROPY)


def smoothed(loss: str, label_smoothing: float) -> keras.losses.Loss:
    """Return a loss with label smoothing.

    Raises:
        ConfigError: if Keras's loss has no label smoothing.
    """
    if loss not in _SMOOTHED:
        raise ConfigError(f"regularizer.label_smoothing: needs training.loss to be a cross-entropy, not {loss}")
    return _SMOOTHED[loss](label_smoothing=label_smoothing)
