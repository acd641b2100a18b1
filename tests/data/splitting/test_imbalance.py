import numpy as np
import pytest

from runner.data.dataset import DataError, Part
from runner.data.splitting.imbalance import imbalance


def part(labels) -> Part:
    """Examples whose value is their position."""
    return Part(np.arange(len(labels), dtype=np.float32)[:, None], np.asarray(labels, np.int32))


BALANCED = part(np.tile(np.arange(10), 5000))


@pytest.mark.parametrize(
    ("ratio", "sizes"),
    [
        # The long-tailed CIFAR-10 of Cui et al. 2019, figure 3, as usually computed: 5000 ratio^(-i/9), rounded.
        (100, [5000, 2997, 1797, 1077, 646, 387, 232, 139, 83, 50]),
        (10, [5000, 3871, 2997, 2321, 1797, 1391, 1077, 834, 646, 500]),
        (1, [5000] * 10),
    ],
)
def test_sizes_of_equal_classes_fall_geometrically(ratio, sizes):
    assert np.bincount(imbalance(BALANCED, ratio, 10).labels).tolist() == sizes


def test_the_ratio_holds_where_the_first_class_is_not_the_largest():
    given = part(np.repeat([0, 1, 2], [400, 600, 100]))
    assert np.bincount(imbalance(given, 4, 3).labels).tolist() == [400, 200, 100]
    assert np.bincount(imbalance(given, 1, 3).labels).tolist() == [100, 100, 100]
    assert np.bincount(imbalance(given, 100, 3).labels).tolist() == [400, 40, 4]


def test_examples_keep_their_order_and_their_labels():
    thinned = imbalance(BALANCED, 50, 10)
    places = thinned.inputs.ravel().astype(int)
    assert (np.diff(places) > 0).all()
    assert np.array_equal(BALANCED.labels[places], thinned.labels)


def test_the_first_examples_are_as_imbalanced_as_the_whole():
    thinned = imbalance(BALANCED, 20, 10).labels
    shares = np.bincount(thinned) / len(thinned)
    first = np.bincount(thinned[:1000], minlength=10)
    np.testing.assert_allclose(first, 1000 * shares, atol=3)


def test_a_class_that_would_be_empty_is_an_error():
    with pytest.raises(DataError, match=r"dataset.class_imbalance=11000: leaves none of the 5000 .* of class 9"):
        imbalance(BALANCED, 11_000, 10)
