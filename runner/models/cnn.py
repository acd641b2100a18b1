"""Plain convolutional networks."""

from collections.abc import Sequence
from dataclasses import replace

import keras

from runner.models.hidden import Hidden
from runner.models.images import of_images


@of_images
def cnn(
    input_shape: tuple[int, ...],
    classes: int,
    hidden: Hidden,
    filters: Sequence[int],
    kernel_size: int,
    dense_units: Sequence[int],
    activation: str,
    padding: str = "valid",
) -> keras.Model:
    """Build a block of convolution, 2x2 max-pooling and activation for each of `filters`, then dense layers.

    Normalization follows each convolution, but not the dense layers. Without dense layers, the flattened maps are
    regularized as units.
    """
    layers = hidden.inputs(input_shape)
    for position, channels in enumerate(filters, start=1):
        layers += hidden.pooled_convolution(channels, kernel_size, activation, f"conv_{position}", padding=padding)
    layers.append(keras.layers.Flatten(name="flatten"))
    if not dense_units:
        layers += hidden.after_units("flatten")
    plain = replace(hidden, normalization=None)
    for position, units in enumerate(dense_units, start=1):
        layers += plain.dense(units, activation, f"dense_{position}")
    return keras.Sequential([*layers, hidden.output(classes)], name="cnn")
