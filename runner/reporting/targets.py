"""Time to target: epochs and seconds until a run reaches a value of the validation metric."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from runner.reporting.metrics import TIMES_TO_TARGET, sign_of

TARGET_COLUMNS = ["target", "reached", *TIMES_TO_TARGET]


def with_targets(summary: pd.DataFrame, history: pd.DataFrame, metric: str, target: float) -> pd.DataFrame:
    """Add to the summary the epochs and seconds of each run until the target; NaN if it never reached the target.

    Args:
        summary: one row per run.
        history: one row per run and epoch: position (of the run in the summary), the metric, and seconds, which
            include the compilation in a run's first epoch.
        metric: a validation column of the history.
        target: reached by this value or a better one.
    """
    if metric not in history:
        return summary.assign(epochs_to_target=np.nan, seconds_to_target=np.nan)
    seconds = history["seconds"] if "seconds" in history else pd.Series(np.nan, history.index)
    elapsed = seconds.groupby(history["position"]).cumsum()
    there = history.assign(elapsed=elapsed)[sign_of(metric) * (history[metric] - target) >= 0]
    first = there.groupby("position").first().reindex(range(len(summary)))
    return summary.assign(
        epochs_to_target=first["epoch"].to_numpy(float), seconds_to_target=first["elapsed"].to_numpy(float)
    )


def target_columns(runs: pd.DataFrame, target: float | None) -> dict[str, float | int | None]:
    """Return the number of a variant's completed runs that reached the target, and their median epochs and seconds.

    A run that diverged or never reached the target counts as infinitely slow; a median that falls on such a run is NaN.
    Runs that failed, were interrupted or are still training count as missing, as in comparisons.
    """
    if target is None or "epochs_to_target" not in runs:
        return dict.fromkeys(TARGET_COLUMNS)
    ended = without_lost_times(runs[runs["status"].isin(["completed", "diverged"])])
    medians = {name: ended[name].fillna(np.inf).median() for name in TIMES_TO_TARGET}
    finite = {name: value if np.isfinite(value) else math.nan for name, value in medians.items()}
    return {"target": target, "reached": int(ended["epochs_to_target"].notna().sum()), **finite}


def without_lost_times(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary without the times to target of runs that did not complete, such as diverged ones."""
    completed = summary["status"] == "completed"
    return summary.assign(**{name: summary[name].where(completed) for name in TIMES_TO_TARGET})


def usual_target(summary: pd.DataFrame, history: pd.DataFrame, baseline: str, metric: str) -> float | None:
    """Return the default target: the worst final value of the baseline's completed runs.

    All of those runs reach it. About half of them would never reach their mean.
    """
    completed = np.flatnonzero((summary["variant"] == baseline) & (summary["status"] == "completed"))
    if metric not in history:
        return None
    ends = sign_of(metric) * history.groupby("position")[metric].last().reindex(completed).dropna()
    return sign_of(metric) * float(ends.min()) if len(ends) else None


def is_time(metric: str) -> bool:
    """Return whether a metric is the time to the target."""
    return metric in TIMES_TO_TARGET


def succeeded(metric: str) -> str:
    """Return the verb for runs with a value: "completed"."""
    return "reached the target" if is_time(metric) else "completed"


def lost_how(metric: str) -> str:
    """Return the verb for runs that count as lost: "diverged"."""
    return "diverged or never reached the target" if is_time(metric) else "diverged"


def runs_with_value(row: "Mapping[Any, Any] | pd.Series[Any]", metric: str) -> int:
    """Return the number of a variant's runs with a value, from its row of the aggregate."""
    return int(row["reached" if is_time(metric) else "completed"])


def runs_lost(row: "Mapping[Any, Any] | pd.Series[Any]", metric: str) -> int:
    """Return the number of a variant's lost runs, from its row of the aggregate."""
    return int(row["diverged"] + row["completed"]) - runs_with_value(row, metric)
