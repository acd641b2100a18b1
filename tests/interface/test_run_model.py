"""The model of a run: these tests import TensorFlow."""

import keras
import numpy as np
import pytest

import runner
from tests.reporting.conftest import run_maker


@pytest.fixture
def directory(tmp_path):
    return run_maker(tmp_path)("s/0")


def test_the_saved_model_is_read(directory):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.save(directory / "model.keras")
    images = np.ones((1, 3), np.float32)
    assert np.array_equal(runner.Run(directory).model().predict(images, verbose=0), model.predict(images, verbose=0))


def test_a_model_that_would_run_code_is_refused(directory):
    keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x)]).save(directory / "model.keras")
    with pytest.raises(runner.UserError, match=r"model\.keras cannot be read: "):
        runner.Run(directory).model()


def test_a_file_that_is_no_model_is_refused(directory):
    (directory / "model.keras").write_text("no model")
    with pytest.raises(runner.UserError, match=r"model\.keras cannot be read: "):
        runner.Run(directory).model()
