import numpy as np
import pytest

from runner.data.dataset import Dataset
from runner.data.errors import DataError
from runner.data.splits import split_dataset


def numbered(examples: int) -> Dataset:
    """A data set whose n-th training image holds n."""
    numbers = np.arange(examples)
    images = np.broadcast_to(numbers[:, None, None, None], (examples, 1, 1, 1)).astype(np.float32)
    labels = numbers.astype(np.int32)
    return Dataset("numbers", "here", 10, images, labels, images[:3], labels[:3])


@pytest.mark.parametrize(
    ("examples", "share", "kept"), [(60_000, 0.2, 48_000), (10, 0.2, 8), (11, 0.2, 8), (7, 0.5, 3), (1000, 0.001, 999)]
)
def test_last_keeps_the_first_examples_as_keras_counts_them(examples, share, kept):
    split = split_dataset(numbered(examples), share, "last", 0)
    assert split.train.labels.tolist() == list(range(kept))
    assert split.validation.labels.tolist() == list(range(kept, examples))
    assert split.sizes == {"train": kept, "validation": examples - kept, "test": 3}


def test_random_is_a_partition_that_keeps_images_with_their_labels():
    split = split_dataset(numbered(100), 0.3, "random", 0)
    together = np.concatenate([split.train.labels, split.validation.labels])
    assert sorted(together) == list(range(100))
    assert together.tolist() != list(range(100))
    assert np.array_equal(split.validation.images.ravel(), split.validation.labels)


def test_random_follows_its_own_seed_alone():
    one, again, other = (split_dataset(numbered(50), 0.2, "random", seed).train.labels for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_an_empty_part_is_an_error_with_both_sizes():
    with pytest.raises(DataError, match=r"leaves 0 of 5 examples for training and 5 for validation"):
        split_dataset(numbered(5), 0.999, "last", 0)
