import math

import numpy as np
import pytest
from scipy import optimize, stats

from runner.reporting.statistics.spread import normality_p, ratio_interval, standard_deviation, std_interval
from tests.benchmarks.calibration import NOISES, rate
from tests.benchmarks.calibration_variance import HALF, ratio_intervals, simulated, std_intervals, studies_of

ONE = np.random.default_rng(0).normal(0, 2, 12)
OTHER = ONE + np.random.default_rng(1).normal(0, 1, 12)


def test_the_interval_of_a_standard_deviation_is_the_one_in_a_handbook():
    """NIST/SEMATECH e-Handbook, 7.2.3.1: 100 gears with s = 0.0063; chi-squared quantiles 73.361 and 128.422."""
    values = np.linspace(-1, 1, 100)
    values *= 0.0062789 / values.std(ddof=1)
    low, high = std_interval(values)
    assert low == pytest.approx(0.0062789 * math.sqrt(99 / 128.422), rel=1e-5)
    assert high == pytest.approx(0.0062789 * math.sqrt(99 / 73.361), rel=1e-5)


def test_a_ratio_is_in_its_interval_if_the_pitman_morgan_test_does_not_reject_it():
    """If the standard deviations are equal, the sum and the difference of the pairs are uncorrelated."""

    def p_value(ratio):
        scaled = ONE / ratio
        return stats.pearsonr(scaled + OTHER, scaled - OTHER).pvalue

    ratio = ONE.std(ddof=1) / OTHER.std(ddof=1)
    low = optimize.brentq(lambda at: p_value(at) - 0.05, ratio / 10, ratio)
    high = optimize.brentq(lambda at: p_value(at) - 0.05, ratio, ratio * 10)
    assert ratio_interval(ONE, OTHER) == pytest.approx((low, high))


def test_the_interval_of_the_inverse_ratio_is_the_inverse_interval_and_scale_does_not_matter():
    low, high = ratio_interval(ONE, OTHER)
    assert ratio_interval(OTHER, ONE) == pytest.approx((1 / high, 1 / low))
    assert ratio_interval(100 * ONE + 7, 100 * OTHER) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("one", "other"),
    [([1.0, 2.0], [3.0, 1.0]), ([1.0] * 5, ONE[:5]), (ONE, 3 * ONE)],
    ids=["two pairs", "constant", "proportional"],
)
def test_a_ratio_that_cannot_be_estimated_has_no_interval(one, other):
    assert np.isnan(ratio_interval(one, other)).all()


def test_values_that_differ_only_by_rounding_have_no_spread():
    values = [0.1 + 0.2, 0.3, 0.3]
    assert standard_deviation(values) == 0
    assert np.isnan([*std_interval(values), normality_p(values), standard_deviation([0.3])]).all()


def test_outliers_are_not_normal():
    assert normality_p([*ONE, 40]) < 0.001 < normality_p(ONE)


def test_the_calibration_computes_what_the_report_does():
    alone, together = simulated(NOISES["normal"], 0.5, 8, 4)
    for study in range(4):
        own, whole = alone[study], together[study]
        assert std_interval(own) == pytest.approx([end[study] for end in std_intervals(alone)])
        assert ratio_interval(own, whole) == pytest.approx([end[study] for end in ratio_intervals(alone, together)])


def test_intervals_cover_and_advice_is_seldom_false():
    """With 5,000 studies, the Monte-Carlo interval of a rate of 95% is 94.4 to 95.6."""
    edge, all_of_it = (studies_of(NOISES["normal"], share, 10, 5_000) for share in (HALF**2, None))
    for found in (edge, all_of_it):
        assert found["std covers"].mean() > 0.94, rate(found["std covers"])
        assert found["ratio covers"].mean() > 0.94, rate(found["ratio covers"])
    assert max(edge["must vary"].mean(), edge["may stay fixed"].mean()) < 0.035
    assert all_of_it["must vary"].mean() > 0.4  # power
