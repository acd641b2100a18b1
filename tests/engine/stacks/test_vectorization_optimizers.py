"""Every optimizer of `conf/` updates the models of a stack as it updates each of them alone, or is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from runner.core.paths import conf_directory
from runner.engine.keras_internals import updates_stateless
from runner.engine.stacks.vectorization import NotVectorized, reason_in_words
from runner.run.instantiate import make
from tests.composed import settings

OPTIMIZERS = sorted(path.stem for path in (conf_directory() / "optimizer").glob("*.yaml"))
REFUSED = {"muon", "nadam"}
RANDOM = np.random.default_rng(0)
WEIGHTS = [RANDOM.normal(size=(2, 3, 4)).astype("float32"), RANDOM.normal(size=(2, 4)).astype("float32")]
GRADIENTS = [RANDOM.normal(size=value.shape).astype("float32") for value in WEIGHTS]
STEPS = 3


def built(option, model):
    """Return the optimizer built for the model with this number, and the variables of that model."""
    keras.utils.clear_session()
    optimizer = make("optimizer", settings(f"optimizer={option}").optimizer.spec() | {"learning_rate": 0.1})
    weights = [keras.Variable(value[model]) for value in WEIGHTS]
    optimizer.build(weights)
    return optimizer, weights


def updated_alone(option, model):
    optimizer, weights = built(option, model)
    for _ in range(STEPS):
        optimizer.apply([tf.constant(value[model]) for value in GRADIENTS], weights)
    return [weight.numpy() for weight in weights]


def updated_together(option):
    optimizer, weights = built(option, 0)
    variables = [*weights, *optimizer.variables]

    def one_model(state):
        values, gradients = state
        with keras.StatelessScope(list(zip(variables, values, strict=True))) as scope, updates_stateless(optimizer):
            optimizer.apply(gradients, weights)
        assert scope.state_mapping.keys() == set(map(id, variables))
        return [scope.get_current_value(variable) for variable in variables]

    @tf.function(autograph=False)
    def step(values, gradients):
        return tf.vectorized_map(one_model, (values, gradients), fallback_to_while_loop=False)

    values = [*map(tf.constant, WEIGHTS), *(tf.stack([state.value] * 2) for state in optimizer.variables)]
    with reason_in_words():
        for _ in range(STEPS):
            values = step(values, [*map(tf.constant, GRADIENTS)])
    return values[: len(weights)]


@pytest.mark.parametrize("option", OPTIMIZERS)
def test_an_optimizer_updates_many_models_as_each_alone(option):
    if option in REFUSED:
        with pytest.raises(NotVectorized):
            updated_together(option)
        return
    together = updated_together(option)
    for model in (0, 1):
        for value, expected in zip(together, updated_alone(option, model), strict=True):
            np.testing.assert_allclose(value[model], expected, rtol=1e-4, atol=1e-5)
