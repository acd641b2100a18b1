"""A small model on small data, the same in every test."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from runner.data.dataset import Dataset, Part


class NoValidation:
    """Replacement for the Evaluator where the validation is not tested, because compiling an Evaluator takes time."""

    def evaluate(self) -> dict[str, float]:
        return {"loss": 0.0, "accuracy": 0.0}


def eager(model: keras.Model) -> keras.Model:
    """Make Keras train the model step by step, which is faster than compiling if there are few steps."""
    model.run_eagerly = True
    return model


@pytest.fixture(scope="session")
def dataset(digits) -> Dataset:
    """200 training and 50 test images."""
    images, labels = digits
    return Dataset("digits", "drawn", 10, images[:200], labels[:200], images[200:], labels[200:])


@pytest.fixture(scope="session")
def parts(dataset) -> tuple[Part, Part]:
    """200 training and 50 validation images, scaled to [0, 1]."""
    training, validation = ((images / 255).astype(np.float32) for images in (dataset.train_inputs, dataset.test_inputs))
    return Part(training, dataset.train_labels), Part(validation, dataset.test_labels)


@pytest.fixture(scope="session")
def make_model() -> Callable[..., keras.Model]:
    """make_model(optimizer, dropout=0.0, batchnorm=False, precision="float32") -> a compiled MLP, always the same."""

    def make(optimizer, dropout=0.0, batchnorm=False, precision="float32"):
        keras.utils.clear_session()
        keras.utils.set_random_seed(11)
        keras.config.set_dtype_policy(precision)
        try:
            return compiled(optimizer, dropout, batchnorm)
        finally:
            keras.config.set_dtype_policy("float32")

    def compiled(optimizer, dropout, batchnorm):
        layers = [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)),
        ]
        if batchnorm:
            layers.append(keras.layers.BatchNormalization())
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
        model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
        model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return make
