"""Multilayer perceptrons."""

from collections.abc import Sequence

import keras

from runner.models.hidden import Hidden


def mlp(
    input_shape: tuple[int, ...], classes: int, hidden: Hidden, hidden_units: Sequence[int], activation: str
) -> keras.Model:
    """Build Flatten, a dense layer for each of `hidden_units`, and softmax.

    Args:
        input_shape: shape of one example, for instance (28, 28, 1).
    """
    layers = [*hidden.inputs(input_shape), keras.layers.Flatten(name="flatten")]
    for position, units in enumerate(hidden_units, start=1):
        layers += hidden.dense(units, activation, f"hidden_{position}")
    return keras.Sequential([*layers, hidden.output(classes)], name="mlp")
