"""Comparisons checked against R's output on Student's sleep data (R's `sleep`; Student 1908) and by enumeration."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.comparisons import binomial_error, compare_paired, compare_unpaired
from runner.reporting.statistics.significance.sign_flips import sign_flip_p
from runner.reporting.statistics.summary import summarize

ONE = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
OTHER = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_the_paired_interval_is_that_of_r():
    # t.test(ONE, OTHER, paired = TRUE): mean difference -1.58, 95 percent confidence interval -2.4598858 -0.7001142
    found = compare_paired(ONE, OTHER)
    assert found.difference == pytest.approx(-1.58)
    assert (found.ci_low, found.ci_high) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)
    # t = -4.0621 on 10 pairs: d_z = t / sqrt(10)
    assert found.effect_size == pytest.approx(-4.062128 / math.sqrt(10), abs=1e-6)


def test_the_unpaired_test_is_that_of_r():
    # t.test(ONE, OTHER): t = -1.8608, df = 17.776, p-value = 0.07939, confidence interval -3.3654832 0.2054832
    found = compare_unpaired(ONE, OTHER)
    assert found.p_value == pytest.approx(0.07939, abs=1e-5)
    assert (found.ci_low, found.ci_high) == pytest.approx((-3.3654832, 0.2054832), abs=1e-7)
    assert found.test == "Welch"


def test_the_exact_p_is_the_share_of_flips_that_are_as_extreme():
    differences = np.subtract(ONE, OTHER)
    means = [abs(np.mean(differences * signs)) for signs in itertools.product((1, -1), repeat=len(differences))]
    expected = np.mean(np.array(means) >= abs(differences.mean()) - 1e-12)
    found = compare_paired(ONE, OTHER)
    assert found.p_value == pytest.approx(expected)
    assert found.test == "paired sign-flip, exact"


@pytest.mark.parametrize("n", [5, 6, 8])
def test_no_p_is_below_two_in_two_to_the_n(n):
    assert compare_paired(np.arange(1.0, n + 1), np.zeros(n)).p_value == pytest.approx(2 / 2**n)


def enumerated(differences):
    """Return the share of flips whose sum is at least as far from 0, counted in whole numbers."""
    sums = [0]
    for difference in map(int, differences):
        sums = [total + sign * difference for total in sums for sign in (1, -1)]
    return sum(abs(total) >= abs(sum(map(int, differences))) for total in sums) / len(sums)


def test_accuracies_of_ten_thousand_examples_that_tie_are_ties():
    one = np.array([9768, 9759, 9745, 9809, 9821, 9768, 9811, 9786, 9821, 9804]) / 10_000
    other = np.array([9761, 9749, 9757, 9804, 9813, 9748, 9811, 9776, 9791, 9802]) / 10_000
    assert compare_paired(one, other, bootstrap=False).p_value == 56 / 2**10  # 0.0547


@pytest.mark.parametrize("examples", [160, 800, 1_000, 10_000, 12_000])
@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_the_exact_p_is_that_of_whole_examples_for_every_size_of_the_test_set(examples, shift):
    generator = np.random.default_rng(examples)
    for n in (6, 8, 10, 12):
        other = generator.integers(int(0.9 * examples), examples, n)
        one = other + generator.integers(-12, 20, n)
        found = compare_paired(one / examples + shift - shift, other / examples, bootstrap=False)
        assert found.p_value == enumerated(one - other)


@pytest.mark.parametrize("n", [16, 20, 25])
def test_many_pairs_are_still_exact(n):
    """The signed ranks 1 to n have a known null distribution, which SciPy computes by recursion."""
    ranks = np.arange(1, n + 1) * np.where(np.arange(n) % 4 == 0, -1, 1)
    assert sign_flip_p(ranks / 7) == pytest.approx(stats.wilcoxon(ranks, method="exact").pvalue, rel=1e-12)
    assert compare_paired(ranks / 7, np.zeros(n), bootstrap=False).test == "paired sign-flip, exact"


def test_more_than_thirty_pairs_are_sampled():
    values = np.random.default_rng(0).normal(0.3, 1, 40)
    found = compare_paired(values, np.zeros(40))
    assert found.test == "paired sign-flip, 99999 samples"
    assert found.p_value == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=0.1)
    assert sign_flip_p(np.ones(40)) == pytest.approx(1e-5)  # no flip drawn is as extreme as the observed one


LOST = -math.inf


def test_a_diverged_run_takes_the_largest_rank_against_its_side():
    """Seven wins by 0.09 points and five diverged runs; if these were dropped, the result would be significant."""
    better = [0.9709, 0.9719, 0.9729, 0.9739, 0.9749, 0.9759, 0.9769]
    found = compare_paired([*better, *[LOST] * 5], [*(value - 0.0009 for value in better), *[0.97] * 5])
    # Twice the rank sums: seven ties at (1 + ... + 7) / 7 = 4, five at (8 + ... + 12) / 5 = 10.
    assert found.p_value == enumerated([8] * 7 + [-20] * 5)
    assert (found.test, found.n, found.n_completed) == ("paired signed-rank, exact", 12, 7)
    assert (found.direction, found.difference) == (-1, pytest.approx(0.0009))
    assert found.win_probability == pytest.approx(7 / 12)


def test_the_signed_rank_test_is_that_of_scipy():
    """Without ties, the worst possible value has the same rank as a diverged run."""
    one, other = [0.91, 0.95, 0.932, 0.97, LOST, 0.905, 0.94], [0.9, 0.93, 0.93, 0.929, 0.95, 0.91, 0.933]
    expected = stats.wilcoxon([max(value, 0.0) for value in one], other, method="exact").pvalue
    assert compare_paired(one, other).p_value == pytest.approx(expected)


def test_two_diverged_runs_are_a_tie_and_one_that_always_diverges_is_worse():
    assert compare_paired([LOST] * 7, [LOST] * 7).p_value == 1
    lost = compare_paired([LOST] * 7, [0.9] * 6 + [LOST])
    assert (lost.p_value, lost.direction, lost.n_completed) == (2 / 2**6, -1, 0)
    assert np.isnan([lost.difference, lost.ci_low, lost.bca_low, lost.effect_size]).all()


def test_a_diverged_run_has_the_worst_rank_without_pairs():
    found = compare_unpaired([0.9, 0.91, 0.92, LOST, LOST, LOST], [0.93, 0.94, 0.95, 0.96, 0.97, 0.98])
    assert found.test == "rank-sum, exact"
    assert found.p_value == pytest.approx(2 / math.comb(12, 6))  # all values of one side are below those of the other
    assert (found.direction, found.n, found.n_completed) == (-1, 6, 3)
    assert compare_unpaired([LOST] * 6, [LOST] * 6).p_value == 1


def test_pairs_of_one_unit_are_flipped_together():
    """Two cells of a grid with six seeds have 2^6 flips of their means, not 2^12."""
    easy, hard = [0.01, 0.02, 0.01, 0.03, 0.02, 0.01], [0.05, -0.01, 0.04, 0.02, 0.03, 0.06]
    found = compare_paired(easy + hard, np.zeros(12), units=[*range(6)] * 2)
    assert (found.n, found.p_value) == (6, 2 / 2**6)
    assert found.difference == pytest.approx(np.mean(easy + hard))


def test_adding_a_constant_changes_neither_p_nor_wins():
    generator = np.random.default_rng(3)
    one, other = generator.integers(9700, 9712, (2, 50, 9)) / 10_000
    for first, second in zip(one, other, strict=True):
        plain, moved = (
            compare_paired(first, second, bootstrap=False),
            compare_paired(first + 1000.1 - 1000.1, second, bootstrap=False),
        )
        assert (plain.p_value, plain.win_probability) == (moved.p_value, moved.win_probability)


def test_the_bootstrap_interval_covers_the_mean_and_says_nothing_of_two_values():
    found = compare_paired(ONE, OTHER)
    assert found.ci_low - 0.3 < found.bca_low < found.difference < found.bca_high < found.ci_high + 0.3
    assert math.isnan(compare_paired(ONE[:2], OTHER[:2]).bca_low)


def test_a_deviation_that_is_only_rounding_is_none():
    found = compare_paired([0.953, 0.905, 0.933], [0.96, 0.912, 0.94])  # 0.007 in every pair, except for rounding
    assert found.p_value == pytest.approx(2 / 2**3)
    apart = compare_unpaired([0.953] * 7, [0.96] * 7)
    assert apart.p_value == pytest.approx(0)
    assert found.difference == pytest.approx(apart.difference) == pytest.approx(-0.007)
    two = compare_paired([0.95, 0.9], [0.94, 0.89])
    for own in (found, apart, two):  # an interval without width would claim exact knowledge of the difference
        assert np.isnan([own.effect_size, own.ci_low, own.ci_high, own.bca_low, own.bca_high]).all()
    alike = summarize([0.1 + 0.2, 0.3, 0.3])
    assert alike.std == pytest.approx(0)
    assert np.isnan([alike.ci_low, alike.ci_high]).all()
    assert compare_paired([1e-3, 2e-3, 4e-3], [0.0, 0.0, 0.0]).effect_size == pytest.approx(1.5275, abs=1e-4)


def test_equal_differences_of_accuracies_in_single_precision_have_no_interval():
    one, other = ([float(str(np.float32(right / 114))) for right in rights] for rights in ((106, 108), (102, 104)))
    assert one[0] - other[0] != one[1] - other[1]
    found = compare_paired(one, other)
    assert np.isnan([found.effect_size, found.ci_low, found.ci_high]).all()
    apart = compare_paired(one, [other[0], other[1] + 1e-6])  # an example of a million
    assert math.isfinite(apart.ci_low)


def test_values_that_differ_by_rounding_alone_are_equal():
    one, other = [0.1 + 0.2] * 7, [0.3] * 7
    paired, unpaired = compare_paired(one, other), compare_unpaired(one, other)
    assert (paired.difference, paired.p_value, paired.win_probability) == (0, 1, 0.5)
    assert math.isnan(unpaired.p_value)
    assert unpaired.win_probability == 0.5


def test_the_probability_of_winning_counts_ties_half():
    assert compare_paired([1.0, 2.0], [1.0, 1.0]).win_probability == pytest.approx(0.75)
    assert compare_unpaired([3.0, 3.0], [1.0, 2.0]).win_probability == 1


def test_a_summary_is_that_of_r():
    # mean(ONE) 0.75, sd 1.78901, median 0.35, mean(ONE, trim = 0.25) 0.5333333
    found = summarize(ONE)
    assert (found.mean, found.std, found.median) == pytest.approx((0.75, 1.78901, 0.35), abs=1e-5)
    assert found.iqm == pytest.approx(0.5333333, abs=1e-6)
    assert found.standard_error == pytest.approx(1.78901 / math.sqrt(10), abs=1e-5)
    # t.test(ONE): 95 percent confidence interval -0.5297804 2.0297804
    assert (found.ci_low, found.ci_high) == pytest.approx((-0.5297804, 2.0297804), abs=1e-6)


def test_one_value_has_no_deviation_and_no_interval():
    found = summarize([0.5])
    assert found.mean == found.median == found.iqm == 0.5
    assert all(math.isnan(value) for value in (found.std, found.ci_low, found.ci_high))


def test_the_test_set_s_own_error_is_a_tenth_of_a_point_at_99_percent():
    assert binomial_error(0.99, 10_000) == pytest.approx(0.000995, abs=1e-6)
