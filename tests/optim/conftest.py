"""A small network, its data, and its training as in the program."""

import keras
import numpy as np
import pytest

from runner.data.dataset import Part
from runner.engine.evaluation import Evaluator
from runner.engine.training import CompiledEpoch, train
from tests.engine.conftest import NoValidation


@pytest.fixture
def parts() -> tuple[Part, Part]:
    """96 training and 32 validation examples with 6 features, in three classes."""
    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(128, 6)).astype(np.float32)
    labels = np.argmax(inputs[:, :3], axis=1).astype(np.int32)
    return Part(inputs[:96], labels[:96]), Part(inputs[96:], labels[96:])


@pytest.fixture
def network():
    """network(optimizer, normalized=False) -> a compiled network with layers hidden_1, hidden_2, output."""

    def make(optimizer, normalized=False):
        keras.utils.clear_session()
        keras.utils.set_random_seed(5)
        layers = [keras.Input((6,)), keras.layers.Dense(8, name="hidden_1")]
        if normalized:
            layers.append(keras.layers.BatchNormalization(name="hidden_1_normalization"))
        layers += [
            keras.layers.Activation("tanh"),
            keras.layers.Dense(8, activation="tanh", name="hidden_2"),
            keras.layers.Dense(3, activation="softmax", name="output"),
        ]
        model = keras.Sequential(layers)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return make


@pytest.fixture
def trained(parts):
    """trained(model, epochs, callbacks) -> the rows of its training, in batches of 32 in the data's own order.

    They have no validation unless the test asks for it, because compiling one takes time.
    """

    def run(model, epochs=2, callbacks=(), diagnostics=(), validated=False):
        training, validation = parts
        return list(
            train(
                CompiledEpoch(model, training, 32),
                Evaluator(model, validation) if validated else NoValidation(),
                epochs=epochs,
                order=lambda epoch: np.arange(len(training)),
                callbacks=callbacks,
                diagnostics=diagnostics,
            )
        )

    return run
