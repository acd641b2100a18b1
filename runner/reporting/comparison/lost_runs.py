"""Lost runs, and runs without a result."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from runner.reporting.metrics import TIMES_TO_TARGET

NO_RESULT = ("diverged", "pruned", "interrupted", "failed", "running")  # statuses of runs without a result


def is_lost(summary: pd.DataFrame, metric: str) -> "pd.Series[bool]":
    """Mark runs that diverged or, if the metric is the time to the target, never reached the target."""
    diverged = summary["status"] == "diverged"
    if metric not in TIMES_TO_TARGET:
        return diverged
    return diverged | ((summary["status"] == "completed") & summary[metric].isna())


def is_scored(summary: pd.DataFrame, metric: str) -> "pd.Series[bool]":
    """Mark completed runs with a value of the metric."""
    return (summary["status"] == "completed") & summary[metric].notna()


def lost_shares(summary: pd.DataFrame, metric: str, by: str | list[str]) -> "pd.Series[float]":
    """Return each group's share of lost runs among its completed and diverged runs; NaN without such runs."""
    ended = summary["status"].isin(["completed", "diverged"])
    keys = [summary[key] for key in ([by] if isinstance(by, str) else by)]
    shares: pd.Series[float] = is_lost(summary, metric).astype(float).where(ended).groupby(keys, sort=False).mean()
    return shares


def no_result_text(row: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """Describe how many of a variant's runs have no result, by status; "" if all have one."""
    return ", ".join(f"{row[status]} {status}" for status in NO_RESULT if row[status])
