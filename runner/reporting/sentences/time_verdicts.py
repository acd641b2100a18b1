"""Sentences on paired times to a target: the faster variant, the median difference, and the number of seeds."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from runner.core.text import counted
from runner.reporting.comparison.decision import BETTER, STILL_TRAINING, WORSE, can_decide, has_times, outcome
from runner.reporting.metrics import seeds_interval, shown_unit
from runner.reporting.sentences.claim import Claim
from runner.reporting.targets import runs_lost

_SOONER = {BETTER: "sooner", WORSE: "later"}
_Row = Mapping[Any, Any]  # a row of a frame


def shown_estimate(found: _Row) -> tuple[str, str]:
    """Return the columns of a comparison to display: its difference, and the prefix of its interval."""
    return ("median_difference", "median") if has_times(found) else ("difference", seeds_interval(found))


def claim_on_times(found: _Row, goal: str) -> Claim:
    """Return the claim of a significant difference: "reaches a validation accuracy of 97.00% sooner than sgd".

    Args:
        goal: the target in words; "" if unknown.
    """
    return Claim("", f"reaches {_named(goal)} {_SOONER[outcome(found)]}", f"than {found['baseline']}")


def about_times(goal: str) -> str:
    """Return the subject of the comparison: "in the time to a validation accuracy of 97.00%"."""
    return f"in the time to {_named(goal)}"


def difference_of_times(found: _Row) -> str:
    """Return the median difference: "2 epochs fewer"; "" if there is none or it is infinite."""
    value, metric = found["median_difference"], found["metric"]
    if not math.isfinite(value):
        return ""
    amount = _amount(abs(value), metric)
    unit = shown_unit(metric).removesuffix("s" if amount == "1" else "")
    return f"{amount} {unit}{f' {_direction(value, metric)}' if value else ''}"


def evidence_on_times(found: _Row, rows: Mapping[str, _Row], p_values: str, comparisons: int) -> Iterator[str]:
    """Yield the evidence of a comparison of paired times.

    Args:
        rows: rows of the aggregate, by variant.
        p_values: p values of the claim, in words.
        comparisons: number of comparisons in the report.
    """
    median = found["median_difference"]
    if not math.isnan(median):
        yield "median unbounded" if math.isinf(median) else "median"
    if found["reason"] == STILL_TRAINING:
        return
    if can_decide(found):
        ends = found["median_low"], found["median_high"]
        if not math.isnan(ends[0]) and any(map(math.isfinite, (median, *ends))):
            alone = " for this look alone" if found["looks"] else ""
            yield f"95% CI {_interval(found)}{alone}{', unadjusted' if comparisons > 1 else ''}"
        if not math.isnan(found["p_adjusted"]):
            yield f"{p_values}, paired sign test"
    yield f"sooner in {found['faster']} and later in {found['slower']} of {counted(found['n'], 'seed')}"
    sides = [rows[found[side]] for side in ("variant", "baseline")]
    if missed := [text for row in sides if (text := _missed(row))]:
        how = "diverged or missed the target" if any(row["diverged"] for row in sides) else "missed the target"
        yield f"{' and '.join(missed)} {how}"


def _missed(row: _Row) -> str:
    lost, ended = runs_lost(row, row["metric"]), int(row["completed"] + row["diverged"])
    return f"{lost} of {counted(ended, 'run')} of {row['variant']}" if lost else ""


def _named(goal: str) -> str:
    return f"a {goal}" if goal else "the target"


def _direction(value: float, metric: str) -> str:
    return "more" if value > 0 else "fewer" if shown_unit(metric) == "epochs" else "less"


def _amount(value: float, metric: str, sign: str = "") -> str:
    if math.isinf(value):
        return f"{'+' if value > 0 else '-'}infinity" if sign else "unbounded"
    return f"{value:{sign if value else ''}{'g' if shown_unit(metric) == 'epochs' else '.2f'}}"


def _interval(found: _Row) -> str:
    """Format the interval of the median, in the direction of the difference or, without a direction, with signs."""
    low, high, metric = found["median_low"], found["median_high"], found["metric"]
    if math.isinf(low) and math.isinf(high):
        return "unbounded"
    if low < 0 < high or not difference_of_times(found) or not found["median_difference"]:
        return f"{_amount(low, metric, '+')} to {_amount(high, metric, '+')}"
    return " to ".join(_amount(end, metric) for end in sorted((abs(low), abs(high))))
