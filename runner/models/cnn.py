"""Plain convolutional networks."""

from collections.abc import Sequence

import keras

from runner.models.hidden import Hidden, output_layer


def cnn(
    input_shape: tuple[int, ...],
    classes: int,
    hidden: Hidden,
    filters: Sequence[int],
    kernel_size: int,
    dense_units: int,
    activation: str,
) -> keras.Model:
    """Return blocks of convolution, 2x2 max-pooling and activation, one for each of `filters`, then one dense layer.

    The activation follows the pooling: for a monotone one the result is the same, at a quarter of the work.
    """
    layers = [keras.Input(input_shape)]
    for block, channels in enumerate(filters, start=1):
        layers += [
            keras.layers.Conv2D(channels, kernel_size, name=f"conv_{block}", **hidden.kernel()),
            keras.layers.MaxPooling2D(name=f"pool_{block}"),
            keras.layers.Activation(activation, name=f"activation_{block}"),
        ]
    layers += [
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(dense_units, activation=activation, name="dense", **hidden.kernel()),
        *hidden.after_activation(1),
    ]
    return keras.Sequential([*layers, output_layer(classes, hidden.initializer)], name="cnn")
