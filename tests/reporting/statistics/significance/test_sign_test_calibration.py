"""A reduced version of `make calibration` for times: the report's test and interval keep their level."""

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.significance.sign_test import compare_times
from tests.benchmarks.calibration_times import LIMIT, NOISES, draw, in_epochs

STUDIES = 2_000


def at_most(events, rate):
    """Return whether a rate is not significantly above a bound, at a level of 0.001."""
    return stats.binomtest(int(events.sum()), len(events), rate, alternative="greater").pvalue > 0.001


@pytest.mark.parametrize("noise", NOISES)
def test_the_simulated_test_and_interval_are_those_of_the_report(noise):
    times = in_epochs(draw(NOISES[noise], 9, 40, limit=12, ratio=0.7, seed=1))
    ends = np.transpose(times.interval)
    for study in range(40):
        found = compare_times(times.variant[study], times.baseline[study])
        assert (found.p_value < 0.05) == times.is_significant[study]
        is_bounded = not np.isnan(found.median_low)  # six pairs in which one run reached the target
        assert tuple(ends[study]) == ((found.median_low, found.median_high) if is_bounded else (-np.inf, np.inf))


@pytest.mark.parametrize("limit", [np.inf, LIMIT])
@pytest.mark.parametrize("noise", NOISES)
def test_claims_are_false_in_5_percent_of_studies_at_most_and_intervals_cover_the_median(noise, limit):
    null, sooner = (draw(NOISES[noise], 12, STUDIES, limit=limit, ratio=ratio, seed=7) for ratio in (1, 0.6))
    low, high = null.interval
    assert at_most(null.is_significant, 0.05)
    assert at_most((low > 0) | (high < 0), 0.05)
    assert sooner.is_significant.mean() > 0.5


def test_signed_ranks_would_claim_more_false_differences_where_a_variant_now_and_then_takes_much_longer():
    """This is the reason for the sign test, because differences of times are usually skewed."""
    null = draw(NOISES["skewed"], 12, STUDIES, seed=7)
    assert null.is_significant_by_ranks.mean() > 0.055
    assert at_most(null.is_significant, 0.05)
