"""Multilayer perceptrons."""

from collections.abc import Sequence

import keras

from runner.models.hidden import Hidden, output_layer


def mlp(
    input_shape: tuple[int, ...], classes: int, hidden: Hidden, hidden_units: Sequence[int], activation: str
) -> keras.Model:
    """Return Flatten, a dense layer for each of `hidden_units`, and softmax.

    Args:
        input_shape: of one example, for instance (28, 28, 1).
    """
    layers = [keras.Input(input_shape), keras.layers.Flatten(name="flatten")]
    for position, units in enumerate(hidden_units, start=1):
        dense = keras.layers.Dense(units, activation=activation, name=f"hidden_{position}", **hidden.kernel())
        layers += [dense, *hidden.after_activation(position)]
    return keras.Sequential([*layers, output_layer(classes, hidden.initializer)], name="mlp")
