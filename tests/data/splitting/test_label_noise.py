from itertools import pairwise

import numpy as np
import pytest

from runner.data.dataset import Part
from runner.data.splitting.label_noise import mislabel

LABELS = np.random.default_rng(2).integers(0, 10, 5000).astype(np.int32)
PART = Part(np.zeros((5000, 1), np.float32), LABELS)


def noisy(share, seed=0, part=PART):
    return mislabel(part, share, 10, seed).labels


@pytest.mark.parametrize("share", [0.0001, 0.1, 0.33333, 0.5, 0.9999])
def test_exactly_the_rounded_share_is_wrong(share):
    assert (noisy(share) != LABELS).sum() == round(share * 5000)
    assert noisy(share).dtype == np.int32
    assert set(noisy(share)) <= set(range(10))


def test_wrong_labels_are_uniform_among_the_other_classes():
    wrong = noisy(0.9)
    chosen = wrong != LABELS
    steps = np.bincount((wrong[chosen] - LABELS[chosen]) % 10, minlength=10)
    assert steps[0] == 0
    np.testing.assert_allclose(steps[1:], 500, atol=100)  # 4.7 standard deviations


def test_two_classes_are_exchanged():
    part = Part(PART.inputs, LABELS % 2)
    wrong = mislabel(part, 0.25, 2, 0).labels
    assert sorted(set(wrong)) == [0, 1]
    assert (wrong != part.labels).sum() == 1250


def test_noise_follows_its_seed():
    assert np.array_equal(noisy(0.2), noisy(0.2))
    assert not np.array_equal(noisy(0.2), noisy(0.2, seed=1))


def test_the_wrong_labels_of_a_smaller_share_are_among_those_of_a_larger():
    for less, more in pairwise([noisy(share) for share in (0.1, 0.3, 0.8)]):
        chosen = less != LABELS
        assert np.array_equal(less[chosen], more[chosen])


def test_inputs_and_the_given_labels_are_left_as_they_are():
    before = LABELS.copy()
    assert mislabel(PART, 0.5, 10, 0).inputs is PART.inputs
    assert np.array_equal(LABELS, before)
