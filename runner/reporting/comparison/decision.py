"""Decision of a comparison: its verdict, and the reason if it is undecided."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.records.design import CORRECTION_NAMES, Looks
from runner.reporting.metrics import p_equation, p_number, seeds_interval, sign_of
from runner.reporting.statistics.significance.attainability import LEVEL, seeds_needed
from runner.reporting.statistics.significance.names_of_tests import CORRECTED_T, NO_TEST

UNDECIDED = "undecided"  # no significant difference was shown; the reason states whether one could have been shown
NOT_SIGNIFICANT = "no significant difference"
NEITHER_SHOWN = "neither a difference nor equivalence"  # used with a margin
BETTER, WORSE, EQUIVALENT = "better", "worse", "equivalent"  # used with a margin; otherwise higher, lower
BEYOND, PERHAPS_WITHIN = "more than the margin", "perhaps within the margin"
IDENTICAL = "identical"  # a variant has the same result on both sides for every seed
_ONLY_EQUIVALENCE = "can show equivalence but no difference"  # describes a design
NO_LOOK = "no planned look has tested it yet"
OTHER_FOLDS = "fewer than two common folds, so there is no test"
LOST_FOLD = "a run diverged, and folds have no test by ranks"
STILL_TRAINING = "runs are still training"  # testing repeatedly until p is small finds differences that do not exist


def decision(row: Mapping[str, Any], tests: int, looks: Looks | None) -> tuple[str, str]:
    """Return the verdict, and the reason if it is undecided.

    Args:
        row: comparison with adjusted p values.
        tests: factor of the smallest p: the number of comparisons for Holm's method, or of kinds of test for max-T.
    """
    if not row["final"]:
        return UNDECIDED, STILL_TRAINING
    has_margin = row["margin"] is not None
    if row["test"] == NO_TEST:
        return UNDECIDED, OTHER_FOLDS
    if row["test"] == CORRECTED_T and (row["lost"] or row["baseline_lost"]):
        return UNDECIDED, LOST_FOLD
    if looks and row["family"] and math.isnan(row["p_adjusted"]):
        return UNDECIDED, NO_LOOK
    if row["p_equivalence"] < LEVEL:  # False for NaN
        return EQUIVALENT, ""
    if not row["least"] < LEVEL:
        only = has_margin and row["least_equivalence"] < LEVEL
        what = {"what": _ONLY_EQUIVALENCE} if only else {}
        kind = "joint test" if row["correction"] == CORRECTION_NAMES["max_t"] else "comparison"
        return UNDECIDED, cannot_decide(row["n"], tests, kind=kind, **what)
    if row["p_adjusted"] < LEVEL and row["direction"]:
        if not has_margin:
            return "higher" if row["direction"] > 0 else "lower", ""
        return BETTER if row["direction"] == sign_of(row["metric"]) else WORSE, ""
    return UNDECIDED, NEITHER_SHOWN if has_margin else NOT_SIGNIFICANT


def can_decide(comparison: Mapping[Any, Any]) -> bool:
    """Return whether the design (number of seeds and of comparisons) can reach significance."""
    return comparison["verdict"] != UNDECIDED or comparison["reason"] in (
        NOT_SIGNIFICANT,
        NEITHER_SHOWN,
        NO_LOOK,
        STILL_TRAINING,
        OTHER_FOLDS,
        LOST_FOLD,
    )


def shows_only_equivalence(comparison: Mapping[Any, Any]) -> bool:
    """Return whether the design can reach significance only for equivalence, which the comparison has not reached."""
    return _ONLY_EQUIVALENCE in comparison["reason"]


def outcome(comparison: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """Return the verdict as better, worse, equivalent or undecided, with or without a margin."""
    towards = {"higher": 1, "lower": -1}.get(comparison["verdict"])
    if towards is None:
        return str(comparison["verdict"])
    return BETTER if towards == sign_of(comparison["metric"]) else WORSE


def p_text(comparison: "Mapping[Any, Any] | pd.Series[Any]", name: str = "p_adjusted") -> str:
    """Format an adjusted p value, by its column; "-" if there is none or runs are still training."""
    p_value = comparison[name]
    if math.isnan(p_value) or comparison["reason"] == STILL_TRAINING:
        return "-"
    return p_number(p_value)


def short_reason(comparison: Mapping[Any, Any], unit: str = "seed") -> str:
    """Return the basis of a verdict in a few words: "p = 0.080", "too few seeds"; "" while runs are still training.

    Args:
        comparison: a row of a comparison frame.
        unit: name of one observation.
    """
    reason = comparison["reason"]
    if reason == STILL_TRAINING:
        return ""
    if comparison["lost"] and not comparison["n_completed"] and comparison["lost"] == comparison["n"]:
        return "all diverged" if not has_times(comparison) else "never reached"
    known = {NO_LOOK: "not tested yet", OTHER_FOLDS: "too few folds", LOST_FOLD: "a fold diverged"}
    if reason in known:
        return known[reason]
    if not can_decide(comparison):
        return f"too few {unit}s"
    p_value = comparison["p_equivalence" if comparison["verdict"] == EQUIVALENT else "p_adjusted"]
    return "" if math.isnan(p_value) else p_equation(p_number(p_value))


def shown_beyond(comparison: Mapping[Any, Any]) -> str:
    """Return whether a significant difference is shown to exceed the margin, in words; "" without one or the other."""
    if outcome(comparison) not in (BETTER, WORSE) or pd.isna(comparison["margin"]):
        return ""
    return BEYOND if comparison["p_beyond"] < LEVEL else PERHAPS_WITHIN


def has_times(comparison: Mapping[Any, Any]) -> bool:
    """Return whether a comparison uses the sign test of paired times."""
    return not pd.isna(comparison.get("faster", math.nan))


def has_seeds_apart(comparison: Mapping[Any, Any], seeds: Mapping[str, float]) -> bool:
    """Return whether a paired comparison excludes completed seeds that count in either side's mean.

    Args:
        comparison: a row of a comparison frame.
        seeds: number of completed seeds of each variant.
    """
    most = max(seeds[comparison["variant"]], seeds[comparison["baseline"]])
    covered = comparison["n" if has_times(comparison) else "n_completed"]
    return str(comparison["test"]).startswith("paired") and bool(covered < most)


def least_text(smallest: float) -> str:
    """Format the bound on p values: "p >= 0.0312", or "p = 1" if the smallest is 1."""
    return f"p >= {smallest:.3g}" if smallest < 1 else "p = 1"


def cannot_decide(seeds: int, tests: int, what: str = "", unit: str = "seed", kind: str = "comparison") -> str:
    """Describe a design that cannot reach significance: "6 seeds are too few for 3 comparisons (7 needed)".

    Args:
        tests: factor of the smallest p value.
        what: predicate of the seeds in the text; "": "are too few".
        kind: name of one test.
    """
    family = f" for {counted(tests, kind)}" if tests > 1 else ""
    said = what or ("is too few" if seeds == 1 else "are too few")
    return f"{counted(seeds, unit)} {said}{family} ({seeds_needed(tests)} needed)"


def may_be_these_alone(comparison: Mapping[Any, Any]) -> bool:
    """Return whether a difference or equivalence is clear on these test examples, but not on new ones.

    Args:
        comparison: a row of a comparison frame; without `TEST_SET_COLUMNS`, nothing is known about new examples.
    """
    low, high = (comparison.get(f"new_images_{end}", math.nan) for end in ("low", "high"))
    if comparison["verdict"] == EQUIVALENT:
        return bool(max(-low, high) >= comparison["margin"])
    interval = seeds_interval(comparison)
    excludes_zero = comparison[f"{interval}_low"] > 0 or comparison[f"{interval}_high"] < 0
    return bool((comparison["verdict"] != UNDECIDED or excludes_zero) and low <= 0 <= high)
