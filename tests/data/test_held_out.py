import numpy as np
import pytest

from runner.config.errors import ConfigError
from runner.data.dataset import Part
from runner.data.errors import DataError
from runner.data.held_out import hold_out
from runner.data.streams import Stream, seed_sequence

LABELS = np.repeat([0, 1, 2], [60, 30, 10]).astype(np.int32)
PART = Part(np.arange(100, dtype=np.float32)[:, None], LABELS)


def test_it_is_a_partition_with_the_classes_in_proportion():
    train, test = hold_out("mine", PART, 0.2, 0)
    assert sorted(np.concatenate([train.inputs, test.inputs]).ravel()) == list(range(100))
    for part in (train, test):
        assert np.array_equal(LABELS[part.inputs.ravel().astype(int)], part.labels)
    np.testing.assert_allclose(np.bincount(test.labels), [12, 6, 2], atol=1)


def test_it_follows_its_seed_in_a_stream_of_its_own():
    one, again, other = (hold_out("mine", PART, 0.2, seed)[1].inputs for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    split = np.random.default_rng(seed_sequence(0, Stream.SPLIT)).permutation(100)
    drawn = np.random.default_rng(seed_sequence(0, Stream.TEST_PART)).permutation(100)
    assert not np.array_equal(split, drawn)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1, True, None, "0.2"])
def test_a_share_that_is_none_is_an_error(share):
    with pytest.raises(ConfigError, match=rf"dataset.test_size={share}: must be a number above 0 and below 1"):
        hold_out("mine", PART, share, 0)


def test_an_empty_part_and_a_single_example_are_errors():
    with pytest.raises(
        DataError, match=r"mine: dataset.test_size=0.999: leaves 0 of 100 examples for training and 100 for test"
    ):
        hold_out("mine", PART, 0.999, 0)
    single = Part(PART.inputs[:91], LABELS[:91])
    with pytest.raises(
        DataError, match=r"mine: dataset.test_size=0.2: class 2 has 1 example; a stratified split needs at least 2"
    ):
        hold_out("mine", single, 0.2, 0)
