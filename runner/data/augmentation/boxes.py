"""Augmentations that replace a random rectangle: random erasing and CutMix."""

import numpy as np
from keras import ops

from runner.data.augmentation.draws import Draws, Tensor


class RandomErasing:
    """Random erasing: with a given probability, a rectangle of an image gets one random value from the batch's range.

    Its area, as a share of the image's, is drawn from [smallest, largest]; its aspect ratio is log-uniform in
    [1/elongation, elongation].

    Source: Zhong et al. 2020, "Random erasing data augmentation", algorithm 1 (which draws a value for each pixel).
    """

    def __init__(self, probability: float, smallest: float, largest: float, elongation: float, seed: int) -> None:
        if not 0 <= probability <= 1 or not 0 <= smallest <= largest <= 1 or elongation < 1:
            raise ValueError("needs probability in [0, 1], 0 <= smallest <= largest <= 1, elongation at least 1")
        self._draws = Draws(seed)
        self._probability, self._areas, self._elongation = probability, (smallest, largest), elongation

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Augment images (count, height, width, channels)."""
        count, height, width, _ = images.shape
        area = self._draws.uniform((count,), *self._areas)
        limit = float(np.log(self._elongation))
        ratio = ops.exp(self._draws.uniform((count,), -limit, limit))
        erased = random_boxes(self._draws, area, ratio, height, width)
        chosen = self._draws.uniform((count, 1, 1, 1), 0.0, 1.0) < self._probability
        darkest, brightest = ops.min(images), ops.max(images)
        value = darkest + self._draws.uniform((count, 1, 1, 1), 0.0, 1.0) * (brightest - darkest)
        return ops.where(ops.logical_and(erased, chosen), value, images), labels


class CutMix:
    """Augmentation that replaces a square of each image with one from another image, and mixes their labels.

    Labels are weighted by their shares of the pixels. The square's area is a share of the image's, uniform in [0, 1).
    The square lies inside the image; in the paper, it may extend beyond. The other image comes from the reversed batch,
    a random pairing, because batches are in random order.

    Source: Yun et al. 2019, "CutMix: regularization strategy to train strong classifiers", sec. 3.1.
    """

    mixes_labels = True

    def __init__(self, seed: int) -> None:
        self._draws = Draws(seed)

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Augment images (count, height, width, channels) and labels (count, classes)."""
        count, height, width, _ = images.shape
        area = self._draws.uniform((count,), 0.0, 1.0)
        inside = random_boxes(self._draws, area, ops.ones((count,)), height, width)
        share = ops.reshape(ops.mean(ops.cast(inside, "float32"), axis=(1, 2, 3)), (count, 1))
        mixed = labels * (1.0 - share) + ops.flip(labels, axis=0) * share
        return ops.where(inside, ops.flip(images, axis=0), images), mixed


def random_boxes(draws: Draws, area: Tensor, ratio: Tensor, height: int, width: int) -> Tensor:
    """Return (count, height, width, 1): true inside a randomly placed rectangle of each image.

    Args:
        area: (count,), share of the image.
        ratio: (count,), height divided by width; a side is at most as long as the image's.
    """
    count = area.shape[0]

    def inside(side: Tensor, length: int) -> Tensor:
        extent = ops.clip(ops.round(side * length), 0.0, float(length))
        start = ops.floor(draws.uniform((count,), 0.0, 1.0) * (length - extent + 1.0))
        position = np.arange(length, dtype=np.float32)[np.newaxis]
        start, end = ops.expand_dims(start, 1), ops.expand_dims(start + extent, 1)
        return ops.logical_and(position >= start, position < end)

    rows = inside(ops.sqrt(area * ratio), height)
    columns = inside(ops.sqrt(area / ratio), width)
    return ops.logical_and(rows[:, :, None, None], columns[:, None, :, None])
