import keras
import numpy as np
import pytest
import tensorflow as tf

from runner.engine.fused import fused
from runner.engine.keras_internals import moments_of


def adam_in_numpy(weight, gradients, rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Kingma & Ba 2015, algorithm 1, in the order of section 2: epsilon is added to the uncorrected root."""
    m, v = np.zeros_like(weight), np.zeros_like(weight)
    for t, gradient in enumerate(gradients, start=1):
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        weight = weight - rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)
    return weight, m, v


def linear_model(optimizer, regularizer=None):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False, kernel_regularizer=regularizer)])
    model.compile(optimizer=optimizer, loss="mse")
    optimizer.build(model.trainable_variables)
    return model


def test_three_steps_of_adam_equal_the_papers_algorithm():
    model = linear_model(keras.optimizers.Adam(0.01))
    start = model.get_weights()[0].astype(np.float64)
    gradients = np.random.default_rng(0).normal(size=(3, 3, 2)) * [[[1e-3]], [[1.0]], [[100.0]]]

    @tf.function
    def step(gradient):
        model.optimizer.apply([gradient], model.trainable_variables)

    with fused(model):
        for gradient in gradients:
            step(tf.constant(gradient, tf.float32))
    weight, m, v = adam_in_numpy(start, gradients)
    # 1 - beta_2 has an error of 1.3e-5 in float32.
    np.testing.assert_allclose(model.get_weights()[0], weight, rtol=2e-5)
    for found, expected in zip(moments_of(model.optimizer, model.trainable_weights[0]), (m, v), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-5)
    assert int(model.optimizer.iterations) == 3


def test_the_l2_penalty_and_its_gradient_are_those_of_the_formula():
    model = linear_model(keras.optimizers.SGD(), keras.regularizers.L2(0.3))
    (kernel,) = model.trainable_weights
    with fused(model), tf.GradientTape() as tape:
        (penalty,) = model.losses
    weight = kernel.numpy()
    np.testing.assert_allclose(penalty, 0.3 * np.sum(weight**2), rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(penalty, kernel.value), 2 * 0.3 * weight, rtol=1e-6)


def test_afterwards_the_model_is_plain_keras_again(tmp_path):
    model = linear_model(keras.optimizers.Adam(0.01), keras.regularizers.L2(0.3))
    before = model.optimizer.get_config()
    with fused(model):
        assert "_backend_update_step" in vars(model.optimizer)
        assert type(model.trainable_weights[0].regularizer) is not keras.regularizers.L2
    assert "_backend_update_step" not in vars(model.optimizer)
    assert type(model.trainable_weights[0].regularizer) is keras.regularizers.L2
    assert model.optimizer.get_config() == before
    model.save(tmp_path / "model.keras")
    assert type(keras.models.load_model(tmp_path / "model.keras", safe_mode=True).optimizer) is keras.optimizers.Adam


class HalfAdam(keras.optimizers.Adam):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate / 2)


@pytest.mark.parametrize(
    "optimizer",
    [keras.optimizers.Adam(amsgrad=True), keras.optimizers.SGD(), keras.optimizers.Nadam(), HalfAdam()],
    ids=["amsgrad", "sgd", "nadam", "a user's own update"],
)
def test_an_update_that_is_not_adams_is_left_alone(optimizer):
    model = linear_model(optimizer)
    with fused(model):
        assert "_backend_update_step" not in vars(optimizer)
