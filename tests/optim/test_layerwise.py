import keras
import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.optim.layerwise import multipliers, scale_updates
from tests.engine.conftest import eager

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.5),
    "lion": lambda: keras.optimizers.Lion(0.01),
    "nadam": lambda: keras.optimizers.Nadam(0.01),
    "muon": lambda: keras.optimizers.Muon(0.01, exclude_layers=["output"]),
}


def steps_of(model, parts):
    """Return the change of each weight in one step on the first 32 examples."""
    training, _ = parts
    before = {weight.path: weight.numpy() for weight in model.trainable_weights}
    eager(model).fit(training.inputs[:32], training.labels[:32], batch_size=32, epochs=1, verbose=0)
    return {weight.path: weight.numpy() - before[weight.path] for weight in model.trainable_weights}


def test_geometric_decay_counts_from_the_output_down(network):
    assert multipliers(network("sgd"), {"decay": 0.5}) == {"hidden_1": 0.25, "hidden_2": 0.5, "output": 1.0}


def test_a_normalization_has_the_depth_of_its_layer(network):
    factors = multipliers(network("sgd", normalized=True), {"decay": 0.5})
    assert factors == {"hidden_1": 0.25, "hidden_1_normalization": 0.25, "hidden_2": 0.5, "output": 1.0}


def test_the_first_pattern_that_fits_gives_the_multiplier_and_others_have_one(network):
    factors = multipliers(network("sgd"), {"hidden_2": 3.0, "hidden_*": 0.1})
    assert factors == {"hidden_1": 0.1, "hidden_2": 3.0, "output": 1.0}


def test_a_pattern_that_fits_no_layer_is_an_error_with_the_nearest(network):
    with pytest.raises(ConfigError, match=r"optimizer\.layerwise: hiden_1 matches no layer .* did you mean hidden_1"):
        multipliers(network("sgd"), {"hiden_1": 0.1})


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_update_itself_is_scaled(network, parts, name):
    plain = steps_of(network(OPTIMIZERS[name]()), parts)
    model = network(OPTIMIZERS[name]())
    factors = {"hidden_1": 0.25, "hidden_2": 3.0, "output": 1.0}
    scale_updates(model, factors)
    scaled = steps_of(model, parts)
    for path, step in plain.items():
        assert np.abs(step).max() > 0
        layer = next(layer for layer in factors if layer in path)
        np.testing.assert_allclose(scaled[path], factors[layer] * step, rtol=2e-3, atol=3e-7)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_multipliers_of_hardly_more_than_one_train_what_no_multipliers_train(network, parts, trained, name):
    reference, model = eager(network(OPTIMIZERS[name]())), network(OPTIMIZERS[name]())
    scale_updates(model, {"hidden_1": 1.0, "hidden_2": 1.0 + 1e-7, "output": 1.0 - 1e-7})
    reference.fit(parts[0].inputs, parts[0].labels, batch_size=32, epochs=2, shuffle=False, verbose=0)
    trained(model)
    for ours, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
