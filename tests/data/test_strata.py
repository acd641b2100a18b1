import numpy as np
import pytest

from runner.data.strata import ranks_in_class, stratified_order


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
