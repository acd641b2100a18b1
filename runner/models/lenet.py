"""LeNet-5."""

import keras

from runner.models.hidden import Hidden
from runner.models.images import of_images


@of_images
def lenet5(input_shape: tuple[int, ...], classes: int, hidden: Hidden, activation: str) -> keras.Model:
    """Build LeNet-5: 5x5 convolutions with 6 and 16 maps, each with 2x2 average pooling, then dense layers.

    The dense layers have 120 and 84 units, and one unit for each class. This is the modern variant: every map of the
    first layer feeds every map of the second, the pooling has no weights, and the output is softmax, not radial basis
    functions.

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", sec. II-B.
    """
    layers = hidden.inputs(input_shape)
    for position, (filters, padding) in enumerate(((6, "same"), (16, "valid")), start=1):
        name = f"conv_{position}"
        layers += hidden.convolution(filters, 5, activation, name, padding=padding)
        layers.append(keras.layers.AveragePooling2D(2, name=f"{name}_pool"))
    layers.append(keras.layers.Flatten(name="flatten"))
    for position, units in enumerate((120, 84), start=1):
        layers += hidden.dense(units, activation, f"dense_{position}")
    return keras.Sequential([*layers, hidden.output(classes)], name="lenet5")
