"""Choice of a report's metric, and of thresholds in its unit, from the user's options and the plan."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from runner.core.errors import UserError
from runner.core.text import did_you_mean
from runner.reporting.metrics import TIMES_TO_TARGET, USUAL_METRICS, has_direction, is_share, percent_hint

WITHOUT_PENALTY = {"test_loss": "test_negative_log_likelihood"}  # reported instead of a study's own metric


def in_unit(flag: str, margin: float, metric: str) -> float:
    """Validate and return a threshold given by a user: a margin, a region of equivalence or a difference.

    Raises:
        UserError: if it is not above 0 or, for a proportion, if it is above 1.
    """
    if not 0 < margin < math.inf:
        raise UserError(f"{flag} {margin:g}: must be a number above 0, in the unit of {metric}; omit it for none")
    if margin > 1 and is_share(metric):
        unit = "0.001 is 0.1 percentage points"
        raise UserError(f"{flag} {margin:g}: {metric} is a proportion between 0 and 1 ({unit}){percent_hint(margin)}")
    return margin


def metric_of(
    summary: pd.DataFrame, wished: str | None, asked: str | None, times: Sequence[str] = TIMES_TO_TARGET
) -> str:
    """Return the metric of the comparison: the user's, else the plan's primary metric, else the first one measured.

    Args:
        summary: one row per run.
        asked: the metric given by the plan's question.
        times: additional metrics that an error message may suggest.

    Raises:
        UserError: if the summary has no such metric, or if neither higher nor lower values are better.
    """
    if wished is None:
        wanted = (WITHOUT_PENALTY.get(str(asked)), asked, *USUAL_METRICS)
        known = [name for name in wanted if name in summary and _has_numbers(summary[name])]
        return str(known[0]) if known else USUAL_METRICS[0]
    numbers = [str(key) for key in summary if pd.api.types.is_numeric_dtype(summary[key])]
    if wished in numbers and not has_direction(wished):
        raise UserError(f"--metric {wished}: neither higher nor lower values are better, so it cannot rank variants")
    if wished not in numbers:
        allowed = [*filter(has_direction, numbers), *times]
        raise UserError(f"--metric {wished}: no such metric in summary.csv{did_you_mean(wished, allowed)}")
    return wished


def _has_numbers(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and bool(column.notna().any())
