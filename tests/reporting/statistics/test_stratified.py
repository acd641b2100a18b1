import math

import numpy as np
import pytest

from runner.reporting.statistics.stratified import (
    estimate,
    improvement,
    interquartile_mean,
    mean_of_means,
    median_of_means,
    profile,
)
from tests.benchmarks import calibration_tasks


def scores(shift, runs=6, tasks=5):
    """Made-up scores: an array of six runs for each of five tasks."""
    run, task = np.arange(runs)[None, :], np.arange(tasks)[:, None]
    return [*np.round(0.7 + 0.04 * task + shift + 0.1 * np.sin(7 * run + 3 * task + 50 * shift), 3)]


ONE, OTHER = scores(0.03), scores(0.0)
THRESHOLDS = np.array([0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])


# The expected numbers of this and the next two tests are those of rliable 1.2.0 (google-research/rliable, on PyPI) on
# the same arrays: metrics.aggregate_iqm, aggregate_mean and aggregate_median in library.get_interval_estimates (50,000
# resamples), metrics.probability_of_improvement (20,000) and library.create_performance_profile (20,000).
@pytest.mark.parametrize(
    ("tasks", "statistic", "expected"),
    [
        (ONE, interquartile_mean, (0.8114375, 0.7755625, 0.8473750)),
        (ONE, mean_of_means, (0.8109667, 0.7834667, 0.8386333)),
        (ONE, median_of_means, (0.8151667, 0.7643333, 0.8571667)),
        (OTHER, interquartile_mean, (0.7838750, 0.7616875, 0.8063750)),
        (OTHER, mean_of_means, (0.7874667, 0.7698667, 0.8050333)),
        (OTHER, median_of_means, (0.7810000, 0.7466667, 0.8160000)),
    ],
)
def test_aggregates_and_their_intervals_are_those_of_rliable(tasks, statistic, expected):
    value, low, high = estimate(statistic, tasks)
    assert value == pytest.approx(expected[0], abs=1e-7)
    assert (low, high) == pytest.approx(expected[1:], abs=0.003)


def test_probability_of_improvement_is_that_of_rliable():
    value, low, high = improvement(ONE, OTHER)
    assert value == pytest.approx(0.5944444444)
    assert (low, high) == pytest.approx((0.4444444, 0.7416667), abs=0.02)


def test_profile_and_its_bands_are_those_of_rliable():
    share, low, high = profile(ONE, THRESHOLDS)
    assert share == pytest.approx([1, 0.8333333, 0.7333333, 0.5333333, 0.4, 0.2333333, 0.1])
    expected = [1, 0.7333333, 0.6, 0.3666667, 0.2333333, 0.1, 0.0333333]
    assert low == pytest.approx(expected, abs=1.01 / 30)  # one run more or less
    assert high == pytest.approx([1, 0.9333333, 0.8666667, 0.7, 0.5666667, 0.3666667, 0.1666667], abs=1.01 / 30)


def test_improvement_of_the_other_side_is_the_rest():
    value, low, high = improvement(ONE, OTHER)
    turned = improvement(OTHER, ONE)
    assert turned[0] == pytest.approx(1 - value)
    assert turned[1:] == pytest.approx((1 - high, 1 - low), abs=0.02)


def test_lost_runs_are_trimmed_like_any_worst_run_up_to_a_quarter():
    """The middle four of eight scores count."""
    tasks = [np.array([-np.inf, 0.5, 0.6, 0.7]), np.array([0.8, 0.9, 1.0, -np.inf])]
    assert estimate(interquartile_mean, tasks)[0] == pytest.approx((0.5 + 0.6 + 0.7 + 0.8) / 4)
    tasks[0][1] = -np.inf
    assert math.isnan(estimate(interquartile_mean, tasks)[0])


def test_lost_runs_lose_against_any_completed_run_and_tie_with_each_other():
    lost = [np.array([-np.inf, -np.inf])] * 3
    assert improvement([np.array([0.1, 0.2])] * 3, lost)[0] == 1
    assert improvement(lost, lost) == pytest.approx((0.5, math.nan, math.nan), nan_ok=True)


def test_an_improvement_in_every_pair_keeps_the_bound_of_as_many_pairs_as_runs():
    value, low, high = improvement([task + 1 for task in OTHER], OTHER)
    assert (value, low, high) == pytest.approx((1, 0.025 ** (1 / 30), 1))


def test_equal_runs_have_no_interval():
    value, low, high = estimate(mean_of_means, [np.full(4, 0.5), np.full(4, 0.7), np.full(4, 0.9)])
    assert value == pytest.approx(0.7)
    assert math.isnan(low)
    assert math.isnan(high)


def test_a_single_run_on_a_data_set_has_an_unknown_spread_and_no_interval():
    single = [ONE[0][:1], *ONE[1:]]
    assert estimate(mean_of_means, single) == pytest.approx(
        (np.mean([own.mean() for own in single]), math.nan, math.nan), nan_ok=True
    )
    assert np.isnan(improvement(single, OTHER)[1:]).all()


def test_intervals_cover_a_known_truth_nearly_as_often_as_they_say():
    """The full version is `make calibration`; with ten runs, the percentile interval is slightly too narrow."""
    covered = calibration_tasks.coverage(runs=10, datasets=3, studies=30)
    assert all(own.mean() > 0.75 for own in covered.values())
