"""The private APIs of Keras and TensorFlow behave as the engine expects."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.client import device_lib
from tensorflow.python.framework import ops

from runner.engine.keras_internals import (
    CHECKED_WITH,
    better_direction,
    clipping_wrapped,
    custom_gradients_forgotten,
    discard_kernels,
    kernels_kept,
    layers_within,
    learning_rate_replaced,
    moments_of,
    schedule_of,
    update_replaced,
    updates_stateless,
    vectorization_rule,
)
from tests.contracts import contract


@pytest.fixture
def weight():
    return keras.Variable([1.0, 2.0])


def test_kernels_are_kept_until_they_are_discarded():
    def drawn():
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(0)
        return float(tf.random.uniform([], seed=1))  # its kernel has a random state, so a kept one continues

    with contract("pywrap_tfe.TFE_ContextClearCaches, Context.clear_kernel_cache", CHECKED_WITH):
        first, again = drawn(), drawn()
        with kernels_kept():
            kept = drawn()
            discard_kernels()
            still = drawn()
        discard_kernels()
        assert first == again == drawn()
        assert len({first, kept, still}) == 3


def test_layers_inside_layers_are_found_in_a_fixed_order():
    with contract("Layer._flatten_layers", CHECKED_WITH):
        inner = keras.Sequential(
            [keras.layers.Dense(2, name="first"), keras.layers.Dense(2, name="second")], name="inner"
        )
        wrapped = keras.layers.TimeDistributed(keras.layers.Dense(2, name="inside"), name="outside")
        model = keras.Sequential([keras.Input((3, 2)), inner, wrapped])
        names = [layer.name for layer in layers_within(model) if not isinstance(layer, keras.layers.InputLayer)]
        assert names == ["inner", "second", "first", "outside", "inside"]


def test_adam_keeps_two_moments_of_a_variable(weight):
    with contract("Optimizer._get_variable_index, Adam._momentums, Adam._velocities", CHECKED_WITH):
        optimizer = keras.optimizers.Adam(beta_1=0.9, beta_2=0.99)
        other = keras.Variable([3.0])
        optimizer.apply([keras.ops.ones(1), keras.ops.array([2.0, -4.0])], [other, weight])
        first, second = moments_of(optimizer, weight)
        np.testing.assert_allclose(first, [0.2, -0.4], rtol=1e-5)  # (1 - beta_1) g
        np.testing.assert_allclose(second, [0.04, 0.16], rtol=1e-5)  # (1 - beta_2) g^2
        np.testing.assert_allclose(moments_of(optimizer, other)[0], [0.1], rtol=1e-5)


def test_all_variables_are_updated_by_one_function(weight):
    with contract("Optimizer._backend_update_step", CHECKED_WITH):
        optimizer = keras.optimizers.SGD(learning_rate=0.25)
        taken = []
        with update_replaced(optimizer, lambda *arguments: taken.append(arguments)):
            optimizer.apply([keras.ops.ones(2)], [weight])
        [(gradients, variables, rate)] = taken
        assert len(gradients) == len(variables) == 1
        assert variables[0] is weight
        assert float(rate) == 0.25
        np.testing.assert_array_equal(weight, [1.0, 2.0])


def test_gradients_are_clipped_by_one_function_before_the_update(weight):
    with contract("Optimizer._clip_gradients", CHECKED_WITH):
        optimizer = keras.optimizers.SGD(learning_rate=1.0, clipvalue=0.5)
        before = []
        with clipping_wrapped(optimizer, lambda clip, gradients: before.extend(gradients) or clip(gradients)):
            optimizer.apply([keras.ops.array([2.0, 0.25])], [weight])
        np.testing.assert_array_equal(before, [[2.0, 0.25]])
        np.testing.assert_array_equal(weight, [0.5, 1.75])


def test_an_optimizer_keeps_its_schedule(weight):
    with contract("Optimizer._learning_rate", CHECKED_WITH):
        one, other = (keras.optimizers.schedules.ExponentialDecay(rate, 1, 0.5) for rate in (0.5, 0.25))
        optimizer = keras.optimizers.SGD(one)
        assert schedule_of(optimizer) is one
        with learning_rate_replaced(optimizer, other):
            assert float(optimizer.learning_rate) == 0.25
            assert optimizer.get_config()["learning_rate"]["config"]["initial_learning_rate"] == 0.25
        assert schedule_of(optimizer) is one
        assert isinstance(schedule_of(keras.optimizers.SGD(0.5)), keras.Variable)


def test_a_metric_may_know_its_better_direction():
    with contract("Metric._direction", CHECKED_WITH):
        metrics = keras.metrics.MeanSquaredError(), keras.metrics.SparseCategoricalAccuracy(), keras.metrics.Mean()
        assert [better_direction(metric) for metric in metrics] == ["down", "up", None]


def test_a_custom_gradient_is_registered_by_a_name_of_tensorflows():
    with contract("tensorflow.python.framework.ops.gradient_registry._registry", CHECKED_WITH):
        registered = ops.gradient_registry._registry
        before = set(registered)

        @tf.custom_gradient
        def doubled(value):
            return 2.0 * value, lambda upstream: 2.0 * upstream

        with custom_gradients_forgotten():
            tf.function(doubled, autograph=False).get_concrete_function(tf.TensorSpec([]))
            assert any(name.startswith("CustomGradient-") for name in registered.keys() - before)
        assert set(registered) == before


def test_tensorflow_lists_devices_with_their_memory():
    with contract("tensorflow.python.client.device_lib", CHECKED_WITH):
        assert all(one.memory_limit > 0 for one in device_lib.list_local_devices() if one.device_type in ("CPU", "GPU"))
        assert "CPU" in {one.device_type for one in device_lib.list_local_devices()}


def test_an_update_changes_the_values_of_a_scope_and_no_variable(weight):
    with contract("Optimizer._var_key, Optimizer._apply_weight_decay, Variable._value", CHECKED_WITH):
        optimizer = keras.optimizers.SGD(learning_rate=0.5, weight_decay=0.1)
        optimizer.build([weight])
        given = keras.ops.array([4.0, 8.0])
        with keras.StatelessScope([(weight, given)]) as scope, updates_stateless(optimizer):
            optimizer.apply([keras.ops.ones(2)], [weight])
        # w - decay rate w - rate g
        np.testing.assert_allclose(scope.get_current_value(weight), [4 - 0.2 - 0.5, 8 - 0.4 - 0.5])
        np.testing.assert_allclose(weight, [1.0, 2.0])
        assert optimizer.iterations == 0


def test_a_rule_never_replaces_one_of_tensorflow():
    with contract("RegisterPFor", CHECKED_WITH), pytest.raises(AssertionError, match="Re-registering Add"):
        vectorization_rule("Add")(lambda given: [given.stacked_input(0)])
