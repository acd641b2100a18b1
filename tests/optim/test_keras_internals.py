"""The private APIs of Keras's optimizers behave as the program expects."""

import keras
import numpy as np
import pytest

from runner.optim.keras_internals import (
    CHECKED_WITH,
    innermost,
    moving_averages,
    steps_taken,
    variable_key,
    wrap_moving_average,
    wrap_weight_decay,
)
from tests.contracts import contract


@pytest.fixture
def weight():
    return keras.Variable([1.0, 2.0])


def step(optimizer, weight):
    optimizer.apply([keras.ops.ones(2)], [weight])


def test_a_variable_and_the_tensorflow_variable_in_it_have_one_key(weight):
    with contract("Optimizer._var_key", CHECKED_WITH):
        optimizer = keras.optimizers.SGD()
        assert variable_key(optimizer, weight) == variable_key(optimizer, weight.value)
        assert variable_key(optimizer, weight) != variable_key(optimizer, keras.Variable([1.0, 2.0]))


def test_steps_count_those_that_accumulate(weight):
    with contract("Optimizer._iterations", CHECKED_WITH):
        optimizer = keras.optimizers.SGD(gradient_accumulation_steps=2)
        counts = []
        for _ in range(3):
            step(optimizer, weight)
            counts.append((int(steps_taken(optimizer)), int(optimizer.iterations)))
        assert counts == [(1, 0), (2, 1), (3, 1)]


def test_weight_decay_is_one_function_of_the_variables(weight):
    with contract("Optimizer._apply_weight_decay", CHECKED_WITH):
        optimizer = keras.optimizers.SGD(learning_rate=0.5, weight_decay=0.1)
        taken = []
        wrap_weight_decay(optimizer, lambda decay, variables: taken.append([*variables]) or decay(variables))
        optimizer.apply([keras.ops.zeros(2)], [weight])
        assert [[id(variable) for variable in variables] for variables in taken] == [[id(weight)]]
        np.testing.assert_allclose(weight, [0.95, 1.9], rtol=1e-6)


def test_the_moving_averages_are_updated_once_a_step_by_one_function(weight):
    with contract("Optimizer._update_model_variables_moving_average, _model_variables_moving_average", CHECKED_WITH):
        optimizer = keras.optimizers.SGD(learning_rate=1.0, use_ema=True, ema_momentum=0.5)
        calls = []
        wrap_moving_average(optimizer, lambda average, variables: calls.append(1) or average(variables))
        step(optimizer, weight)
        np.testing.assert_allclose(*moving_averages(optimizer), [0.0, 1.0])  # equal to the weights after the first step
        step(optimizer, weight)
        np.testing.assert_allclose(*moving_averages(optimizer), [-0.5, 0.5])
        assert len(calls) == 2


def test_the_wrapper_that_scales_the_loss_names_the_optimizer_in_it():
    inner = keras.optimizers.SGD()
    assert innermost(keras.optimizers.LossScaleOptimizer(inner)) is innermost(inner) is inner


def test_a_name_that_changed_is_said_in_one_sentence(weight):
    said = "^_gone changed since it was last checked, with Keras [0-9.]+: 'SGD' object has no attribute '_gone'$"
    with pytest.raises(pytest.fail.Exception, match=said), contract("_gone", CHECKED_WITH):
        keras.optimizers.SGD()._gone(weight)
