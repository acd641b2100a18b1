from dataclasses import replace

import numpy as np
import pytest

from runner.data.dataset import Part, Split
from runner.data.mnist import load_mnist
from runner.data.preprocessing import rescale, standardize, unchanged
from runner.data.splits import split_dataset


@pytest.fixture
def split(digits) -> Split:
    images, labels = digits
    return Split(*(Part(images[part], labels[part]) for part in (slice(150), slice(150, 200), slice(200, 250))))


def test_rescale_divides_by_255_in_float32(split):
    for part, before in zip(vars(rescale(split)).values(), vars(split).values(), strict=True):
        assert part.images.dtype == np.float32
        assert np.array_equal(part.images, before.images.astype("float32") / np.float32(255))


def test_standardize_gives_mean_0_and_deviation_1_on_training(split):
    training = standardize(split).train.images.astype(np.float64)
    assert training.mean() == pytest.approx(0, abs=1e-5)
    assert training.std() == pytest.approx(1, abs=1e-5)


def test_standardize_looks_at_the_training_part_alone(split):
    other = replace(split, test=replace(split.test, images=split.test.images // 2))
    assert np.array_equal(standardize(split).train.images, standardize(other).train.images)
    mean, deviation = split.train.images.mean(), split.train.images.std()
    expected = (split.test.images - mean) / deviation
    np.testing.assert_allclose(standardize(split).test.images, expected, atol=1e-5)


def test_mnist_has_its_well_known_mean_and_deviation(mnist_root):
    split = split_dataset(load_mnist("mnist", str(mnist_root), "", None), 0.2, "last", 0)
    black = standardize(split).train.images.min()
    assert -black * 0.3081 == pytest.approx(0.1307, abs=1e-3)


def test_equal_pixels_cannot_be_standardized(split):
    flat = replace(split, train=replace(split.train, images=np.zeros_like(split.train.images)))
    with pytest.raises(ValueError, match="all training pixels are equal"):
        standardize(flat)


def test_unchanged_keeps_the_values(split):
    assert np.array_equal(unchanged(split).test.images, split.test.images)
