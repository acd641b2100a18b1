"""A reduced version of `make calibration-effects`."""

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.factorial import effects
from tests.benchmarks import calibration_effects
from tests.benchmarks.calibration import NOISES, holm, rate
from tests.benchmarks.calibration_effects import effects_of, omnibus, row
from tests.imports import REPOSITORY

STUDIES = 1_000


def at_most(events, rate):
    """Return whether a rate is not significantly above a bound, at a level of 0.001."""
    return stats.binomtest(int(events.sum()), len(events), rate, alternative="greater").pvalue > 0.001


@pytest.mark.parametrize("levels", [2, 3])
def test_the_simulated_tests_are_those_of_the_report(levels):
    scores = NOISES["normal"](np.random.default_rng(1), (3, 8, 2, levels))
    scores[:, :, 1, -1] += 3
    found = effects_of(scores)
    assert found.interactions == {2: 1, 3: 3}[levels]
    np.testing.assert_allclose(found.adjusted, holm(found.p_values))
    for study, own in enumerate(scores):
        rows = [*effects(own)]
        np.testing.assert_allclose(found.p_values[study], [one.p_value for one in rows])
        difference = rows[-1].difference
        assert found.t_covers[study] == (difference.low <= 0 <= difference.high)
        assert found.exact_covers[study] == (rows[-1].exact_low <= 0 <= rows[-1].exact_high)


@pytest.mark.parametrize("noise", [name for name in NOISES if name != "skewed down"])
def test_claims_are_false_in_5_percent_of_grids_at_most_and_an_interaction_is_found(noise):
    found = row(NOISES[noise], (8, 2, 2), STUDIES)
    for name in ("any false claim", "false interaction"):
        assert at_most(found[name], 0.05)
    assert at_most(~found["exact covers"], 0.05)
    assert found["contrast found"].mean() > 0.5


def test_omnibus_tests_keep_their_level_and_one_of_20_percent_would_not(monkeypatch):
    monkeypatch.setattr(calibration_effects, "SAMPLES", 199)
    scores = NOISES["skewed up"](np.random.default_rng(3), (STUDIES, 8, 2, 3))
    for means in (scores.mean(axis=2)[:, :, None], scores):
        p_values = omnibus(means)
        assert at_most(p_values < 0.05, 0.05)
        assert not at_most(p_values < 0.2, 0.05)


def test_the_documented_rates_are_those_of_the_simulation():
    """The test computes one row, for the smallest grid."""
    found = row(NOISES["tied"], (8, 2, 2), calibration_effects.STUDIES)
    documented = (REPOSITORY / "docs" / "report.md").read_text().partition("| tied | 2 x 2, 8 seeds | ")[2]
    assert documented.split(" |")[0] == rate(found["any false claim"])
