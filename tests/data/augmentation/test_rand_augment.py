"""RandAugment compared with Pillow and SciPy, operation by operation."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps
from scipy import ndimage, stats

from runner.data.augmentation.rand_augment import OPERATIONS, RandAugment

SHARE = 0.6  # of the highest magnitude
COUNT = 1400
LOWEST, HIGHEST = np.float32([-2.0, -1.5, 0.0]), np.float32([2.1, 2.5, 1.0])  # of the preprocessed channels
PICTURE = np.random.default_rng(4).uniform(30, 220, (27, 25, 3))
PICTURE = np.rint(ndimage.gaussian_filter(PICTURE, (1.5, 1.5, 0)) * 3 - 250).clip(20, 230).astype(np.uint8)


def to_levels(images):
    return (np.asarray(images) - LOWEST) / (HIGHEST - LOWEST) * 255


def from_levels(levels):
    return (LOWEST + levels / 255 * (HIGHEST - LOWEST)).astype(np.float32)


def resampled(matrix, shift=(0.0, 0.0)):
    """Resample about the centre with SciPy; the matrix maps (row, column) of the new image to the old one."""
    matrix = np.array(matrix)
    middle = (np.array(PICTURE.shape[:2]) - 1) / 2
    offset = middle - matrix @ middle + np.array(shift)
    planes = [
        ndimage.affine_transform(PICTURE[..., channel].astype(float), matrix, offset, order=1, mode="nearest")
        for channel in range(3)
    ]
    return np.stack(planes, axis=-1)


def expected(name, sign):
    """Return the picture after one operation, with the ranges of AutoAugment's table 6 and RandAugment's list."""
    image, strength = Image.fromarray(PICTURE), sign * SHARE
    height, width = PICTURE.shape[:2]
    angle = np.radians(30.0 * strength)
    turn = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    if name in (geometric := {
        "rotate": lambda: resampled(turn),
        "shear_x": lambda: resampled([[1, 0], [0.3 * strength, 1]]),
        "shear_y": lambda: resampled([[1, 0.3 * strength], [0, 1]]),
        "translate_x": lambda: resampled(np.eye(2), (0, -150 / 331 * width * strength)),
        "translate_y": lambda: resampled(np.eye(2), (-150 / 331 * height * strength, 0)),
    }):  # fmt: skip
        return geometric[name]()
    factor = 1 + 0.9 * strength
    pillows = {
        "identity": lambda: image,
        "autocontrast": lambda: ImageOps.autocontrast(image),
        "equalize": lambda: ImageOps.equalize(image),
        "solarize": lambda: ImageOps.solarize(image, 256 * (1 - SHARE)),
        "colour": lambda: ImageEnhance.Color(image).enhance(factor),
        "posterize": lambda: ImageOps.posterize(image, 8 - 2),  # 2.4 of 4 bits, rounded
        "contrast": lambda: ImageEnhance.Contrast(image).enhance(factor),
        "brightness": lambda: ImageEnhance.Brightness(image).enhance(factor),
        "sharpness": lambda: ImageEnhance.Sharpness(image).enhance(factor),
    }
    return np.asarray(pillows[name](), dtype=float)


SIGNED = {"rotate", "shear_x", "shear_y", "translate_x", "translate_y", "colour", "contrast", "brightness", "sharpness"}


@pytest.fixture(scope="module")
def augmented():
    """Apply one operation to many copies of one picture."""
    part = RandAugment(1, 10 * SHARE, seed=5, lowest=LOWEST, highest=HIGHEST)
    return to_levels(part(from_levels(np.stack([PICTURE] * COUNT)), np.arange(COUNT))[0])


def test_every_image_has_one_of_the_papers_14_operations_in_either_direction_all_equally_often(augmented):
    wanted = [(name, sign) for name in OPERATIONS for sign in ((-1, 1) if name in SIGNED else (1,))]
    candidates = np.stack([expected(*one) for one in wanted]).reshape(len(wanted), -1)
    distinct, kind = np.unique(np.rint(augmented).reshape(COUNT, -1), axis=0, return_inverse=True)
    distance = np.abs(distinct[:, None] - candidates).max(axis=2)
    assert distance.min(axis=1).max() <= 1.01  # one level, because of rounding
    assert sorted(distance.argmin(axis=1)) == list(range(len(wanted)))  # each candidate occurs once
    found = [wanted[place][0] for place in distance.argmin(axis=1)[kind]]
    counts = [found.count(name) for name in OPERATIONS]
    assert len(OPERATIONS) == 14
    assert stats.chisquare(counts).pvalue > 0.001


def test_magnitude_0_keeps_all_but_the_tone_curves(augmented):
    part = RandAugment(1, 0.0, seed=5, lowest=LOWEST, highest=HIGHEST)
    result = to_levels(part(from_levels(np.stack([PICTURE] * 400)), np.arange(400))[0])
    distinct = np.unique(np.rint(result).reshape(400, -1), axis=0)
    kept = [PICTURE, expected("autocontrast", 1), expected("equalize", 1)]
    assert len(distinct) == len(kept)
    for image in kept:
        assert np.abs(distinct - np.ravel(image)).max(axis=1).min() <= 1


def test_two_operations_follow_each_other():
    part = RandAugment(2, 10 * SHARE, seed=5, lowest=LOWEST, highest=HIGHEST)
    result = to_levels(part(from_levels(np.stack([PICTURE] * COUNT)), np.arange(COUNT))[0])
    brighter, then_posterized = expected("brightness", 1), expected("brightness", 1) // 4 * 4
    assert np.abs(brighter - then_posterized).max() > 2
    assert np.abs(result - then_posterized).max(axis=(1, 2, 3)).min() < 0.01


def test_a_channel_of_one_value_and_grey_images_are_taken():
    images = np.random.default_rng(0).uniform(size=(40, 8, 8, 1)).astype(np.float32)
    part = RandAugment(3, 9.0, seed=1, lowest=np.float32([0.0]), highest=np.float32([1.0]))
    result = np.asarray(part(images, np.arange(40))[0])
    assert result.min() >= 0
    assert result.max() <= 1
    empty = np.full((40, 8, 8, 1), 0.5, np.float32)
    part = RandAugment(3, 9.0, seed=1, lowest=np.float32([0.5]), highest=np.float32([0.5]))
    assert np.isfinite(np.asarray(part(empty, np.arange(40))[0])).all()


@pytest.mark.parametrize(
    ("operations", "magnitude", "said"),
    [
        (0, 5.0, "operations=0 must"),
        (1.5, 5.0, "operations=1.5"),
        (2, 10.5, "magnitude=10.5 .* at most 10"),
        (2, -1.0, "-1"),
    ],
)
def test_other_arguments_are_refused(operations, magnitude, said):
    with pytest.raises(ValueError, match=said):
        RandAugment(operations, magnitude, seed=0, lowest=LOWEST, highest=HIGHEST)
