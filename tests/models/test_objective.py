import keras
import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.data.dataset import Part, Split
from runner.models.objective import cross_entropy, encoded, label_form, smoothed


def split_of(labels):
    part = Part(np.zeros((len(labels), 2), np.float32), np.asarray(labels, np.int32))
    return Split(part, part, part)


@pytest.mark.parametrize(
    ("loss", "form"),
    [
        ("sparse_categorical_crossentropy", "integers"),
        ("categorical_crossentropy", "one_hot"),
        ("mean_squared_error", "one_hot"),
        ("binary_crossentropy", "column"),
    ],
)
def test_the_loss_says_what_the_labels_look_like(loss, form):
    assert label_form(loss) == form


def test_labels_are_encoded_for_every_part():
    hot = encoded(split_of([2, 0]), 3, "one_hot")
    assert hot.test.labels.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert hot.train.labels.dtype == np.float32
    assert encoded(split_of([1, 0]), 2, "column").validation.labels.tolist() == [[1], [0]]
    assert encoded(split_of([1, 0]), 2, "integers").train.labels.tolist() == [1, 0]


def test_a_binary_loss_refuses_three_classes():
    with pytest.raises(ConfigError, match="a binary loss needs two classes, but the data set has 3"):
        encoded(split_of([0, 1, 2]), 3, "column")


def test_smoothed_crossentropy_is_the_papers():
    probabilities = np.array([[0.7, 0.2, 0.1]])
    target = 0.9 * np.array([1, 0, 0]) + 0.1 / 3
    loss = smoothed("categorical_crossentropy", 0.1)(np.array([[1.0, 0, 0]]), probabilities)
    assert float(loss) == pytest.approx(-np.sum(target * np.log(probabilities)), rel=1e-5)
    assert type(loss_of := smoothed("binary_crossentropy", 0.2)) is keras.losses.BinaryCrossentropy
    assert loss_of.label_smoothing == 0.2


def test_no_smoothing_for_a_loss_that_keras_cannot_smooth():
    with pytest.raises(ConfigError, match=r"regularizer\.label_smoothing: needs training\.loss to be a cross-entropy"):
        smoothed("mean_squared_error", 0.1)


@pytest.mark.parametrize("form", ["integers", "one_hot", "column"])
def test_the_cross_entropy_is_that_of_the_labels_alone_in_every_form(form):
    labels, p = np.array([0, 1, 1]), np.array([0.2, 0.6, 0.9], np.float32)
    truth = {"integers": labels, "one_hot": np.eye(2)[labels], "column": labels[:, None]}[form]
    metric = cross_entropy(form)
    metric.update_state(truth, p[:, None] if form == "column" else np.stack([1 - p, p], axis=1))
    assert float(metric.result()) == pytest.approx(-np.mean(np.log([0.8, 0.6, 0.9])), rel=1e-5)
