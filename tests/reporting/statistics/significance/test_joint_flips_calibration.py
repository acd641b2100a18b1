"""A reduced version of `make calibration-families`."""

import numpy as np
import pytest
from scipy import stats

from tests.benchmarks import calibration_families
from tests.benchmarks.calibration_families import one_look, over_datasets, several_looks, with_best, with_margin

STUDIES = 250


def is_at_most_5_percent(events: np.ndarray) -> bool:
    return stats.binomtest(int(events.sum()), len(events), 0.05, "greater").pvalue > 0.01


@pytest.mark.parametrize("spread", ["alike", "one variant 10 times as large"])
def test_max_t_keeps_its_level_and_has_more_power_than_holm(spread):
    found = one_look(spread, "normal", STUDIES)
    assert is_at_most_5_percent(found["false, max-T"])
    assert found["power, max-T"].mean() > found["power, Holm"].mean() + 0.05


def test_over_data_sets_max_t_keeps_its_level_and_a_precise_one_its_power():
    found = over_datasets("normal", 100)
    assert is_at_most_5_percent(found["false, max-T"])
    assert found["power, max-T"].mean() > found["power, max-T on one scale"].mean() + 0.2


def test_of_equal_variants_one_rarely_lacks_a_star_if_p_is_adjusted():
    """The best is chosen by the same scores, so slightly more than 5% of the studies are wrong."""
    found = with_best(8, "normal", STUDIES)
    assert found["false, adjusted"].mean() < 0.12
    assert found["false, not adjusted"].mean() > 0.25


def test_with_a_margin_every_kind_of_claim_is_false_in_5_percent_of_studies_at_most():
    found = with_margin("normal", STUDIES)
    assert all(is_at_most_5_percent(found[claim]) for claim in ("difference", "equivalent", "beyond"))


def test_looks_keep_the_level_if_they_are_planned(monkeypatch):
    monkeypatch.setattr(calibration_families, "SIZES", [4, 6, 8])
    found = several_looks("normal", 40)
    assert all(is_at_most_5_percent(found[f"false, {spending}"]) for spending in ("pocock", "obrien_fleming"))
    for spending in ("pocock", "obrien_fleming"):  # boundaries allow no additional claims
        assert (found[f"false, {spending}"] <= found["false, not planned"]).all()
