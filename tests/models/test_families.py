"""Published architectures, compared with the parameter counts and shapes in their papers."""

import keras
import numpy as np
import pytest
from scipy import special

from runner.data.dataset import Part, Split
from runner.engine.weights import fresh_session, initialize
from runner.models.objective import encoded, label_form
from runner.models.transformer import vision_transformer
from runner.run.build import loss_name
from tests.composed import model_for, settings

IMAGES = np.random.default_rng(0).random((4, 28, 28, 1)).astype(np.float32)


def model_of(*overrides, images=IMAGES, classes=10):
    fresh_session(0)
    chosen = settings("regularizer=[]", *overrides)
    data = Part(images, np.arange(len(images), dtype=np.int32) % classes)
    targets = encoded(Split(data, data, data), classes, label_form(loss_name(chosen)))
    model = model_for(chosen, targets.train, classes)
    initialize(model, 0)
    return model


BATCHNORM = 4  # gamma, beta, moving mean and variance of each channel
BY_HAND = {
    "mlp": 784 * 128 + 128 + 1290,
    "mlp_two_hidden": 784 * 256 + 256 + 256 * 128 + 128 + 1290,
    "logistic": 7850,
    "keras_convnet": 34_826,  # as printed on its page
    "cnn": 260 + 5020 + 320 * 50 + 50 + 510,
    "cnn_batchnorm": 260 + 5020 + 320 * 50 + 50 + 510 + BATCHNORM * 30,
    "lenet5": 156 + (150 * 16 + 16) + (400 * 120 + 120) + (120 * 84 + 84) + 850,
    "deepobs_mlp": 784 * 1000 + 1000 + 1000 * 500 + 500 + 500 * 100 + 100 + 1010,
    "deepobs_2c2d": (25 * 32 + 32) + (25 * 32 * 64 + 64) + (49 * 64 * 1024 + 1024) + 10_250,
    "cnn_modern": sum(
        [
            9 * 16 + 16,  # stem
            2 * (9 * 16 * 16 + 16),
            (9 * 16 * 32 + 32) + (9 * 32 * 32 + 32) + (16 * 32 + 32),
            (9 * 32 * 64 + 64) + (9 * 64 * 64 + 64) + (32 * 64 + 64),
            BATCHNORM * (16 + 2 * 16 + 2 * 32 + 2 * 64),
            650,
        ]
    ),
    "resnet20": sum(
        [
            9 * 16 + 16,  # stem
            3 * 2 * (9 * 16 * 16 + 16),
            (9 * 16 * 32 + 32) + 5 * (9 * 32 * 32 + 32) + (16 * 32 + 32),
            (9 * 32 * 64 + 64) + 5 * (9 * 64 * 64 + 64) + (32 * 64 + 64),
            BATCHNORM * (16 + 6 * 16 + 6 * 32 + 6 * 64),
            650,
        ]
    ),
    "vit_tiny": (49 * 64 + 16 * 64)
    + 4 * (2 * 128 + 4 * (64 * 64 + 64) + (64 * 128 + 128) + (128 * 64 + 64))
    + 128
    + 650,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_it_has_the_parameters_that_its_layers_give(name):
    model = model_of(f"model={name}")
    assert model.count_params() == BY_HAND[name]
    np.testing.assert_allclose(keras.ops.sum(model(IMAGES), axis=1), 1, rtol=1e-5)


def test_deepobs_starts_from_a_truncated_normal_and_zero_biases():
    model = model_of("model=deepobs_mlp")
    kernel = model.get_layer("hidden_1").kernel.numpy()
    assert 0.0599 < np.abs(kernel).max() <= 0.06
    assert kernel.std() == pytest.approx(0.03 * 0.8796, rel=0.02)  # deviation after truncation at two deviations
    assert not model.get_layer("hidden_1").bias.numpy().any()


def test_batch_normalization_follows_each_convolution_of_cnn_batchnorm_and_no_dense_layer():
    names = [layer.name for layer in model_of("model=cnn_batchnorm").layers]
    assert names[:4] == ["conv_1", "conv_1_normalization", "conv_1_pool", "conv_1_activation"]
    assert "dense_1_normalization" not in names
    assert not any(
        "normalization" in layer.name for layer in model_of("model=cnn_batchnorm", "normalization=none").layers
    )


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_normalization_stands_where_it_was_asked_to(place):
    names = [layer.name for layer in model_of("normalization=batch", f"normalization.place={place}").layers]
    at = names.index("hidden_1_normalization") - names.index("hidden_1_activation")
    assert at == (-1 if place == "before" else 1)


def test_a_residual_block_adds_its_input():
    model = model_of("model=cnn_modern")
    for name in ("block_1_conv_2", "block_1_conv_2_normalization"):  # zeros: the residual branch is 0
        layer = model.get_layer(name)
        layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    stem = keras.Model(model.inputs[0], model.get_layer("stem_activation").output)(IMAGES)
    block = keras.Model(model.inputs[0], model.get_layer("block_1_activation").output)(IMAGES)
    np.testing.assert_allclose(block, stem, atol=1e-6)  # ReLU of non-negative values


def test_resnet_20_has_20_weighted_layers_and_halves_the_image_where_its_second_and_third_stage_begin():
    model = model_of("model=resnet20")
    weighted = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense)]
    assert len([name for name in weighted if "shortcut" not in name]) == 20
    assert [name for name in weighted if "shortcut" in name] == ["block_4_shortcut", "block_7_shortcut"]
    sides = [model.get_layer(f"block_{block}_activation").output.shape[1] for block in range(1, 10)]
    assert sides == [28, 28, 28, 14, 14, 14, 7, 7, 7]


def test_a_transformer_without_its_position_embeddings_does_not_see_the_order_of_patches():
    model = model_of("model=vit_tiny")
    patches = IMAGES.reshape(4, 4, 7, 4, 7).transpose(0, 1, 3, 2, 4).reshape(4, 16, 7, 7)
    shuffled = patches[:, np.random.default_rng(1).permutation(16)].reshape(4, 4, 4, 7, 7)
    images = shuffled.transpose(0, 1, 3, 2, 4).reshape(4, 28, 28, 1)
    assert np.abs(model(IMAGES) - model(images)).max() > 1e-5
    embed = model.get_layer("patches")
    embed.bias.assign(np.zeros(embed.bias.shape))
    np.testing.assert_allclose(model(IMAGES), model(images), atol=1e-6)


def test_patches_are_projected_each_on_its_own():
    model = model_of("model=vit_tiny")
    embedded = keras.Model(model.inputs[0], model.get_layer("patches").output)(IMAGES)
    kernel, bias = model.get_layer("patches").get_weights()
    corner = IMAGES[:, 7:14, 21:28].reshape(4, 49)  # row 1, column 3: patch 7
    np.testing.assert_allclose(embedded[:, 7], corner @ kernel + bias[7], rtol=1e-4, atol=1e-5)


def test_patches_that_do_not_cover_the_image_are_an_error():
    with pytest.raises(ValueError, match="patches of 5x5 do not cover"):
        vision_transformer((28, 28, 1), 10, None, 5, 8, 1, 2, 8, "gelu")


@pytest.mark.parametrize("name", ["vit_tiny", "cnn_modern", "cnn_batchnorm"])
def test_it_opens_in_plain_keras(name, tmp_path):
    model = model_of(f"model={name}")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(again(IMAGES), model(IMAGES), rtol=1e-5, atol=1e-7)


REFERENCES = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),  # Keras's slope; Maas et al. 2013 use 0.01
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(x)),
    "gelu": lambda x: 0.5 * x * (1 + special.erf(x / np.sqrt(2))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("activation", REFERENCES)
def test_an_activation_computes_its_formula(activation):
    model = model_of(f"model.activation={activation}")
    before = keras.Model(model.inputs[0], model.get_layer("hidden_1").output)(IMAGES).numpy()
    after = keras.Model(model.inputs[0], model.get_layer("hidden_1_activation").output)(IMAGES).numpy()
    np.testing.assert_allclose(after, REFERENCES[activation](before.astype(float)), rtol=2e-3, atol=1e-4)
