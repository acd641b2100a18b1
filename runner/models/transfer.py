"""Transfer learning: initial weights from another model, and frozen layers."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import keras

from runner.core.errors import ConfigError, UserError
from runner.models.patterns import refuse_idle_patterns, trainable_layers
from runner.models.saved import read_model


def freeze(model: keras.Model, patterns: Sequence[str]) -> None:
    """Freeze the layers whose names match a pattern (fnmatch).

    Raises:
        ConfigError: if a pattern matches no layer, or no weight is left to train.
    """
    refuse_idle_patterns("model.freeze", patterns, trainable_layers(model))
    for layer in model.layers:
        if any(fnmatchcase(layer.name, pattern) for pattern in patterns):
            layer.trainable = False
    if not model.trainable_weights:
        raise ConfigError(f"model.freeze=[{','.join(patterns)}]: leaves nothing to train")


def load_weights(model: keras.Model, path: Path) -> None:
    """Copy each layer's weights from the layer of the same name in a saved model.

    The output layer keeps its own weights if the number of classes differs.

    Raises:
        ConfigError: if the file is not a Keras model, or has no layer of the same name and shapes.
    """
    try:
        source = read_model(path)
    except UserError as error:
        raise ConfigError(f"model.init_from: {error}") from error
    theirs = {layer.name: layer for layer in source.layers if layer.weights}
    for layer in model.layers:
        if not layer.weights:
            continue
        here = [tuple(weight.shape) for weight in layer.weights]
        there = [tuple(weight.shape) for weight in theirs[layer.name].weights] if layer.name in theirs else None
        if here == there:
            layer.set_weights(theirs[layer.name].get_weights())
        elif layer.name != "output":
            elsewhere = f"{there} in" if there else "is missing from"
            raise ConfigError(
                f"model.init_from: layer {layer.name} has weights of shapes {here} here, and {elsewhere} {path}"
            )
