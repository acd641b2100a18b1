"""RandAugment: a few random operations on each image, all of the same magnitude."""

import math

import numpy as np
import numpy.typing as npt
from keras import ops

from runner.data.augmentation import colours
from runner.data.augmentation.draws import Draws, Tensor
from runner.data.augmentation.geometry import Affine, matrices_of, warp

# In the paper's order.
OPERATIONS = (
    "identity",
    "autocontrast",
    "equalize",
    "rotate",
    "solarize",
    "colour",
    "posterize",
    "contrast",
    "brightness",
    "sharpness",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
)
# At the highest magnitude (Cubuk et al. 2019, "AutoAugment", table 6).
_MAGNITUDE = 10.0
_ROTATE = math.radians(30.0)
_SHEAR = 0.3
_TRANSLATE = 150.0 / 331.0  # share of the side: 150 of ImageNet's 331 pixels
_ENHANCE = 0.9
_BITS = 4  # bits that posterize removes


class RandAugment:
    """Augmentation that applies operations to each image, each drawn anew from 14 with equal probability.

    The range of each channel over the training images counts as 0 to 255. In the geometric operations and the
    enhancements, both directions are equally likely: a rotation to the left or right, more or less contrast. The
    strength grows with the magnitude: from no change to rotations by 30 degrees, a shear of 0.3, shifts by 45% of a
    side, factors of 1 +- 0.9 and 4 bits fewer; the threshold of solarize falls from 256 to 0. As in this package's
    other geometric parts, an image is resampled bilinearly about its centre, and pixels beyond the edge repeat it.

    Source: Cubuk et al. 2020, "RandAugment: practical automated data augmentation with a reduced search space", fig. 2.
        In the published code, three kinds of operations are strongest at magnitude 0: posterize, solarize, and the
        enhancements, whose factor starts at 0.1. Here, as in torchvision, no operation changes an image at magnitude 0.
    """

    needs_range = True  # the range of the training images' values

    def __init__(
        self,
        operations: int,
        magnitude: float,
        seed: int,
        lowest: npt.NDArray[np.float32],
        highest: npt.NDArray[np.float32],
    ) -> None:
        if isinstance(operations, bool) or not isinstance(operations, int) or operations < 1:
            raise ValueError(f"operations={operations} must be a whole number of at least 1")
        if not 0 <= magnitude <= _MAGNITUDE:
            raise ValueError(f"magnitude={magnitude} must be at least 0 and at most {_MAGNITUDE:g}")
        self._draws = Draws(seed)
        self._operations, self._share = operations, magnitude / _MAGNITUDE
        self._lowest = np.float32(lowest)
        self._unit = np.where(highest > lowest, (highest - lowest) / colours.HIGHEST, 1.0).astype(np.float32)

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Augment images (count, height, width, channels)."""
        levels = _levels((images - self._lowest) / self._unit)
        for _ in range(self._operations):
            levels = self._changed(levels)
        return self._lowest + self._unit * levels, labels

    def _changed(self, levels: Tensor) -> Tensor:
        """Apply one operation to each image (count, height, width, channels) of whole numbers from 0 to 255."""
        count = levels.shape[0]
        chosen = ops.floor(self._draws.uniform((count,), 0.0, float(len(OPERATIONS))))
        signed = ops.where(self._draws.uniform((count,), 0.0, 1.0) < 0.5, -self._share, self._share)
        strengths = {name: ops.where(ops.equal(chosen, number), signed, 0.0) for number, name in enumerate(OPERATIONS)}
        result = _levels(warp(levels, [_Drawn(strengths)]))
        factor = ops.reshape(1.0 + _ENHANCE * signed, (count, 1, 1, 1))
        values = {
            "autocontrast": colours.autocontrast(levels),
            "equalize": colours.equalize(levels),
            "solarize": colours.solarize(levels, colours.LEVELS * (1.0 - self._share)),
            "colour": colours.colour(levels, factor),
            "posterize": colours.posterize(levels, 8 - round(_BITS * self._share)),
            "contrast": colours.contrast(levels, factor),
            "brightness": colours.brightness(levels, factor),
            "sharpness": colours.sharpness(levels, factor),
        }
        for name, changed in values.items():
            is_chosen = ops.equal(chosen, float(OPERATIONS.index(name)))
            result = ops.where(is_chosen[:, None, None, None], changed, result)
        return result


class _Drawn(Affine):
    """Signed strengths of the geometric operations in [-1, 1], (count,) each; at most one is nonzero for each image."""

    def __init__(self, strengths: dict[str, Tensor]) -> None:
        self._strengths = strengths

    def matrices(self, count: int, height: int, width: int) -> Tensor:
        """Return the matrices (count, 3, 3)."""
        strengths = self._strengths
        sine, cosine = ops.sin(_ROTATE * strengths["rotate"]), ops.cos(_ROTATE * strengths["rotate"])
        slope_x, slope_y = _SHEAR * strengths["shear_x"], _SHEAR * strengths["shear_y"]
        right, down = (_TRANSLATE * strengths[name] for name in ("translate_x", "translate_y"))
        return matrices_of([[cosine, slope_x - sine, -right * width], [slope_y + sine, cosine, -down * height]], count)


def _levels(values: Tensor) -> Tensor:
    return ops.clip(ops.round(values), 0.0, colours.HIGHEST)
