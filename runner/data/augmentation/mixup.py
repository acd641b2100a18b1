"""MixUp: weighted means of two images and of their labels."""

import numpy as np
from keras import ops
from scipy.stats import beta

from runner.data.augmentation.draws import Draws, Tensor

_QUANTILES = 4096


class MixUp:
    """Augmentation that replaces each image and its label with weighted means of two examples.

    The weight is drawn from Beta(alpha, alpha). The other example comes from the reversed batch, a random pairing,
    because batches are in random order. XLA, which GPUs use, cannot compile the random numbers of Keras's own layer.

    Source: Zhang et al. 2018, "mixup: beyond empirical risk minimization", eq. 1.
    """

    mixes_labels = True

    def __init__(self, alpha: float, seed: int) -> None:
        if alpha <= 0:
            raise ValueError(f"alpha={alpha} must be above 0")
        self._draws = Draws(seed)
        middles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        self._weights = beta.ppf(middles, alpha, alpha).astype(np.float32)

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Augment images (count, ...) and labels (count, classes)."""
        count = images.shape[0]
        quantile = ops.cast(self._draws.uniform((count,), 0.0, float(_QUANTILES)), "int32")
        weight = ops.take(self._weights, ops.minimum(quantile, _QUANTILES - 1))
        return tuple(
            ops.flip(values, axis=0)
            + ops.reshape(weight, (count, *[1] * (len(values.shape) - 1))) * (values - ops.flip(values, axis=0))
            for values in (images, labels)
        )
