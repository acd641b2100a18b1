"""A reduced version of `make calibration`: it uses the report's tests, and no kind of claim is false too often."""

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics import comparisons as statistics
from runner.reporting.statistics.comparisons import compare_paired, compare_unpaired
from tests.benchmarks import calibration
from tests.benchmarks.calibration import MARGIN, NOISES, exact, family, one_comparison, rate, unpaired, welch
from tests.imports import REPOSITORY

SYMMETRIC = [name for name in NOISES if not name.startswith("skewed")]
STUDIES = 2_000


def at_most(events, rate):
    """Return whether a rate is not significantly above a bound, at a level of 0.001."""
    return stats.binomtest(int(events.sum()), len(events), rate, alternative="greater").pvalue > 0.001


@pytest.mark.parametrize("noise", NOISES)
def test_the_simulated_tests_are_those_of_the_report(noise, monkeypatch):
    monkeypatch.setattr(statistics, "_bca", lambda *_: (np.nan, np.nan))
    samples = NOISES[noise](np.random.default_rng(1), (2, 6, 8)) + 0.4
    own, unmatched = exact(samples[0]), welch(*samples)
    for study in range(6):
        found = compare_paired(samples[0][study], np.zeros(8), margin=MARGIN)
        apart = compare_unpaired(samples[0][study], samples[1][study], margin=MARGIN)
        for tested, simulated in ((found, own), (apart, unmatched)):
            assert tested.p_value == pytest.approx(simulated.difference[study])
            assert tested.p_equivalence == pytest.approx(simulated.equivalence[study])
            assert tested.p_beyond == pytest.approx(simulated.beyond[study])
        assert found.direction == own.sign[study]
        assert (found.exact_low, found.exact_high) == pytest.approx((own.low[study], own.high[study]), abs=1e-7)
        assert (apart.ci_low, apart.ci_high) == pytest.approx((unmatched.low[study], unmatched.high[study]))


@pytest.mark.parametrize("noise", SYMMETRIC)
def test_claims_are_false_in_5_percent_of_studies_at_most_and_intervals_cover(noise):
    found = one_comparison(NOISES[noise], 6, STUDIES, seed=7)
    assert at_most(found["false difference"] | found["false verdict"], 0.05)
    assert at_most(found["false equivalent"], 0.05)
    assert at_most(found["false beyond"], 0.025)
    assert at_most(~found["covers"], 0.05)
    assert found["equivalent"].mean() > 0.15
    assert found["beyond"].mean() > 0.15


def test_welchs_form_keeps_its_level_under_normal_noise():
    found = unpaired(NOISES["normal"], 8, STUDIES, seed=7)
    assert at_most(found["false equivalent"], 0.05)
    assert at_most(~found["covers"], 0.05)


def test_a_family_of_five_makes_a_false_claim_in_5_percent_of_studies_at_most():
    found = family(NOISES["normal"], 8, 500, seed=7)
    assert all(at_most(found[name], 0.05) for name in ("false difference", "false equivalent", "any false"))


def test_the_simulation_finds_a_test_that_is_too_liberal(monkeypatch):
    """At a level of 0.1, there are twice as many false claims of equivalence."""
    monkeypatch.setattr(calibration, "_LEVEL", 0.1)
    assert not at_most(one_comparison(NOISES["normal"], 6, STUDIES, seed=7)["false equivalent"], 0.05)


def test_the_documented_rates_are_those_of_the_simulation():
    """The test computes one row, for the smallest design."""
    found = one_comparison(NOISES["tied"], 6, calibration.STUDIES)
    documented = (REPOSITORY / "docs" / "report.md").read_text().partition("| tied | 6 pairs | ")[2].split(" |")[0]
    assert documented == rate(found["false difference"])
