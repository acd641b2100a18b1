import numpy as np
from sklearn import datasets

from runner.data.digits import load_digits


def test_they_are_those_of_scikit_learn_scaled_from_16_to_255():
    dataset = load_digits("digits")
    published = datasets.load_digits()
    images = np.concatenate([dataset.train_inputs, dataset.test_inputs])
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    assert images.dtype == np.uint8
    assert images.shape == (1797, 8, 8, 1)
    assert np.abs(images[..., 0] * (16 / 255) - published.images).max() < 0.04
    assert set(images[published.images == 16].ravel()) == {255}
    assert np.array_equal(labels, published.target)


def test_the_parts_never_change_and_hold_each_class():
    dataset = load_digits("digits")
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (1437, 360)
    assert np.bincount(dataset.test_labels).min() >= 33
    assert np.bincount(dataset.train_labels[-287:]).min() >= 28  # the part that the default split uses for validation
    assert dataset.fingerprint == "c5fdb8584c72c9ddc626bcb256c54945473ae428f44b16ba23b6fabf9d4e3cb5"
