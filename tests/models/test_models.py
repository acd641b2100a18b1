import keras
import numpy as np
import pytest

from runner.models.cnn import cnn
from runner.models.hidden import Hidden
from runner.models.mlp import mlp

SHAPE = (28, 28, 1)


def hidden(**parts) -> Hidden:
    return Hidden(initializer=keras.initializers.GlorotUniform(), **parts)


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(
    ("units", "parameters"),
    [([128], 784 * 128 + 128 + 128 * 10 + 10), ([256, 128], 784 * 256 + 256 + 256 * 128 + 128 + 1290), ([], 7850)],
    ids=["the article's", "two hidden", "logistic"],
)
def test_mlp_has_the_parameters_that_its_sizes_give(units, parameters):
    assert mlp(SHAPE, 10, hidden(), units, "relu").count_params() == parameters


def test_mlp_computes_relu_of_an_affine_map_and_softmax_of_another():
    model = mlp(SHAPE, 10, hidden(), [16], "relu")
    images = np.random.default_rng(0).random((5, *SHAPE)).astype(np.float32)
    first, first_bias, second, second_bias = model.get_weights()
    scores = np.maximum(images.reshape(5, 784) @ first + first_bias, 0) @ second + second_bias
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-6)


def test_each_hidden_activation_is_followed_by_its_own_copy_of_the_chosen_layers():
    model = mlp(SHAPE, 10, hidden(unit_layers=(keras.layers.Dropout(0.25),)), [8, 8], "relu")
    assert kinds(model) == ["Flatten", *["Dense", "Activation", "Dropout"] * 2, "Dense"]
    first, second = (layer for layer in model.layers if isinstance(layer, keras.layers.Dropout))
    assert first is not second
    assert first.rate == second.rate == 0.25


def test_the_penalty_is_on_hidden_kernels_and_not_on_the_output():
    penalty = keras.regularizers.L2(0.5)
    for model in (mlp(SHAPE, 10, hidden(regularizer=penalty), [4, 4], "relu"), small_cnn(regularizer=penalty)):
        penalized = [weight for weight in model.trainable_weights if weight.regularizer]
        assert all(weight.path.endswith("kernel") and "output" not in weight.path for weight in penalized)
        expected = sum(0.5 * np.sum(np.square(weight.numpy())) for weight in penalized)
        assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)
        assert len(penalized) == sum(weight.path.endswith("kernel") for weight in model.trainable_weights) - 1


def small_cnn(**parts):
    return cnn(SHAPE, 10, hidden(**parts), filters=[10, 20], kernel_size=5, dense_units=[50], activation="relu")


def test_cnn_has_the_parameters_that_its_sizes_give():
    # 28 -> conv 24 -> pool 12 -> conv 8 -> pool 4
    by_hand = (25 * 1 * 10 + 10) + (25 * 10 * 20 + 20) + (4 * 4 * 20 * 50 + 50) + (50 * 10 + 10)
    assert small_cnn().count_params() == by_hand


def test_cnn_pools_before_the_activation_which_for_relu_changes_nothing():
    model = small_cnn()
    images = np.random.default_rng(0).random((3, *SHAPE)).astype(np.float32)
    convolved = model.get_layer("conv_1")(images)
    activated_first = keras.layers.MaxPooling2D()(keras.ops.relu(convolved))
    as_built = model.get_layer("conv_1_activation")(model.get_layer("conv_1_pool")(convolved))
    assert np.array_equal(as_built, activated_first)


def test_the_output_is_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = mlp(SHAPE, 10, hidden(), [4], "relu")
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.layers[-1].compute_dtype == "float32"
    assert model.layers[1].compute_dtype == "bfloat16"
