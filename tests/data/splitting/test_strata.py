import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.core.streams import Stream, seed_sequence
from runner.data.dataset import DataError, Part
from runner.data.splitting.strata import hold_out, ranks_in_class, stratified_order


def order(labels, seed=0):
    return stratified_order(labels, np.random.default_rng(seed))


def test_every_beginning_holds_equally_many_of_classes_of_one_size():
    labels = np.repeat(np.arange(7), 20)
    for length in range(141):
        counts = np.bincount(labels[order(labels)][:length], minlength=7)
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("seed", range(5))
def test_every_beginning_holds_the_classes_in_proportion(seed):
    labels = np.random.default_rng(1).permutation(np.repeat([0, 1, 2, 3], [500, 250, 200, 50]))
    shares = np.array([0.5, 0.25, 0.2, 0.05])
    drawn = labels[order(labels, seed)]
    for length in range(0, 1001, 10):
        counts = np.bincount(drawn[:length], minlength=4)
        assert np.abs(counts - length * shares).max() <= 2


def test_it_is_a_random_permutation():
    labels = np.repeat([0, 1], [30, 70])
    assert sorted(order(labels)) == list(range(100))
    assert not np.array_equal(order(labels), order(labels, seed=1))


def test_every_example_of_a_class_is_as_likely_to_come_first():
    labels = np.repeat([0, 1], [5, 15])
    first = [next(index for index in order(labels, seed) if index < 5) for seed in range(1000)]
    np.testing.assert_allclose(np.bincount(first, minlength=5), 200, atol=60)  # 4.7 standard deviations


def test_ranks_count_the_examples_of_the_same_class_before():
    labels = np.array([2, 0, 2, 1, 2, 0, 5])
    assert ranks_in_class(labels).tolist() == [0, 0, 1, 0, 2, 1, 0]


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
