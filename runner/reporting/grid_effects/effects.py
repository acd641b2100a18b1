"""Effects of a grid's axes: main effects and interactions as a tidy frame."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from runner.records.design import CORRECTION_NAMES
from runner.reporting.comparison.decision import NOT_SIGNIFICANT, UNDECIDED, cannot_decide
from runner.reporting.grid_effects.complete_grids import Grid
from runner.reporting.statistics.factorial import Effect, Estimate, effects
from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.statistics.significance.holm import holm

EFFECT_COLUMNS = [
    "kind", "factor", "level", "reference", "by_factor", "by_level", "by_reference", "averaged_over", "metric",
    "dataset", "test", "n", "difference", "ci_low", "ci_high", "exact_low", "exact_high", "f_value", "p_value",
    "p_adjusted", "correction", "verdict", "reason", "at_reference", "at_reference_low", "at_reference_high",
    "at_level", "at_level_low", "at_level_high",
]  # fmt: skip
MAIN, INTERACTION = "main", "interaction"
DIFFERS = "differs"  # verdict of an omnibus test, which has no direction
LOOKS_TO_COME = "tested only after the last planned look"


def effects_frame(grids: Sequence[Grid], metric: str, pending: str = "") -> pd.DataFrame:
    """Return one row for each contrast and omnibus test of each grid: `EFFECT_COLUMNS`.

    Holm's correction covers all rows, on all data sets together.

    Args:
        metric: metric of the scores.
        pending: reason why nothing may be claimed yet, `STILL_TRAINING` or `LOOKS_TO_COME`; adjusted p values are then
            NaN.
    """
    rows = [row | {"metric": metric} for grid in grids for row in _rows(grid)]
    adjusted, least = (holm([row[name] for row in rows]) for name in ("p_value", "least"))
    for row, p_adjusted, attainable in zip(rows, adjusted, least, strict=True):
        row |= {"p_adjusted": math.nan if pending else p_adjusted, "correction": CORRECTION_NAMES["holm"]}
        row["verdict"], row["reason"] = (UNDECIDED, pending) if pending else _decision(row, attainable, len(rows))
    return pd.DataFrame(rows, columns=EFFECT_COLUMNS)


def _rows(grid: Grid) -> Iterator[dict[str, Any]]:
    for effect in effects(grid.scores):
        simple = effect.simple or (None, None)
        others = [axis.key for place, axis in enumerate(grid.axes) if place not in effect.axes]
        yield {
            "kind": MAIN if len(effect.axes) == 1 else INTERACTION,
            **_named(grid, effect),
            "averaged_over": ",".join(others),
            "dataset": grid.dataset,
            "test": effect.test,
            "n": effect.n,
            **_estimate("difference", "ci", effect.difference),
            "exact_low": effect.exact_low,
            "exact_high": effect.exact_high,
            "f_value": effect.f_value,
            "p_value": effect.p_value,
            "least": effect.least,
            "direction": effect.direction,
            **_estimate("at_reference", "at_reference", simple[0]),
            **_estimate("at_level", "at_level", simple[1]),
        }


def _named(grid: Grid, effect: Effect) -> dict[str, str]:
    """Return the factors of an effect and the compared levels; "" for missing ones."""
    names = ("factor", "level", "reference"), ("by_factor", "by_level", "by_reference")
    found = dict.fromkeys((name for part in names for name in part), "")
    for place, (axis, part) in enumerate(zip(effect.axes, names, strict=False)):
        levels = grid.axes[axis].levels
        found[part[0]] = grid.axes[axis].key
        if effect.levels:
            found |= {part[1]: levels[effect.levels[place]], part[2]: levels[0]}
    return found


def _estimate(mean: str, interval: str, estimate: Estimate | None) -> dict[str, float]:
    found = estimate or Estimate(math.nan, math.nan, math.nan)
    return {mean: found.mean, f"{interval}_low": found.low, f"{interval}_high": found.high}


def _decision(row: dict[str, Any], attainable: float, family: int) -> tuple[str, str]:
    """Return the verdict, and the reason if it is undecided.

    Args:
        attainable: the smallest adjusted p value that the design can reach.
        family: number of rows in the correction.
    """
    if not attainable < LEVEL:
        return UNDECIDED, cannot_decide(row["n"], family)
    is_omnibus = not row["level"]
    if row["p_adjusted"] < LEVEL and (is_omnibus or row["direction"]):
        return DIFFERS if is_omnibus else "higher" if row["direction"] > 0 else "lower", ""
    return UNDECIDED, NOT_SIGNIFICANT
