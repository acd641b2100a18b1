"""Equivalence tests compared with statsmodels (t and Welch) and SciPy's permutation tests of shifted samples."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from runner.reporting.statistics.comparisons import compare_paired, compare_unpaired

LOST = -math.inf


def paired(one, other, margin):
    return compare_paired(one, other, margin=margin, bootstrap=False)


def unpaired(one, other, margin):
    return compare_unpaired(one, other, margin=margin, bootstrap=False)


def permuted(differences):
    """Return SciPy's one-sided p value for a mean of whole differences above 0."""
    values = (np.asarray(differences, float),)
    return stats.permutation_test(
        values, np.sum, permutation_type="samples", alternative="greater", n_resamples=np.inf
    ).pvalue


@pytest.mark.parametrize("seed", range(5))
def test_the_paired_form_is_two_exact_tests_of_shifted_differences(seed):
    """Accuracies on 10,000 examples, with a margin of 10 examples."""
    generator = np.random.default_rng(seed)
    other, differences = generator.integers(9600, 9700, 9), generator.integers(-9, 12, 9)
    found = paired((other + differences) / 10_000, other / 10_000, 0.001)
    assert found.p_equivalence == pytest.approx(max(permuted(10 + differences), permuted(10 - differences)))
    sides = permuted(differences - 10), permuted(-differences - 10)
    assert found.p_beyond == pytest.approx(min(1, 2 * min(sides)))


def test_many_pairs_come_close_to_the_paired_t_form():
    generator = np.random.default_rng(0)
    for mean in (-0.6, 0.0, 0.3, 0.7):
        other = generator.normal(0, 1, 25)
        one = other + generator.normal(mean, 1, 25)
        expected = ttost_paired(one, other, -1, 1)[0]
        assert paired(one, other, 1).p_equivalence == pytest.approx(expected, rel=0.2, abs=2e-4)


@pytest.mark.parametrize("margin", [0.3, 1.0, 2.5])
def test_the_unpaired_form_is_that_of_statsmodels(margin):
    generator = np.random.default_rng(3)
    one, other = generator.normal(0, 1, 9), generator.normal(0.2, 2, 12)
    found = unpaired(one, other, margin)
    assert found.p_equivalence == pytest.approx(ttost_ind(one, other, -margin, margin, usevar="unequal")[0])
    higher = stats.ttest_ind(one - margin, other, equal_var=False, alternative="greater").pvalue
    lower = stats.ttest_ind(one + margin, other, equal_var=False, alternative="less").pvalue
    assert found.p_beyond == pytest.approx(min(1, 2 * min(higher, lower)))


def test_it_is_symmetric_and_does_not_change_the_test_of_the_difference():
    generator = np.random.default_rng(4)
    one, other = generator.normal(0.3, 1, 10), generator.normal(0, 1, 10)
    for compare in (paired, unpaired):
        there, back = compare(one, other, 1.0), compare(other, one, 1.0)
        assert (there.p_equivalence, there.p_beyond) == pytest.approx((back.p_equivalence, back.p_beyond))
        assert there.p_value == compare(one, other, None).p_value
        assert np.isnan([compare(one, other, None).p_equivalence, compare(one, other, None).p_beyond]).all()


def test_a_tiny_margin_has_the_p_of_the_difference_for_more_than_the_margin():
    generator = np.random.default_rng(5)
    one, other = generator.normal(1, 1, 10), generator.normal(0, 1, 10)
    for compare in (paired, unpaired):
        found = compare(one, other, 1e-9)
        assert found.p_beyond == pytest.approx(found.p_value)


def test_differences_of_exactly_the_margin_are_not_within_it_and_smaller_ones_are():
    """0.001 is not a binary fraction, so the shifted differences are 0 except for rounding errors."""
    other = np.array([9768, 9759, 9745, 9809, 9821, 9768, 9811]) / 10_000
    assert paired(other + 0.001, other, 0.001).p_equivalence == 1
    assert paired(other - 0.001, other, 0.001).p_equivalence == 1
    assert paired(other + 0.0009, other, 0.001).p_equivalence == 1 / 2**7
    assert paired(other, other, 0.001).p_equivalence == 1 / 2**7


def test_a_diverged_run_is_the_worst_of_its_pair_however_wide_the_margin():
    other = [0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96]
    same = paired(other, other, 0.5)
    lost = paired([LOST, *other[1:]], other, 0.5)
    assert same.p_equivalence == 1 / 2**7
    # Signed ranks of the differences + 0.5: six ties at 3.5, and -7, so a sum of 14. The flips with a sum of 14 or more
    # are: all 3.5 up and 7 down (14), all up (28), 7 and five 3.5 up (21), or 7 and four 3.5 up (14).
    assert lost.p_equivalence == (1 + 1 + 6 + 15) / 2**7
    assert paired([LOST] * 7, [LOST] * 7, 0.5).p_equivalence == 1


def test_without_pairs_a_diverged_run_counts_by_its_rank():
    one, other = [LOST, 0.911, 0.922, 0.933, 0.944], [0.912, 0.921, 0.934, 0.943, 0.95]
    found = unpaired(one, other, 0.5)
    expected = stats.mannwhitneyu([0, *np.add(one[1:], 0.5)], other, alternative="greater", method="exact").pvalue
    assert found.test.startswith("rank-sum")
    assert found.p_equivalence == pytest.approx(expected)


def test_where_nothing_varies_without_pairs_there_is_no_p():
    found = unpaired([0.5] * 7, [0.5] * 7, 0.1)
    assert np.isnan([found.p_equivalence, found.p_beyond]).all()
    assert np.isnan(unpaired([0.5], [0.5, 0.6], 0.1).p_equivalence)


def test_seeds_in_several_cells_are_shifted_and_flipped_together():
    one, other = np.array([5, 7, 2, 4, 6, 8, 1, 3, 5, 4, 3, 2]) / 10, np.zeros(12)
    seeds = [0, 1, 2, 3, 4, 5] * 2
    found = compare_paired(one, other, units=seeds, margin=1.0, bootstrap=False)
    assert found.p_equivalence == 1 / 2**6
