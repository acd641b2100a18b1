"""Adjustment of the p values of a report's comparisons, and of the smallest p values that their designs can reach."""

import math
from collections.abc import Mapping
from typing import Any

from runner.records.design import CORRECTION_NAMES, Correction, Looks
from runner.reporting.statistics.power import POWER, detectable_by_t, detectable_of
from runner.reporting.statistics.significance.attainability import (
    FEWEST_FOLDS,
    FEWEST_SEEDS,
    smallest_equivalence_p,
    smallest_p,
)
from runner.reporting.statistics.significance.holm import combined, holm
from runner.reporting.statistics.significance.joint_flips import adjusted
from runner.reporting.statistics.significance.names_of_tests import CORRECTED_T


def fewest(comparison: Mapping[Any, Any]) -> int:
    """Return the smallest number of seeds, or of folds, with which a comparison can be significant."""
    return FEWEST_FOLDS if comparison["test"] == CORRECTED_T else FEWEST_SEEDS


def groups_of(rows: list[dict[str, Any]], correction: Correction) -> list[list[dict[str, Any]]]:
    """Return the rows with enough seeds or folds, in groups that are tested jointly."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for place, row in enumerate(row for row in rows if row["n"] >= fewest(row)):
        kind = row["test"].partition(",")[0] if row["joint"] and correction == "max_t" else place
        groups.setdefault(kind, []).append(row)
    return [*groups.values()]


def adjust(
    rows: list[dict[str, Any]], groups: list[list[dict[str, Any]]], correction: Correction, looks: Looks | None
) -> None:
    """Adjust the p values of the rows in groups, and the smallest p values that their designs can reach."""
    family = [row for group in groups for row in group]
    for row in rows:
        row["family"] = len(family) if row["n"] >= fewest(row) else 0
        row["correction"] = CORRECTION_NAMES[correction]
        row["least"] = smallest_p(row["n"], 1) if row["joint"] else 0.0
        row["least_equivalence"] = smallest_equivalence_p(row["n"], 1) if row["joint"] else 0.0
    found: dict[str, list[list[float]]] = {}
    for name, claim in (("p_adjusted", "p_value"), ("p_equivalence", "p_equivalence"), ("p_beyond", "p_beyond")):
        found[name] = combined([_within(group, claim, looks) for group in groups])
    for name in ("least", "least_equivalence"):
        found[name] = combined([[row[name] for row in group] for group in groups])
    for row in rows:
        row |= dict.fromkeys((*found, "p_holm"), math.nan)
    for row, p_holm in zip(family, holm([row["p_value"] for row in family]), strict=True):
        row["p_holm"] = p_holm
    for name, values in found.items():
        for group, of_group in zip(groups, values, strict=True):
            for row, value in zip(group, of_group, strict=True):
                row[name] = value


def _within(group: list[dict[str, Any]], claim: str, looks: Looks | None) -> list[float]:
    """Return the p values of a claim, adjusted within a group of comparisons that are tested jointly."""
    alone = [row[claim] for row in group]
    if not group[0]["joint"]:
        return alone if looks is None or group[0]["looks"] == len(looks.sizes) else [math.nan]
    if math.isnan(alone[0]) or (looks is None and len(group) == 1):
        return alone
    sides = [row["joint"][claim] for row in group]
    found = adjusted(sides, shifted=claim != "p_value", both=claim == "p_equivalence", looks=looks)
    return found if looks else [max(pair) for pair in zip(found, alone, strict=True)]


def add_detectable(group: list[dict[str, Any]], level: float, looks: Looks | None) -> None:
    """Add the smallest true difference that each comparison could have shown if all pairs had completed."""
    for row in group:
        if row["test"] == CORRECTED_T:
            row["detectable"] = detectable_by_t((row["ci_high"] - row["ci_low"]) / 2, row["n"], level, POWER)
    tested = [row for row in group if row["joint"] and row["joint"]["p_value"].looks]
    if tested and tested[0]["test"].startswith("paired sign-flip"):
        differences = [row["joint"]["p_value"].looks[-1][0] for row in tested]
        datasets = [row["joint"]["p_value"].dataset for row in tested]
        for row, smallest in zip(tested, detectable_of(differences, level, looks, datasets), strict=True):
            row["detectable"] = smallest
