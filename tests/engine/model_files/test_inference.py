import keras
import numpy as np
import pytest

from runner.data.inference import Inference
from runner.data.preprocessing import Affine, PerImage, Unchanged
from runner.data.whitening import Whitening
from runner.engine.model_files.inference import in_float32, inference_model, predict, with_class_names

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (7, 5, 4, 3)).astype(np.uint8)
FEATURES = GENERATOR.normal([0, 5, -300], [1, 0.01, 100], (7, 3)).astype(np.float32)
TIMES = 1.7e9 + 3600 * GENERATOR.normal(size=(7, 3))
WHITENING = Whitening(
    GENERATOR.random(60).astype(np.float32), GENERATOR.normal(size=(60, 60)).astype(np.float32)
)  # fmt: skip
NAMES = ("cat", "dög", "bird")
CASES = {
    "rescaled": (IMAGES, Affine(np.zeros(1), np.full(1, 255.0))),
    "standardized channels": (IMAGES, Affine(np.array([100.0, 3, 50]), np.array([20.0, 30, 60]))),
    "whitened": (IMAGES, WHITENING),
    "whitened fractions": ((IMAGES / 255).astype(np.float32), WHITENING),
    "per image": (IMAGES, PerImage()),
    "unchanged bytes": (IMAGES, Unchanged()),
    "standardized features": (FEATURES, Affine(FEATURES.mean(0, np.float64), FEATURES.std(0, dtype=np.float64))),
    "large numbers": (TIMES, Affine(TIMES.mean(0), TIMES.std(0))),
}


def network(shape, units=3, activation="softmax"):
    layers = [keras.layers.Flatten(), keras.layers.Dense(8, "tanh"), keras.layers.Dense(units, activation)]
    return keras.Sequential([keras.Input(shape), *layers])


def described(raw, transform):
    return Inference(raw.shape[1:], str(raw.dtype), transform, NAMES)


@pytest.mark.parametrize("case", CASES)
def test_raw_examples_give_what_the_network_gives_for_preprocessed_ones(case):
    raw, transform = CASES[case]
    own = network(raw.shape[1:])
    found = predict(inference_model(own, described(raw, transform)), raw)
    np.testing.assert_allclose(found, own(transform(raw)), rtol=1e-4, atol=2e-6)


def test_one_output_becomes_the_probabilities_of_both_classes():
    own = network((3,), 1, "sigmoid")
    found = predict(inference_model(own, Inference((3,), "float32", Unchanged(), ("no", "yes"))), FEATURES)
    np.testing.assert_allclose(found[:, 1:], own(FEATURES), rtol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_a_network_with_another_number_of_classes_is_refused():
    with pytest.raises(ValueError, match="2 outputs for 3 classes"):
        inference_model(network((3,), 2), described(FEATURES, Unchanged()))


def test_the_most_probable_class_is_named():
    inference = described(FEATURES, Unchanged())
    model = inference_model(network((3,)), inference)
    outputs = with_class_names(model, inference)(FEATURES)
    expected = [NAMES[number] for number in outputs["probabilities"].numpy().argmax(axis=1)]
    assert [name.decode() for name in outputs["class"].numpy()] == expected


def test_half_precision_becomes_float32_with_the_same_weights():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        own = network((3,))
    finally:
        keras.config.set_dtype_policy("float32")
    model = inference_model(own, described(FEATURES, CASES["standardized features"][1]))
    whole = in_float32(model)
    assert predict(model, FEATURES).dtype == np.float32
    np.testing.assert_allclose(predict(whole, FEATURES), predict(model, FEATURES), atol=0.02)
    plain = network((3,))
    plain.set_weights(own.get_weights())
    inputs = CASES["standardized features"][1](FEATURES)
    np.testing.assert_allclose(predict(whole, FEATURES), plain(inputs), rtol=1e-4, atol=1e-6)


def test_a_model_in_float32_stays_itself():
    model = inference_model(network((3,)), described(FEATURES, Unchanged()))
    assert in_float32(model) is model
