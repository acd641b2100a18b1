import math

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.power import detectable_by_t
from runner.reporting.statistics.significance.corrected_t import apart_folds, compare_folds, interval_reach
from runner.reporting.statistics.significance.names_of_tests import CORRECTED_T, NO_TEST
from runner.reporting.statistics.significance.overlap import overlap_of
from runner.reporting.statistics.summary import summarize

ONE = [0.91, 0.88, 0.93, 0.90, 0.92, 0.89, 0.94, 0.90, 0.91, 0.93, 0.90, 0.89, 0.92, 0.91, 0.93]
OTHER = [0.90, 0.885, 0.91, 0.895, 0.90, 0.89, 0.925, 0.90, 0.905, 0.915, 0.895, 0.88, 0.92, 0.90, 0.925]
INFINITE = -math.inf


@pytest.mark.parametrize(
    ("folds", "n", "worse"), [(5, 15, 0.0459166382966), (5, 5, 0.116297639281), (10, 10, 0.0328815685531)]
)
def test_p_is_that_of_baycomp(folds, n, worse):
    """baycomp 1.0.3 has the same distribution (correlated t-test); `worse` is its probability of the other side."""
    found = compare_folds(ONE[:n], OTHER[:n], folds)
    assert found.p_value == pytest.approx(2 * worse, rel=1e-9)
    assert (found.test, found.n, found.direction) == (CORRECTED_T, n, 1)


def test_p_values_against_a_margin_are_those_of_baycomp():
    found = compare_folds(ONE, OTHER, 5, margin=0.01)
    assert found.p_equivalence == pytest.approx(0.295218767271, rel=1e-9)  # its probability above the region
    swapped = compare_folds(OTHER, ONE, 5, margin=0.01)
    assert swapped.p_equivalence == pytest.approx(found.p_equivalence)
    beyond = compare_folds(ONE, [value - 0.1 for value in OTHER], 5, margin=0.01)
    assert beyond.p_beyond == pytest.approx(compare_folds(ONE, [value - 0.09 for value in OTHER], 5).p_value)


def test_the_formula_is_that_of_nadeau_and_bengio_for_repeated_folds():
    """Bouckaert & Frank 2004: 10 x 10 folds, t with 99 degrees of freedom, 1/100 + 1/9."""
    differences = np.random.default_rng(0).normal(0.01, 0.02, 100)
    t = differences.mean() / math.sqrt((1 / 100 + 1 / 9) * differences.var(ddof=1))
    found = compare_folds(0.9 + differences, [0.9] * 100, 10)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), 99))


def test_the_interval_ends_where_p_is_5_percent():
    found = compare_folds(ONE, OTHER, 5)
    for end in (found.ci_low, found.ci_high):
        assert compare_folds([value - end for value in ONE], OTHER, 5).p_value == pytest.approx(0.05)


def test_what_takes_the_folds_for_independent_is_left_out():
    found = compare_folds(ONE, OTHER, 5)
    ends = (found.bca_low, found.bca_high, found.exact_low, found.exact_high, found.win_low, found.win_high)
    assert all(map(math.isnan, ends))
    assert found.win_probability == (11 + 3 / 2) / 15  # eleven folds won, three tied


def test_several_runs_of_a_fold_count_once_by_their_mean():
    units = ["a", "b", "c", "d", "e"] * 3
    means = [np.mean(ONE[place::5]) for place in range(5)], [np.mean(OTHER[place::5]) for place in range(5)]
    together, once = compare_folds(ONE, OTHER, 5, units=units), compare_folds(*means, 5)
    assert (together.n, together.n_completed) == (5, 5)
    assert together.p_value == pytest.approx(once.p_value)
    assert together.ci_low == pytest.approx(once.ci_low)


def test_a_diverged_run_leaves_a_difference_and_no_p_value():
    found = compare_folds([INFINITE, *ONE[1:5]], OTHER[:5], 5, margin=0.01)
    assert all(map(math.isnan, (found.p_value, found.p_equivalence, found.p_beyond)))
    assert found.difference == pytest.approx(np.mean(np.subtract(ONE[1:5], OTHER[1:5])))
    assert (found.n, found.n_completed, found.direction) == (5, 4, 0)


def test_equal_differences_show_no_spread_and_so_no_p_value():
    found = compare_folds([0.9] * 5, [0.9] * 5, 5)
    assert all(map(math.isnan, (found.p_value, found.ci_low)))


def test_variants_with_other_folds_have_a_difference_of_means_and_no_test():
    found = apart_folds([0.9, 0.8, INFINITE], [0.7, 0.6])
    assert (found.test, found.difference, found.n_completed) == (NO_TEST, pytest.approx(0.2), 2)
    assert math.isnan(found.p_value)


def test_the_interval_of_a_mean_allows_for_the_overlap():
    plain, corrected = summarize(ONE), summarize(ONE, overlap_of(5))
    assert corrected.standard_error == pytest.approx(np.std(ONE, ddof=1) * math.sqrt(1 / 15 + 1 / 4))
    widths = (corrected.ci_high - corrected.ci_low) / (plain.ci_high - plain.ci_low)
    assert widths == pytest.approx(math.sqrt(1 + 15 / 4))


def test_the_detectable_difference_has_the_power_that_it_is_named_for():
    """The folds have the covariance that the correction assumes: a common part with a quarter of their own variance."""
    n, overlap, generator = 15, 1 / 4, np.random.default_rng(1)
    size = detectable_by_t(interval_reach(n, 5), n, 0.05, 0.8)
    values = generator.standard_normal((20_000, n)) + math.sqrt(overlap) * generator.standard_normal((20_000, 1)) + size
    t = values.mean(axis=1) / (values.std(axis=1, ddof=1) * math.sqrt(1 / n + overlap))
    assert np.mean(t > stats.t.ppf(0.975, n - 1)) == pytest.approx(0.8, abs=0.01)


def test_nothing_is_detectable_without_an_interval():
    assert math.isnan(detectable_by_t(math.nan, 5, 0.05, 0.8))
    assert math.isnan(detectable_by_t(1.0, 1, 0.05, 0.8))
