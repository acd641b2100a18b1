import math

import numpy as np
import pytest

from runner.reporting.comparison.decision import STILL_TRAINING
from runner.reporting.figures.drawing.axes import Axis
from runner.reporting.grid_effects.complete_grids import Grid
from runner.reporting.grid_effects.effects import EFFECT_COLUMNS, LOOKS_TO_COME, effects_frame
from runner.reporting.statistics.significance.holm import holm

RATE = "optimizer.learning_rate"


def grid(seeds=8, dataset="mnist", rates=("0.01", "0.3"), seed=0):
    """A grid in which momentum gains 0.2 at the first rate and loses 0.2 at the last."""
    scores = np.random.default_rng(seed).normal(0.5, 0.01, (seeds, 2, len(rates)))
    scores[:, 1, 0] += 0.2
    scores[:, 1, -1] -= 0.2
    return Grid(dataset, [Axis("optimizer.momentum", ["0", "0.9"]), Axis(RATE, [*rates])], scores)


def frame_of(*grids, pending=""):
    return effects_frame(grids, "test_accuracy", pending)


def test_each_effect_has_a_row_with_its_factors_and_levels():
    found = frame_of(grid())
    assert list(found) == EFFECT_COLUMNS
    named = found[["kind", "factor", "level", "reference", "by_factor", "by_level", "by_reference", "averaged_over"]]
    assert named.to_numpy().tolist() == [
        ["main", "optimizer.momentum", "0.9", "0", "", "", "", RATE],
        ["main", RATE, "0.3", "0.01", "", "", "", "optimizer.momentum"],
        ["interaction", "optimizer.momentum", "0.9", "0", RATE, "0.3", "0.01", ""],
    ]
    crossed = found.iloc[2]
    assert crossed["difference"] == pytest.approx(crossed["at_level"] - crossed["at_reference"])
    assert crossed["difference"] == pytest.approx(-0.4, abs=0.02)
    for interval in ("ci", "exact"):
        assert crossed[f"{interval}_low"] < crossed["difference"] < crossed[f"{interval}_high"] < 0
    assert (crossed["n"], crossed["p_value"], crossed["verdict"]) == (8, 2 / 2**8, "lower")
    assert crossed["at_level_low"] < crossed["at_level"] < crossed["at_level_high"] < 0 < crossed["at_reference_low"]


def test_an_omnibus_row_has_no_levels_and_no_difference():
    found = frame_of(grid(rates=("0.01", "0.1", "0.3")))
    omnibus = found[found["level"] == ""]
    assert omnibus[["kind", "factor", "by_factor"]].to_numpy().tolist() == [
        ["main", RATE, ""],
        ["interaction", "optimizer.momentum", RATE],
    ]
    assert omnibus["difference"].isna().all()
    assert found["f_value"].notna().tolist() == (found["level"] == "").tolist()
    assert omnibus["verdict"].iloc[1] == "differs"


def test_holms_correction_covers_all_rows_of_all_data_sets():
    found = frame_of(grid(), grid(dataset="digits", seed=1))
    assert found["dataset"].tolist() == ["mnist"] * 3 + ["digits"] * 3
    assert found["p_adjusted"].tolist() == holm(found["p_value"].tolist())
    assert set(found["correction"]) == {"Holm"}


def test_seeds_that_cannot_decide_decide_nothing():
    found = frame_of(grid(seeds=6))
    assert set(found["reason"]) == {"6 seeds are too few for 3 comparisons (7 needed)"}
    assert set(found["verdict"]) == {"undecided"}
    assert found["ci_low"].notna().all()
    assert frame_of(grid(seeds=7)).iloc[2]["verdict"] == "lower"


def test_no_difference_is_none():
    scores = np.random.default_rng(3).normal(0.5, 0.01, (8, 2, 2))
    found = frame_of(Grid("mnist", grid().axes, scores))
    assert set(found["reason"]) == {"no significant difference"}


@pytest.mark.parametrize("pending", [STILL_TRAINING, LOOKS_TO_COME])
def test_before_the_end_of_the_plan_nothing_is_claimed(pending):
    found = frame_of(grid(), pending=pending)
    assert set(found["verdict"] + ", " + found["reason"]) == {f"undecided, {pending}"}
    assert found["p_adjusted"].isna().all()


def test_equal_seeds_have_no_interval_but_a_p_value():
    scores = np.tile([[0.5, 0.7], [0.75, 0.7]], (8, 1, 1))
    crossed = frame_of(Grid("mnist", grid().axes, scores)).iloc[2]
    assert math.isnan(crossed["ci_low"])
    assert (crossed["p_value"], crossed["verdict"]) == (2 / 2**8, "lower")
