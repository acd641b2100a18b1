"""Small residual convolutional network."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from runner.models.hidden import Hidden, chain
from runner.models.images import of_images


@of_images
def residual_cnn(
    input_shape: tuple[int, ...],
    classes: int,
    hidden: Hidden,
    filters: Sequence[int],
    activation: str,
    blocks: int = 1,
) -> keras.Model:
    """Build a 3x3 convolution, residual blocks in a stage for each of `filters`, global average pooling, and softmax.

    The first block of every stage except the first halves the image's height and width.

    Args:
        filters: number of filters in the convolutions of each stage.
        blocks: number of blocks in each stage. With three stages, the network has 6 * blocks + 2 weighted
            layers (ResNet-20: blocks=3).

    Raises:
        ValueError: if `filters` is empty, or `blocks` is below 1.
    Source: He et al. 2016, "Deep residual learning for image recognition", fig. 3 (basic block), sec. 4.2 (CIFAR-10).
    """
    if not filters:
        raise ValueError("filters=[]: must contain the filters of at least one block")
    if blocks < 1:
        raise ValueError(f"blocks={blocks}: must be at least 1")
    inputs, *noise = hidden.inputs(input_shape)
    tensor = chain(noise, inputs)
    tensor = chain(hidden.convolution(filters[0], 3, activation, "stem", padding="same"), tensor)
    for position, channels in enumerate(np.repeat(filters, blocks).tolist()):
        stride = 2 if position and position % blocks == 0 else 1
        tensor = _block(tensor, channels, stride, hidden, activation, f"block_{position + 1}")
    tensor = keras.layers.GlobalAveragePooling2D(name="pool")(tensor)
    return keras.Model(inputs, hidden.output(classes)(tensor), name="cnn_modern")


def _block(tensor: Any, channels: int, stride: int, hidden: Hidden, activation: str, name: str) -> Any:
    """Apply activation(x + conv(conv(x))), both 3x3; if the shape changes, x passes through a 1x1 convolution."""
    first = hidden.convolution(channels, 3, activation, f"{name}_conv_1", padding="same", strides=stride)
    second = hidden.convolution(channels, 3, "linear", f"{name}_conv_2", padding="same")
    shortcut = tensor
    if stride != 1 or tensor.shape[-1] != channels:
        project = keras.layers.Conv2D(
            channels, 1, strides=stride, name=f"{name}_shortcut", **hidden.kernel(convolution=True)
        )
        shortcut = project(tensor)
    total = keras.layers.Add(name=f"{name}_add")([shortcut, chain([*first, *second], tensor)])
    return keras.layers.Activation(activation, name=f"{name}_activation")(total)
