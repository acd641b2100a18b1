"""Small vision transformer."""

from dataclasses import replace
from typing import Any

import keras
from keras import layers

from runner.models.hidden import Hidden, chain
from runner.models.images import of_images


@of_images
def vision_transformer(
    input_shape: tuple[int, ...],
    classes: int,
    hidden: Hidden,
    patch_size: int,
    width: int,
    depth: int,
    heads: int,
    mlp_units: int,
    activation: str,
) -> keras.Model:
    """Build patch embeddings, `depth` pre-norm transformer blocks, the mean over patches, and softmax.

    Layer normalization is part of the architecture; the group `normalization` does not apply. The original learns a
    class token; this one averages the patches (Zhai et al. 2022, "Scaling vision transformers", sec. 3.1).

    Raises:
        ValueError: if the patches do not cover the image.
    Source: Dosovitskiy et al. 2021, "An image is worth 16x16 words", sec. 3.1.
    """
    if patch_size < 1:
        raise ValueError(f"patch_size={patch_size}: must be at least 1")
    if len(input_shape) != 3 or input_shape[0] % patch_size or input_shape[1] % patch_size:
        raise ValueError(f"patches of {patch_size}x{patch_size} do not cover inputs of shape {input_shape}")
    inputs, *noise = hidden.inputs(input_shape)
    tensor = _embedded_patches(chain(noise, inputs), hidden, patch_size, width)
    for position in range(1, depth + 1):
        tensor = _block(tensor, hidden, heads, mlp_units, activation, f"block_{position}")
    tensor = layers.LayerNormalization(name="normalization")(tensor)
    tensor = layers.GlobalAveragePooling1D(name="pool")(tensor)
    return keras.Model(inputs, hidden.output(classes)(tensor), name="vit")


def _embedded_patches(tensor: Any, hidden: Hidden, size: int, width: int) -> Any:
    """Return the linear projection of each flattened patch plus a learned position embedding.

    The embedding is the projection's bias, which differs for each patch.
    """
    _, height, breadth, channels = tensor.shape
    rows, columns = height // size, breadth // size
    tensor = layers.Reshape((rows, size, columns, size, channels), name="split")(tensor)
    tensor = layers.Permute((1, 3, 2, 4, 5), name="gather")(tensor)
    tensor = layers.Reshape((rows * columns, size * size * channels), name="flatten")(tensor)
    embed = layers.EinsumDense(
        "npk,kw->npw",
        (rows * columns, width),
        bias_axes="pw",
        bias_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name="patches",
        **hidden.kernel(),
    )
    return embed(tensor)


def _block(tensor: Any, hidden: Hidden, heads: int, mlp_units: int, activation: str, name: str) -> Any:
    """Return x + attention(norm(x)), then x + mlp(norm(x))."""
    width = tensor.shape[-1]
    attention = layers.MultiHeadAttention(heads, width // heads, name=f"{name}_attention", **hidden.kernel())
    normalized = layers.LayerNormalization(name=f"{name}_normalization_1")(tensor)
    tensor = layers.Add(name=f"{name}_add_1")([tensor, attention(normalized, normalized)])
    plain = replace(hidden, normalization=None)
    normalized = layers.LayerNormalization(name=f"{name}_normalization_2")(tensor)
    expanded = chain(plain.dense(mlp_units, activation, f"{name}_dense"), normalized)
    contracted = layers.Dense(width, name=f"{name}_output", **hidden.kernel())(expanded)
    return layers.Add(name=f"{name}_add_2")([tensor, contracted])
