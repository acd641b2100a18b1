"""Folds of cross-validation in a report: the unit of observation, and runs that must not be mixed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from runner.core.errors import UserError
from runner.core.text import counted
from runner.reporting.statistics.significance.names_of_tests import CORRECTED_T, NO_TEST
from runner.reporting.statistics.significance.overlap import overlap_of


def units_of(summary: pd.DataFrame) -> "pd.Series[Any]":
    """Return the unit of observation of each run: the examples of its fold, or its seed without cross-validation.

    Args:
        summary: one row per run: seed and, for cross-validation, held_out.
    """
    if "held_out" not in summary:
        return summary["seed"]
    return summary["held_out"].where(summary["held_out"].notna(), summary["seed"])


def folds_of(summary: pd.DataFrame) -> int | None:
    """Return the number of folds of cross-validated runs; None without folds, and 0 if the numbers differ."""
    if "folds" not in summary:
        return None
    begun = summary.loc[~summary["status"].isin(["failed", "interrupted"]), "folds"]  # others may have no recorded data
    if begun.isna().all():
        return None
    return int(begun.iloc[0]) if begun.eq(begun.iloc[0]).all() else 0


@dataclass(frozen=True)
class Unit:
    """The unit of observation of a variant, for wording and intervals."""

    noun: str = "seed"
    overlap: float = 0.0  # n_test / n_train of folds; NaN if runs share observations, so that no common interval exists


SEEDS = Unit()


def unit_of(summary: pd.DataFrame) -> Unit:
    """Return the unit of runs: seeds or, with cross-validation, folds.

    Args:
        summary: one row per run: variant, seed, status and, for cross-validation, folds and held_out.
    """
    if not (folds := folds_of(summary)):
        return SEEDS
    known = summary[summary["held_out"].notna()]  # a run that failed early has no recorded fold
    is_shared = known.duplicated(["variant", "held_out"]).any()
    return Unit("fold", math.nan if is_shared else overlap_of(folds))


def refuse_mixed_folds(summary: pd.DataFrame) -> None:
    """Raise UserError if the runs differ in their number of folds, or if only some of them are cross-validated."""
    if folds_of(summary) == 0:
        numbers = summary["folds"].astype("Int64")
        kinds = " and ".join("no folds" if pd.isna(one) else counted(one, "fold") for one in numbers.unique())
        raise UserError(
            f"these runs have {kinds}, so they were tested on different examples; give only runs of one kind"
        )


def folds_text(summary: pd.DataFrame) -> str:
    """Describe the cross-validation: "5-fold cross-validation, repeated 3 times"; "" without folds."""
    if not (folds := folds_of(summary)):
        return ""
    held_out = summary["held_out"].groupby(summary["dataset"]).nunique().max()
    times = -(-int(held_out) // folds)
    return f"{folds}-fold cross-validation" + f", repeated {times} times" * (times > 1)


def unit_noun(comparison: Mapping[Any, Any]) -> str:
    """Return the noun for a comparison's unit: `fold` or `seed`."""
    return "fold" if comparison["test"] in (CORRECTED_T, NO_TEST) else "seed"
