import keras
import pytest

from runner.engine.variables.strengths import without_strengths


def model(momentum, strength):
    made = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, kernel_regularizer=strength)])
    made.compile(keras.optimizers.SGD(momentum=momentum))
    return made


def config(momentum, strength):
    l2 = {"_target_": "keras.regularizers.L2", "l2": strength}
    return {"optimizer": {"momentum": momentum}, "regularizer": {"l2": l2}}


def key(momentum, strength):
    return without_strengths(config(momentum, strength), model(momentum, keras.regularizers.L2(strength)))


def test_values_above_0_share_a_key():
    assert key(0.9, 0.01) == key(0.5, 0.1)


@pytest.mark.parametrize("other", [(0.0, 0.01), (0.9, 0.0)])
def test_without_momentum_or_penalty_another_graph_is_built(other):
    assert key(*other) != key(0.9, 0.01)


def test_a_strength_in_another_form_of_penalty_stays_in_the_key():
    penalties = [keras.regularizers.L1L2(0.1, strength) for strength in (0.01, 0.1)]
    keys = [without_strengths(config(0.9, one.l2), model(0.9, one)) for one in penalties]
    assert keys[0] != keys[1]


def test_a_penalty_that_keeps_keras_default_strength_has_a_key():
    config = {"optimizer": {"momentum": 0.9}, "regularizer": {"own": {"_target_": "keras.regularizers.L2"}}}
    found = without_strengths(config, model(0.9, keras.regularizers.L2()))
    assert found["regularizer"] == config["regularizer"]
