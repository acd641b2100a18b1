import keras
import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.models.hidden import Hidden
from runner.models.mlp import mlp
from runner.models.transfer import freeze, load_weights


def network(units=(8, 4), classes=10):
    return mlp((5,), classes, Hidden(keras.initializers.GlorotUniform()), units, "relu")


@pytest.fixture
def saved(tmp_path):
    model = network()
    model.save(tmp_path / "model.keras")
    return model, tmp_path / "model.keras"


def test_weights_are_those_of_the_saved_model(saved):
    source, path = saved
    model = network()
    load_weights(model, path)
    for one, other in zip(model.get_weights(), source.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_the_output_keeps_its_own_weights_where_the_classes_differ(saved):
    source, path = saved
    model = network(classes=3)
    own = model.get_layer("output").get_weights()
    load_weights(model, path)
    assert np.array_equal(model.get_layer("hidden_1").kernel, source.get_layer("hidden_1").kernel)
    assert all(
        np.array_equal(one, other) for one, other in zip(model.get_layer("output").get_weights(), own, strict=True)
    )


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ((9, 4), r"layer hidden_1 has weights of shapes .* here, and .* in "),
        ((8, 4, 4), "layer hidden_3 .* is missing from "),
    ],
)
def test_a_layer_without_a_counterpart_is_named(saved, units, said):
    with pytest.raises(ConfigError, match=said):
        load_weights(network(units), saved[1])


@pytest.mark.parametrize("content", [None, b"no model"])
def test_what_is_no_model_is_an_error(tmp_path, content):
    path = tmp_path / "model.keras"
    if content:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"model\.init_from: .*model\.keras cannot be read"):
        load_weights(network(), path)


def test_frozen_layers_stay_and_others_learn():
    model = network()
    freeze(model, ["hidden_*"])
    model.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(np.random.default_rng(0).random((32, 5)), np.arange(32) % 10, verbose=0)
    moved = [not np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True)]
    assert moved == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        (["conv_*"], r"model\.freeze: conv_\* matches no layer with weights .allowed: hidden_1"),
        (["*"], "leaves nothing to train"),
    ],
)
def test_patterns_that_make_no_sense_are_errors(patterns, said):
    with pytest.raises(ConfigError, match=said):
        freeze(network(), patterns)
