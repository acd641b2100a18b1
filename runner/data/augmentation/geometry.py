"""Geometric augmentations, combined so that an image is resampled only once."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from runner.data.augmentation.draws import Draws, Tensor


class Affine:
    """A random matrix for each image that maps centred (x, y, 1) of the new image to the old one, in pixels."""

    def __init__(self, seed: int) -> None:
        self._draws = Draws(seed)

    def matrices(self, count: int, height: int, width: int) -> Tensor:
        """Draw the matrices (count, 3, 3)."""
        raise NotImplementedError


class Rotation(Affine):
    """Counterclockwise rotation by an angle from [-degrees, degrees]."""

    def __init__(self, degrees: float, seed: int) -> None:
        super().__init__(seed)
        self._limit = math.radians(_at_least_zero("degrees", degrees))

    def matrices(self, count: int, height: int, width: int) -> Tensor:
        """Draw the matrices (count, 3, 3)."""
        angle = self._draws.uniform((count,), -self._limit, self._limit)
        cosine, sine = ops.cos(angle), ops.sin(angle)
        # y points down, so the visible rotation is counterclockwise.
        return matrices_of([[cosine, -sine, 0.0], [sine, cosine, 0.0]], count)


class Translation(Affine):
    """Shift along each axis by a fraction of its length in [-share, share]."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__(seed)
        self._share = _at_least_zero("share", share)

    def matrices(self, count: int, height: int, width: int) -> Tensor:
        """Draw the matrices (count, 3, 3)."""
        shift = self._draws.uniform((2, count), -self._share, self._share)
        return matrices_of([[1.0, 0.0, -shift[0] * width], [0.0, 1.0, -shift[1] * height]], count)


class Zoom(Affine):
    """Magnification by a factor from [1 - share, 1 + share], the same along both axes."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__(seed)
        if not 0 <= share < 1:
            raise ValueError(f"share={share} must be at least 0 and below 1")
        self._share = share

    def matrices(self, count: int, height: int, width: int) -> Tensor:
        """Draw the matrices (count, 3, 3)."""
        shrink = 1.0 / self._draws.uniform((count,), 1 - self._share, 1 + self._share)
        return matrices_of([[shrink, 0.0, 0.0], [0.0, shrink, 0.0]], count)


class Shear(Affine):
    """Horizontal shear: vertical lines lean by an angle from [-degrees, degrees]."""

    def __init__(self, degrees: float, seed: int) -> None:
        super().__init__(seed)
        if not 0 <= degrees < 90:
            raise ValueError(f"degrees={degrees} must be at least 0 and below 90")
        self._limit = math.radians(degrees)

    def matrices(self, count: int, height: int, width: int) -> Tensor:
        """Draw the matrices (count, 3, 3)."""
        slope = ops.tan(self._draws.uniform((count,), -self._limit, self._limit))
        return matrices_of([[1.0, slope, 0.0], [0.0, 1.0, 0.0]], count)


class HorizontalFlip(Affine):
    """Horizontal flip with a given probability."""

    changes_digits = True  # a flipped digit or letter is a different character

    def __init__(self, probability: float, seed: int) -> None:
        super().__init__(seed)
        if not 0 <= probability <= 1:
            raise ValueError(f"probability={probability} must be at least 0 and at most 1")
        self._probability = probability

    def matrices(self, count: int, height: int, width: int) -> Tensor:
        """Draw the matrices (count, 3, 3)."""
        flips = self._draws.uniform((count,), 0.0, 1.0) < self._probability
        return matrices_of([[ops.where(flips, -1.0, 1.0), 0.0, 0.0], [0.0, 1.0, 0.0]], count)


class Elastic:
    """Elastic distortion: displacements from uniform noise, smoothed by a Gaussian and scaled.

    Source: Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural networks", sec. 2.
    """

    def __init__(self, sigma: float, alpha: float, seed: int) -> None:
        if sigma <= 0:
            raise ValueError(f"sigma={sigma} must be above 0")
        self._draws = Draws(seed)
        self._sigma, self._alpha = sigma, alpha

    def displacements(self, count: int, height: int, width: int) -> Tensor:
        """Draw the displacements (2, count, height, width): x and y, in pixels."""
        noise = self._draws.uniform((2, count, height, width), -1.0, 1.0)
        return self._alpha * ops.matmul(
            ops.matmul(_gaussian(height, self._sigma), noise), ops.transpose(_gaussian(width, self._sigma))
        )


Geometric = Affine | Elastic


def warp(images: Tensor, parts: Sequence[Geometric]) -> Tensor:
    """Resample images (count, height, width, channels) bilinearly; pixels beyond the edge repeat the edge's value."""
    count, height, width, channels = images.shape
    x, y = _sources(parts, count, height, width)
    x, y = ops.clip(x, 0.0, width - 1.0), ops.clip(y, 0.0, height - 1.0)
    left, top = ops.minimum(ops.floor(x), max(width - 2.0, 0.0)), ops.minimum(ops.floor(y), max(height - 2.0, 0.0))
    from_left, from_top = ops.expand_dims(x - left, -1), ops.expand_dims(y - top, -1)
    first = ops.reshape(ops.arange(count, dtype="int32") * (height * width), (count, 1))
    corner = first + ops.cast(top, "int32") * width + ops.cast(left, "int32")
    pixels = ops.reshape(images, (count * height * width, channels))
    right, down = int(width > 1), width if height > 1 else 0

    def rows(offset: int) -> Tensor:
        at_left = ops.take(pixels, corner + offset, axis=0)
        return at_left + from_left * (ops.take(pixels, corner + offset + right, axis=0) - at_left)

    upper = rows(0)
    return ops.reshape(upper + from_top * (rows(down) - upper), images.shape)


def _sources(parts: Sequence[Geometric], count: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the source coordinates x and y of each pixel, each (count, pixels).

    Affine parts are applied in order, after all elastic displacements, regardless of their position.
    """
    total = matrices_of([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], count)
    for part in parts:
        if isinstance(part, Affine):
            total = ops.matmul(total, part.matrices(count, height, width))
    rows, columns = np.indices((height, width), np.float32).reshape(2, 1, -1)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    x, y = columns - middle_x, rows - middle_y
    element = ops.expand_dims(total, -1)
    new_x = element[:, 0, 0] * x + element[:, 0, 1] * y + element[:, 0, 2] + middle_x
    new_y = element[:, 1, 0] * x + element[:, 1, 1] * y + element[:, 1, 2] + middle_y
    for part in parts:
        if isinstance(part, Elastic):
            shift = ops.reshape(part.displacements(count, height, width), (2, count, height * width))
            new_x, new_y = new_x + shift[0], new_y + shift[1]
    return new_x, new_y


def matrices_of(rows: list[list[Any]], count: int) -> Tensor:
    """Return matrices (count, 3, 3) from two rows of numbers or arrays (count,); the third row is 0, 0, 1."""
    cells = [cell if keras.ops.is_tensor(cell) else ops.full((count,), cell) for row in rows for cell in row]
    cells += [ops.full((count,), value) for value in (0.0, 0.0, 1.0)]
    return ops.reshape(ops.stack(cells, axis=1), (count, 3, 3))


def _gaussian(size: int, sigma: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the (size, size) matrix that smooths along an axis, with zeros beyond the edge."""
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    return (np.exp(-(distance**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))).astype(np.float32)


def _at_least_zero(name: str, value: float) -> float:
    if value < 0:
        raise ValueError(f"{name}={value} must be at least 0")
    return value
