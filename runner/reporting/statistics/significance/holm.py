"""Holm's correction of p values, and its form for groups of comparisons."""

import math
from collections.abc import Sequence


def after_correction(name: str) -> str:
    """Describe the correction of p values in words, given its name in tables."""
    return f"adjusted by {name}"


def combined(groups: Sequence[Sequence[float]]) -> list[list[float]]:
    """Adjust p values over groups, after a step-down adjustment within each group.

    A p value is multiplied by the number of groups with comparisons that are not yet tested; the smallest p value is
    tested first. With one comparison per group, this is Holm's method; a single group keeps its p values. NaN stays NaN
    and does not count.

    Sources: Holm 1979, "A simple sequentially rejective multiple test procedure"; Goeman & Solari 2010, "The sequential
    rejection principle of familywise error control".
    """
    known = [sorted((p, place) for place, p in enumerate(group) if not math.isnan(p)) for group in groups]
    found = [[math.nan] * len(group) for group in groups]
    reached = 0.0
    while left := [number for number, group in enumerate(known) if group]:
        first = min(left, key=lambda number: known[number][0])
        p, place = known[first].pop(0)
        reached = max(reached, min(1.0, p * len(left)))
        found[first][place] = reached
    return found


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values by Holm's method; NaN stays NaN and does not count."""
    return [group[0] for group in combined([[p] for p in p_values])]
