"""Operations on the values of pixels, as Pillow defines them: colour, contrast, sharpness, tone curves.

Each takes images (count, height, width, channels) of whole numbers from 0 to 255, as floats, and returns the same.
"""

import numpy as np
from keras import ops

from runner.data.augmentation.draws import Tensor

LEVELS = 256
HIGHEST = LEVELS - 1.0
_LUMA = np.array([19595, 38470, 7471], np.float32)  # weights of red, green and blue, in 1/65,536 (ITU-R BT.601)
_SMOOTHING = 5.0, 13.0  # weight of the middle of Pillow's 3x3 filter SMOOTH, and the sum of its weights


def brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Blend with black: 0 gives black, 1 the image, and a larger factor a brighter image."""
    return _blend(ops.zeros_like(images), images, factor)


def contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Blend with the mean of the grayscale image."""
    mean = ops.floor(ops.mean(_grey(images), axis=(1, 2, 3), keepdims=True) + 0.5)
    return _blend(mean, images, factor)


def colour(images: Tensor, factor: Tensor) -> Tensor:
    """Blend with the grayscale image; images without colour stay unchanged."""
    return _blend(_grey(images), images, factor) if images.shape[-1] == len(_LUMA) else images


def sharpness(images: Tensor, factor: Tensor) -> Tensor:
    """Blend with the image smoothed by a 3x3 filter, which leaves the border pixels unchanged."""
    _, height, width, _ = images.shape
    if min(height, width) < 3:
        return images
    middle, total = _SMOOTHING
    rows = images[:, :-2] + images[:, 1:-1] + images[:, 2:]
    box = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    inner = ops.floor((box + (middle - 1.0) * images[:, 1:-1, 1:-1]) / total + 0.5)
    is_inner = np.zeros((1, height, width, 1), bool)
    is_inner[:, 1:-1, 1:-1] = True
    smooth = ops.where(is_inner, ops.pad(inner, ((0, 0), (1, 1), (1, 1), (0, 0))), images)
    return _blend(smooth, images, factor)


def solarize(images: Tensor, threshold: float) -> Tensor:
    """Invert the values at or above the threshold."""
    return ops.where(images < threshold, images, HIGHEST - images)


def posterize(images: Tensor, bits: int) -> Tensor:
    """Keep the highest bits of each value."""
    step = float(2 ** (8 - bits))
    return ops.floor(images / step) * step


def autocontrast(images: Tensor) -> Tensor:
    """Stretch each channel of an image to the range from 0 to 255; a constant channel stays unchanged."""
    lowest, highest = ops.min(images, axis=(1, 2), keepdims=True), ops.max(images, axis=(1, 2), keepdims=True)
    span = highest - lowest
    stretched = ops.floor((images - lowest) * HIGHEST / ops.maximum(span, 1.0))
    return ops.where(span > 0, stretched, images)


def equalize(images: Tensor) -> Tensor:
    """Flatten the histogram of each channel of an image, so that levels are equally frequent."""
    count, height, width, channels = images.shape
    pixels = height * width
    values = ops.cast(images, "int32")
    first = np.arange(count * channels, dtype=np.int32).reshape(count, 1, 1, channels) * LEVELS
    bins = ops.reshape(first + values, (-1,))
    histogram = ops.segment_sum(ops.ones_like(bins, dtype="float32"), bins, num_segments=count * channels * LEVELS)
    histogram = ops.reshape(histogram, (count * channels, LEVELS))
    below = ops.cumsum(histogram, axis=1) - histogram
    brightest = ops.max(images, axis=(1, 2), keepdims=True)
    of_brightest = ops.sum(ops.cast(ops.equal(images, brightest), "float32"), axis=(1, 2))
    step = ops.reshape(ops.floor((pixels - of_brightest) / HIGHEST), (count * channels, 1))
    curve = ops.minimum(ops.floor((ops.floor(step / 2.0) + below) / ops.maximum(step, 1.0)), HIGHEST)
    curve = ops.where(step > 0, curve, np.arange(LEVELS, dtype=np.float32))
    return ops.reshape(ops.take(ops.reshape(curve, (-1,)), bins), images.shape)


def _grey(images: Tensor) -> Tensor:
    """Return the luminance of RGB images, otherwise the mean of the channels: (count, height, width, 1)."""
    if images.shape[-1] != len(_LUMA):
        return ops.floor(ops.mean(images, axis=-1, keepdims=True) + 0.5)
    return ops.floor((ops.sum(images * _LUMA, axis=-1, keepdims=True) + 32768.0) / 65536.0)


def _blend(other: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    """Return other + factor * (images - other), rounded down and clipped to the range."""
    return ops.clip(ops.floor(other + factor * (images - other)), 0.0, HIGHEST)
