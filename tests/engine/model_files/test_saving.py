import keras
import numpy as np
import pytest

from runner.engine.keras_internals import schedule_of
from runner.engine.model_files.saving import save_model
from tests.engine.conftest import eager


class OwnSchedule(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1 / (1.0 + keras.ops.cast(step, "float32"))


class OwnOptimizer(keras.optimizers.SGD):
    pass


def trained(model, parts):
    eager(model).fit(parts[0].inputs, parts[0].labels, verbose=0)
    return model


@pytest.mark.parametrize(
    "optimizer", [keras.optimizers.Adam, lambda rate: keras.optimizers.Adam(OwnSchedule()), OwnOptimizer]
)
def test_plain_keras_opens_it(make_model, parts, tmp_path, optimizer):
    model = trained(make_model(optimizer(0.01)), parts)
    save_model(model, tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(again(parts[1].inputs), model(parts[1].inputs), rtol=1e-5, atol=1e-7)
    assert model.compiled
    assert isinstance(model.optimizer, keras.optimizers.Optimizer)


@pytest.mark.parametrize(
    "schedule", [keras.optimizers.schedules.ExponentialDecay(0.01, 3, 0.5), OwnSchedule()], ids=["Keras's", "own"]
)
def test_rate_and_state_of_the_optimizer_are_in_the_file(make_model, parts, tmp_path, schedule):
    model = trained(make_model(keras.optimizers.Adam(schedule)), parts)
    save_model(model, tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    assert float(again.optimizer.learning_rate) == pytest.approx(float(model.optimizer.learning_rate))
    for one, other in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    assert schedule_of(model.optimizer) is schedule
