"""Preprocessing of inputs, with statistics from only the training part."""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from runner.data.checks import as_float32
from runner.data.dataset import Inputs, Split

_VALUES_AT_ONCE = 2**20  # limits the memory for float64 statistics
_ALIGNMENT = 64  # bytes

Moments = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Affine:
    """Map x to (x - mean) / deviation, as float32.

    Args:
        mean: (1,), or a number for each channel of images or each feature.
        deviation: same shape.
    """

    mean: Moments
    deviation: Moments

    def __call__(self, inputs: Inputs) -> Inputs:
        """Return the mapped inputs."""
        if inputs.dtype == np.float64:  # subtract the mean first, to keep the precision
            chunks = [((chunk - self.mean) / self.deviation).astype(np.float32) for chunk in _chunks(inputs)]
            return np.concatenate(chunks)
        # One new array, and the same float32 operations as x.astype("float32") / 255.
        if not self.mean.any():
            return np.divide(inputs, self.deviation.astype(np.float32), out=_empty(inputs.shape), dtype=np.float32)
        values = np.subtract(inputs, self.mean.astype(np.float32), out=_empty(inputs.shape), dtype=np.float32)
        return np.divide(values, self.deviation.astype(np.float32), out=values)


@dataclass(frozen=True)
class PerImage:
    """Map each image to mean 0 and standard deviation 1 over its own pixels and channels."""

    def __call__(self, inputs: Inputs) -> Inputs:
        """Return the mapped images; raise ValueError if they would lose precision in float32."""
        values = as_float32(inputs).reshape(len(inputs), -1)
        pixels = values.shape[1]
        values -= values.mean(axis=1, keepdims=True)
        deviation = np.sqrt(np.einsum("ep,ep->e", values, values) / pixels)
        values /= np.maximum(deviation, 1 / math.sqrt(pixels))[:, np.newaxis]
        return values.reshape(inputs.shape)


@dataclass(frozen=True)
class Unchanged:
    """Keep the values, as float32."""

    def __call__(self, inputs: Inputs) -> Inputs:
        """Return the values; raise ValueError if they would lose precision."""
        return as_float32(inputs)


def _empty(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return a new float32 array, aligned so that TensorFlow needs no copy of it."""
    size = 4 * math.prod(shape)
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].view(np.float32).reshape(shape)


def rescale(split: Split) -> Split:
    """Map bytes to [0, 1]: x / 255.

    Raises:
        ValueError: if the inputs are not bytes.
    """
    if split.train.inputs.dtype != np.uint8:
        raise ValueError(
            f"rescales only bytes, but the inputs are {split.train.inputs.dtype}: use preprocessing=standardize or none"
        )
    return split.map_inputs(Affine(np.zeros(1), np.full(1, 255.0)))


def standardize(split: Split) -> Split:
    """Map each channel of images, or each feature, to mean 0 and standard deviation 1 over the training part.

    Constant channels and features are only centred.

    Raises:
        ValueError: if all inputs are constant.
    """
    inputs = split.train.inputs
    axes = tuple(range(inputs.ndim - 1))
    varies = inputs.min(axis=axes) < inputs.max(axis=axes)  # exact; a computed deviation may be 1e-17
    if not varies.any():
        raise ValueError("all training inputs are constant and cannot be standardized")
    mean, deviation = _moments(inputs)
    deviation[~varies] = 1.0
    return split.map_inputs(Affine(mean, deviation))


def per_image(split: Split) -> Split:
    """Map each image to mean 0 and standard deviation 1 over its own pixels and channels.

    The deviation is bounded below by 1 / sqrt(pixels), so that a constant image becomes 0.

    Raises:
        ValueError: if the inputs are not images, or would lose precision in float32.

    Source: tf.image.per_image_standardization.
    """
    if split.train.inputs.ndim != 4:
        raise ValueError("needs images, but the inputs are features: use preprocessing=standardize or none")
    return split.map_inputs(PerImage())


def unchanged(split: Split) -> Split:
    """Keep the values, as float32.

    Raises:
        ValueError: if they would lose precision.
    """
    return split.map_inputs(Unchanged())


def _moments(inputs: Inputs) -> tuple[Moments, Moments]:
    """Return mean and standard deviation over all axes but the last: (channels,) or (features,)."""
    axes = tuple(range(inputs.ndim - 1))
    chunks = _chunks(inputs)
    count = inputs.size / inputs.shape[-1]
    mean = sum((chunk.sum(axis=axes, dtype=np.float64) for chunk in chunks), np.zeros(inputs.shape[-1])) / count
    squares = sum((np.square(chunk - mean).sum(axis=axes) for chunk in chunks), np.zeros(inputs.shape[-1]))
    return mean, np.sqrt(squares / count)


def _chunks(inputs: Inputs) -> list[Inputs]:
    return cast("list[Inputs]", np.array_split(inputs, math.ceil(inputs.size / _VALUES_AT_ONCE)))
