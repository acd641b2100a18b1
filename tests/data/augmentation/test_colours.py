"""Colour operations compared with Pillow's on the same bytes, and with their definitions where Pillow rounds oddly."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from runner.data.augmentation import colours
from runner.engine.training import one_kernel

FACTORS = (0.1, 0.55, 1.0, 1.37, 1.9)
ENHANCERS = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "colour": ImageEnhance.Color,
    "sharpness": ImageEnhance.Sharpness,
}
# Our operation, Pillow's, and the share of pixels that may differ by one level, because Pillow rounds products down.
OPERATIONS = {
    **{
        f"{name} {factor}": (
            lambda images, name=name, factor=factor: getattr(colours, name)(images, np.float32(factor)),
            lambda image, enhancer=enhancer, factor=factor: enhancer(image).enhance(factor),
            0.001,
        )
        for name, enhancer in ENHANCERS.items()
        for factor in FACTORS
    },
    "autocontrast": (colours.autocontrast, ImageOps.autocontrast, 0.01),
    "equalize": (colours.equalize, ImageOps.equalize, 0.0),
    **{
        f"solarize {level}": (
            lambda images, level=level: colours.solarize(images, float(level)),
            lambda image, level=level: ImageOps.solarize(image, level),
            0.0,
        )
        for level in (0, 100, 256)
    },
    **{
        f"posterize {bits}": (
            lambda images, bits=bits: colours.posterize(images, bits),
            lambda image, bits=bits: ImageOps.posterize(image, bits),
            0.0,
        )
        for bits in (1, 4, 8)
    },
}


def pictures(channels):
    """Noise, a single value, two values, dark and bright values, and noise over the whole range."""
    generator = np.random.default_rng(0)
    images = generator.integers(20, 200, (6, 19, 13, channels)).astype(np.uint8)
    images[1] = 77
    images[2] = np.where(images[2] > 100, 110, 60)
    images[3] //= 8
    images[4] = 255 - images[4] // 8
    images[5] = generator.integers(0, 256, images[5].shape)
    return images


def by_pillow(operation, image):
    grey = image.shape[-1] == 1
    return np.asarray(operation(Image.fromarray(image[..., 0] if grey else image))).reshape(image.shape)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("ours", "pillows", "rounded"), OPERATIONS.values(), ids=OPERATIONS)
def test_it_is_pillows(ours, pillows, rounded, channels):
    images = pictures(channels)
    result = np.asarray(ours(images.astype(np.float32)))
    expected = np.stack([by_pillow(pillows, image) for image in images]).astype(np.float32)
    assert np.abs(result - expected).max() <= 1
    assert (result != expected).mean() <= rounded


def test_one_compiled_kernel_gives_the_same_but_for_rounding():
    images = pictures(3).astype(np.float32)

    chosen = [
        OPERATIONS[name][0] for name in ("contrast 0.55", "colour 1.9", "sharpness 1.37", "autocontrast", "equalize")
    ]

    def all_of_them(values, _):
        return np.float32(0), [ours(values) for ours in chosen]

    for ours, compiled in zip(chosen, one_kernel(all_of_them)(images, 0)[1], strict=True):
        difference = np.abs(np.asarray(ours(images)) - np.asarray(compiled))
        assert difference.max() <= 1
        assert (difference > 0).mean() <= 0.001


@pytest.mark.parametrize("name", ENHANCERS)
@pytest.mark.parametrize("shape", [(1, 4, 3), (2, 2, 3), (4, 4, 2), (4, 4, 4)], ids=str)
def test_factor_1_changes_nothing_whatever_the_size_and_the_channels(name, shape):
    images = np.random.default_rng(1).integers(0, 256, (3, *shape)).astype(np.float32)
    assert np.array_equal(np.asarray(getattr(colours, name)(images, np.float32(1.0))), images)


def test_each_image_has_its_own_factor():
    images = np.full((2, 4, 4, 1), 100.0, np.float32)
    result = np.asarray(colours.brightness(images, np.float32([0.5, 1.5]).reshape(2, 1, 1, 1)))
    assert np.unique(result[0]) == 50
    assert np.unique(result[1]) == 150
