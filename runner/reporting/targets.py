"""How soon a training gets as far as a target."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from runner.reporting.metrics import TIMES_TO_TARGET, sign_of

TARGET_COLUMNS = ["target", "reached", *TIMES_TO_TARGET]


def with_targets(summary: pd.DataFrame, history: pd.DataFrame, metric: str, target: float) -> pd.DataFrame:
    """Return the summary with the epochs and seconds each run took to its first epoch at the target; NaN if never.

    Args:
        summary: one row a run.
        history: one row a run and epoch, with the run's position in the summary, the metric, and seconds; those of a
            run's first epoch hold the compilation.
        metric: a column of the history, of the validation set.
        target: from there on (for a loss: from there down) it is reached.
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
    """Return how many of a variant's completed runs reached the target, and the medians of the epochs and seconds.

    A run that never did, or diverged, counts as infinitely slow: where that is the median, there is none. One that
    failed, was interrupted or is still training is missing, as it is in a comparison.
    """
    if target is None or "epochs_to_target" not in runs:
        return dict.fromkeys(TARGET_COLUMNS)
    ended = without_lost_times(runs[runs["status"].isin(["completed", "diverged"])])
    medians = {name: ended[name].fillna(np.inf).median() for name in TIMES_TO_TARGET}
    finite = {name: value if np.isfinite(value) else math.nan for name, value in medians.items()}
    return {"target": target, "reached": int(ended["epochs_to_target"].notna().sum()), **finite}


def without_lost_times(summary: pd.DataFrame) -> pd.DataFrame:
    """Return a summary in which only completed runs have a time to the target: one that then diverged lost it."""
    completed = summary["status"] == "completed"
    return summary.assign(**{name: summary[name].where(completed) for name in TIMES_TO_TARGET})


def usual_target(summary: pd.DataFrame, history: pd.DataFrame, baseline: str, metric: str) -> float | None:
    """Return the worst value that a completed run of the baseline ends with: the target where none is given.

    All of them reach it. The mean is what about half of them never get to.
    """
    completed = np.flatnonzero((summary["variant"] == baseline) & (summary["status"] == "completed"))
    if metric not in history:
        return None
    ends = sign_of(metric) * history.groupby("position")[metric].last().reindex(completed).dropna()
    return sign_of(metric) * float(ends.min()) if len(ends) else None


def is_time(metric: str) -> bool:
    """Say whether a metric is the time to the target, which a run that never reached it has not."""
    return metric in TIMES_TO_TARGET


def succeeded(metric: str) -> str:
    """Return what the runs did that have a value: "completed"."""
    return "reached the target" if is_time(metric) else "completed"


def lost_how(metric: str) -> str:
    """Return what the runs did that lost: "diverged"."""
    return "diverged or never reached the target" if is_time(metric) else "diverged"


def runs_with_value(row: "Mapping[Any, Any] | pd.Series[Any]", metric: str) -> int:
    """Return how many runs of a variant have a value, from its row of the aggregate."""
    return int(row["reached" if is_time(metric) else "completed"])


def runs_lost(row: "Mapping[Any, Any] | pd.Series[Any]", metric: str) -> int:
    """Return how many runs of a variant lost, from its row of the aggregate."""
    return int(row["diverged"] + row["completed"]) - runs_with_value(row, metric)
