import math

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.significance.attainability import smallest_p
from runner.reporting.statistics.significance.joint_flips import Sides, adjusted
from runner.reporting.statistics.significance.sign_test import compare_times, median_interval, paired_signs, sign_test_p

MISSED = math.inf  # never reached the target


@pytest.mark.parametrize("faster", range(11))
def test_the_p_value_is_the_share_of_sign_patterns_that_are_as_lopsided(faster):
    """Counted over all 2^10 patterns of ten signs."""
    patterns = [abs(2 * number.bit_count() - 10) for number in range(2**10)]
    expected = sum(lopsided >= abs(2 * faster - 10) for lopsided in patterns) / 2**10
    assert sign_test_p([-1.0] * faster + [2.0] * (10 - faster)) == pytest.approx(expected)


def test_ties_do_not_count():
    assert sign_test_p([-1.0] * 7 + [0.0] * 5) == pytest.approx(2 / 2**7)
    assert sign_test_p([0.0, 0.0]) == sign_test_p([]) == 1


def test_the_one_sided_p_value_is_that_of_a_binomial_table():
    """P(X >= 8) of Binomial(10, 1/2) is 0.0547."""
    assert sign_test_p([1.0] * 8 + [-1.0] * 2, "greater") == pytest.approx(0.0547, abs=5e-5)
    assert sign_test_p([1.0] * 2 + [-1.0] * 8, "greater") == pytest.approx(1 - 0.0107, abs=5e-5)


@pytest.mark.parametrize("pairs", [6, 7, 12])
def test_the_smallest_p_is_that_of_the_sign_flip_test(pairs):
    assert sign_test_p(np.arange(1.0, pairs + 1)) == pytest.approx(smallest_p(pairs, 1))


@pytest.mark.parametrize(("pairs", "place"), [(6, 1), (8, 1), (9, 2), (12, 3), (15, 4), (20, 6), (25, 8)])
def test_the_interval_of_the_median_has_the_order_statistics_of_published_tables(pairs, place):
    """Nair 1940, "Table of confidence interval for the median in samples from any continuous population"."""
    assert median_interval(range(1, pairs + 1)) == (place, pairs + 1 - place)
    assert 1 - 2 * stats.binom.cdf(place - 1, pairs, 0.5) >= 0.95 > 1 - 2 * stats.binom.cdf(place, pairs, 0.5)


def test_the_interval_is_the_set_of_shifts_that_the_sign_test_does_not_reject():
    values = np.random.default_rng(0).normal(size=17)
    low, high = median_interval(values)
    for inside, outside in ((low + 1e-9, low - 1e-9), (high - 1e-9, high + 1e-9)):
        assert sign_test_p(values - inside) >= 0.05 > sign_test_p(values - outside)


def test_five_pairs_leave_the_median_unbounded():
    assert np.isnan(median_interval(range(5))).all()
    assert np.isnan(median_interval([])).all()


def test_a_run_that_never_got_there_is_slower_than_any_that_did():
    """In nine of ten seeds, the variant reaches the target first (in two, the baseline misses); in one, both miss."""
    variant = [3, 4, 3, 4, 5, 3, 4, 4, 3, MISSED]
    baseline = [5, 6, 4, 7, MISSED, 5, 6, 5, MISSED, MISSED]
    found = compare_times(variant, baseline)
    assert (found.faster, found.slower, found.direction) == (9, 0, -1)
    assert found.p_value == pytest.approx(2 / 2**9)
    assert found.median_difference == -2  # of -inf -inf -3 -2 -2 -2 -2 -1 -1
    assert (found.median_low, found.median_high) == (-math.inf, -1)
    assert found.time_ratio == pytest.approx(3 / 5)  # of 0 0 4/7 3/5 3/5 2/3 2/3 3/4 4/5
    assert (found.time_ratio_low, found.time_ratio_high) == pytest.approx((0, 3 / 4))


def test_where_no_run_got_there_nothing_is_estimated():
    found = compare_times([MISSED] * 7, [MISSED] * 7)
    assert (found.faster, found.slower, found.p_value, found.direction) == (0, 0, 1, 0)
    assert np.isnan([found.median_difference, found.median_low, found.time_ratio, found.time_ratio_high]).all()


def test_a_seed_in_several_cells_counts_once():
    cells = 3
    found = compare_times([3.0] * 7 * cells, [4.0] * 7 * cells, units=[*range(7)] * cells)
    assert (found.faster, found.p_value) == (7, pytest.approx(2 / 2**7))
    missed_once = compare_times([3, MISSED, 5], [MISSED, 3, 9], units=["a", "a", "b"])
    assert (missed_once.faster, missed_once.slower) == (1, 0)  # a is a tie


def test_exchanged_variants_have_the_opposite_difference_and_the_same_p():
    one, other = [3, 4, 3, 4, 5, MISSED, 4], [5, 6, 4, 7, MISSED, 5, 6]
    found, exchanged = compare_times(one, other, margin=1.0), compare_times(other, one, margin=1.0)
    assert (found.faster, found.median_low) == (exchanged.slower, -exchanged.median_high)
    assert found.time_ratio == pytest.approx(1 / exchanged.time_ratio)
    assert (found.p_value, found.p_equivalence, found.p_beyond) == (
        exchanged.p_value, exchanged.p_equivalence, exchanged.p_beyond,
    )  # fmt: skip


def test_times_within_the_margin_are_equivalent_and_far_ones_beyond_it():
    near = compare_times([5.0, 6, 7, 5, 5, 6, 7], [5.0, 6, 7, 4, 5, 6, 7], margin=2.0)
    assert (near.p_equivalence, near.p_beyond) == (1 / 2**7, 1)
    far = compare_times([1.0] * 7, [5.0] * 6 + [MISSED], margin=2.0)
    assert (far.p_equivalence, far.p_beyond) == (1, 2 / 2**7)


@pytest.mark.parametrize("margin", [None, 1.0])
def test_the_joint_test_of_one_comparison_is_the_sign_test(margin):
    """Each seed has two cells, with ties, and with misses on one side and on both."""
    generator = np.random.default_rng(3)
    one, other = (generator.integers(2, 9, 24).astype(float) for _ in range(2))
    one[[3, 4, 15]], other[[4, 9, 16]] = MISSED, MISSED
    seeds = [*range(12)] * 2
    found = compare_times(one + 2, other, units=seeds, margin=margin)
    joint = adjusted([Sides([paired_signs(one + 2, other, seeds, 0.0)])], both=False)
    assert joint == pytest.approx([found.p_value])
    if margin:
        joint = adjusted([Sides([paired_signs(one + 2, other, seeds, margin)])], both=True)
        assert joint == pytest.approx([found.p_equivalence])
