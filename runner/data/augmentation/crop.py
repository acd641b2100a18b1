"""Random crops of padded images."""

import numpy as np
from keras import ops

from runner.data.augmentation.draws import Draws, Tensor

_FILLS = ("zeros", "reflect")


class Crop:
    """Augmentation that pads each side of an image, and cuts out a window of the image's size at a random place.

    The padding is 0 after preprocessing (the mean with `standardize`, black with `rescale`), or mirrors the image
    without repeating its edge.

    Source: He et al. 2016, "Deep residual learning for image recognition", sec. 4.2 (4 pixels, zeros).
    """

    def __init__(self, padding: int, fill: str, seed: int) -> None:
        if isinstance(padding, bool) or not isinstance(padding, int) or padding < 0:
            raise ValueError(f"padding={padding} must be a whole number of at least 0")
        if fill not in _FILLS:
            raise ValueError(f"fill={fill} must be {' or '.join(_FILLS)}")
        self._draws = Draws(seed)
        self._padding, self._fill = padding, fill

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Augment images (count, height, width, channels)."""
        count, height, width, channels = images.shape
        rows, row_inside = self._lines(count, height)
        columns, column_inside = self._lines(count, width)
        first = np.arange(count, dtype=np.int32)[:, None, None] * (height * width)
        places = first + rows[:, :, None] * width + columns[:, None, :]
        window = ops.take(ops.reshape(images, (count * height * width, channels)), places, axis=0)
        if self._fill == "zeros":
            inside = ops.logical_and(row_inside[:, :, None, None], column_inside[:, None, :, None])
            window = ops.where(inside, window, 0.0)
        return window, labels

    def _lines(self, count: int, length: int) -> tuple[Tensor, Tensor]:
        """Draw the rows (or columns) of each window, (count, length), and return which of them lie in the image."""
        shift = ops.floor(self._draws.uniform((count, 1), 0.0, 2.0 * self._padding + 1.0)) - float(self._padding)
        lines = shift + np.arange(length, dtype=np.float32)
        inside = ops.logical_and(lines >= 0, lines < length)
        last = length - 1.0
        mirrored = last - ops.abs(last - ops.abs(lines))
        return ops.cast(ops.clip(mirrored, 0.0, last), "int32"), inside
