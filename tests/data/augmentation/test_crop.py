import numpy as np
import pytest
from scipy import stats

from runner.data.augmentation.crop import Crop

PADDING = 3
MODES = {"zeros": "constant", "reflect": "reflect"}  # NumPy's names


def windows(image, fill):
    """Return every window of the padded image by its position, as NumPy cuts it out."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((PADDING, PADDING), (PADDING, PADDING), (0, 0)), mode=MODES[fill])
    places = [(row, column) for row in range(2 * PADDING + 1) for column in range(2 * PADDING + 1)]
    return {(row, column): padded[row : row + height, column : column + width] for row, column in places}


@pytest.mark.parametrize("fill", MODES)
def test_each_image_is_one_of_numpys_windows_all_equally_often(fill):
    image = np.random.default_rng(0).normal(size=(6, 9, 2)).astype(np.float32)
    images = np.stack([image] * 4900)
    result, labels = Crop(PADDING, fill, seed=3)(images, np.arange(4900))
    there = {window.tobytes(): place for place, window in windows(image, fill).items()}
    assert len(there) == 49
    found = [there[cropped.tobytes()] for cropped in np.asarray(result)]
    counts = np.unique(found, axis=0, return_counts=True)[1]
    assert stats.chisquare(counts, np.full(49, 100)).pvalue > 0.001
    assert np.array_equal(labels, np.arange(4900))


def test_images_stay_apart():
    images = np.arange(1.0, 6.0, dtype=np.float32).reshape(5, 1, 1, 1) * np.ones((1, 4, 4, 3), np.float32)
    result, _ = Crop(2, "reflect", seed=1)(images, np.arange(5))
    assert np.array_equal(np.asarray(result), images)


def test_no_padding_is_no_change():
    images = np.random.default_rng(0).normal(size=(5, 4, 7, 3)).astype(np.float32)
    assert np.array_equal(np.asarray(Crop(0, "zeros", seed=1)(images, np.arange(5))[0]), images)


@pytest.mark.parametrize(
    ("padding", "fill", "said"),
    [
        (-1, "zeros", "padding=-1 must be a whole"),
        (1.5, "zeros", "padding=1.5"),
        (4, "edge", "fill=edge must be zeros or"),
    ],
)
def test_other_arguments_are_refused(padding, fill, said):
    with pytest.raises(ValueError, match=said):
        Crop(padding, fill, seed=0)
