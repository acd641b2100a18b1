"""Effects of the regularizer group on model, loss and optimizer, through the composition root."""

import keras
import numpy as np
import pytest

from runner.core.errors import ConfigError
from tests.engine.conftest import eager
from tests.models.test_families import IMAGES, model_of

LABELS = np.arange(4, dtype=np.int32)


def kernels(model):
    return [layer.kernel.numpy() for layer in model.layers if "hidden" in layer.name and layer.weights]


def penalty(model):
    return float(sum(model.losses))


def test_l1_l2_adds_both_penalties():
    model = model_of("regularizer=[l1_l2]", "regularizer.l1_l2.l1=0.5", "regularizer.l1_l2.l2=0.25")
    (kernel,) = kernels(model)
    assert penalty(model) == pytest.approx(0.5 * np.abs(kernel).sum() + 0.25 * np.square(kernel).sum(), rel=1e-5)


def test_orthogonal_is_the_mean_cosine_between_units():
    model = model_of("regularizer=[orthogonal]", "regularizer.orthogonal.factor=2.0")
    (kernel,) = kernels(model)
    unit = kernel / np.linalg.norm(kernel, axis=0)
    cosines = np.abs(unit.T @ unit)[np.triu_indices(128, 1)]
    assert penalty(model) == pytest.approx(2.0 * cosines.mean(), rel=1e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_weight_decay_takes_its_share_of_every_weight_beside_the_update(optimizer):
    steps = []
    for regularizer in ("[]", "[weight_decay]"):
        rate = 0.1
        model = model_of(
            f"optimizer={optimizer}",
            "schedule=constant",
            f"optimizer.learning_rate={rate}",
            f"regularizer={regularizer}",
            *(["regularizer.weight_decay.weight_decay=0.5"] if regularizer != "[]" else []),
        )
        before = model.get_weights()
        eager(model).train_on_batch(IMAGES, LABELS)
        steps.append([after - start for start, after in zip(before, model.get_weights(), strict=True)])
    for start, plain, decayed in zip(before, *steps, strict=True):
        np.testing.assert_allclose(decayed, plain - rate * 0.5 * start, rtol=1e-4, atol=2e-6)


def test_weight_decay_twice_is_an_error():
    with pytest.raises(ConfigError, match=r"optimizer\.weight_decay: another group sets it too"):
        model_of("optimizer=adamw", "regularizer=[weight_decay]")


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_max_norm_holds_each_units_incoming_weights_back(model):
    network = model_of(
        f"model={model}", "regularizer=[max_norm]", "regularizer.max_norm.max_value=0.5", "optimizer=sgd"
    )
    eager(network).train_on_batch(IMAGES, LABELS)
    for layer in network.layers:
        if layer.weights and layer.name != "output":
            kernel = layer.kernel.numpy().reshape(-1, layer.kernel.shape[-1])
            assert np.linalg.norm(kernel, axis=0).max() <= 0.5 * (1 + 1e-5), layer.name
    assert np.linalg.norm(network.get_layer("output").kernel, axis=0).max() > 0.5


def test_label_smoothing_is_in_the_loss():
    model = model_of("regularizer=[label_smoothing]", "regularizer.label_smoothing.label_smoothing=0.2")
    target = 0.8 * np.eye(10)[LABELS] + 0.02
    expected = -np.mean(np.sum(target * np.log(model(IMAGES).numpy()), axis=1))
    one_hot = np.eye(10, dtype=np.float32)[LABELS]
    assert float(model.compute_loss(IMAGES, one_hot, model(IMAGES))) == pytest.approx(expected, rel=1e-5)


def test_noise_goes_to_the_inputs_unless_hidden_layers_are_asked_for():
    names = [layer.name for layer in model_of("regularizer=[gaussian_noise]").layers]
    assert names[0].startswith("input_gaussian_noise")
    hidden = model_of("regularizer=[gaussian_noise]", "regularizer.gaussian_noise.place=hidden")
    at = [type(layer).__name__ for layer in hidden.layers]
    assert at == ["Flatten", "Dense", "Activation", "GaussianNoise", "Dense"]


def test_noise_has_its_deviation_in_training_and_is_none_in_evaluation():
    model = model_of("regularizer=[gaussian_noise]", "regularizer.gaussian_noise.stddev=0.3")
    images = np.zeros((64, 28, 28, 1), np.float32)
    noisy = model.layers[0](images, training=True).numpy()
    assert noisy.std() == pytest.approx(0.3, rel=0.02)
    assert noisy.mean() == pytest.approx(0, abs=0.01)
    assert not model.layers[0](images, training=False).numpy().any()


def test_spatial_dropout_drops_whole_maps_after_each_convolution():
    model = model_of("model=cnn", "regularizer=[spatial_dropout]", "regularizer.spatial_dropout.rate=0.5")
    dropped = [layer for layer in model.layers if isinstance(layer, keras.layers.SpatialDropout2D)]
    assert [layer.name.split("_spatial")[0] for layer in dropped] == ["conv_1", "conv_2"]
    maps = dropped[0](np.ones((8, 5, 5, 10), np.float32), training=True).numpy().reshape(8, 25, 10)
    assert np.all(np.ptp(maps, axis=1) == 0)
    assert set(np.unique(maps)) == {0.0, 2.0}


def test_spatial_dropout_has_no_place_without_feature_maps():
    with pytest.raises(ConfigError, match=r"regularizer\.spatial_dropout: SpatialDropout2D needs feature maps"):
        model_of("regularizer=[spatial_dropout]")


def test_zeros_leave_all_hidden_units_alike():
    model = eager(model_of("initializer=zeros", "optimizer=adam", "schedule=constant"))
    for _ in range(5):
        model.train_on_batch(IMAGES, LABELS)
    hidden, output = model.get_layer("hidden_1").kernel.numpy(), model.get_layer("output").kernel.numpy()
    assert np.ptp(hidden, axis=1).max() == 0
    assert np.ptp(output, axis=0).max() == 0
    assert model.get_layer("output").bias.numpy().any()  # which is the only thing to learn
