"""Time to target: epochs and seconds until a run reaches a value of the validation metric."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from runner.core.text import counted
from runner.reporting.metrics import TIMES_TO_TARGET, WARM_SECONDS, is_share, sign_of

_EASY = 5  # multiple of the best variant's final error or loss above which a target is easy
TARGET_COLUMNS = ["target", "reached", "epochs_to_target", "seconds_to_target"]


def with_targets(summary: pd.DataFrame, history: pd.DataFrame, metric: str, target: float) -> pd.DataFrame:
    """Add to the summary the epochs and seconds of each run until the target; NaN if it never reached the target.

    The first epoch of a process's first run includes compilation; later runs of the same kind in a worker do not
    compile. For `warm_seconds_to_target`, the duration of each run's first epoch is replaced with the median duration
    of its later epochs. The seconds of a single-epoch run are used as measured.

    Args:
        summary: one row per run.
        history: one row per run and epoch: position (of the run in the summary), the metric, and seconds, which
            include the compilation in a run's first epoch.
        metric: a validation column of the history.
        target: value of the metric; any better value also reaches the target.
    """
    if metric not in history:
        return summary.assign(**dict.fromkeys(TIMES_TO_TARGET, np.nan))
    seconds = history["seconds"] if "seconds" in history else pd.Series(np.nan, history.index)
    elapsed = seconds.groupby(history["position"]).cumsum()
    warm = warm_seconds(seconds, history["position"])
    there = history.assign(elapsed=elapsed, warm=warm)[sign_of(metric) * (history[metric] - target) >= 0]
    first = there.drop_duplicates("position").set_index("position").reindex(range(len(summary)))
    times = zip(TIMES_TO_TARGET, ("epoch", "elapsed", "warm"), strict=True)
    return summary.assign(**{name: first[column].to_numpy(float) for name, column in times})


def warm_seconds(seconds: "pd.Series[float]", position: "pd.Series[int]") -> "pd.Series[float]":
    """Return each run's seconds until the end of each epoch; the median of the later epochs replaces the first epoch.

    Args:
        seconds: duration of each epoch.
        position: position of the run of each epoch.
    """
    is_first = ~position.duplicated()
    usual = seconds.mask(is_first).groupby(position).transform("median")
    return seconds.mask(is_first & usual.notna(), usual).groupby(position).cumsum()


def with_compilation(summary: pd.DataFrame, metric: str) -> list[str]:
    """Warn about runs with a single epoch, whose "seconds without compilation" include compilation."""
    if metric != WARM_SECONDS or not (single := int((summary["epochs"] == 1).sum())):
        return []
    text = "a single epoch, whose time may include compilation; later epochs would show the time without it"
    return [f"{counted(single, 'run')} trained {text}."]


def target_columns(
    summary: pd.DataFrame, variants: Mapping[str, Sequence[int]], target: float | None
) -> dict[str, dict[str, float | int | None]]:
    """Return the number of each variant's completed runs that reached the target, and the median epochs and seconds.

    A run that diverged or never reached the target counts as infinitely slow; a median that falls on such a run is NaN.
    As in comparisons, runs that failed, were interrupted or are still training count as missing.

    Args:
        summary: one row per run; with a target, the columns of `with_targets`.
        variants: positions of each variant's runs.
    """
    if target is None or "epochs_to_target" not in summary:
        return {variant: dict.fromkeys([*TARGET_COLUMNS, WARM_SECONDS]) for variant in variants}
    ended = summary["status"].isin(["completed", "diverged"]).to_numpy(bool)
    times = without_lost_times(summary)
    columns = {name: times[name].fillna(np.inf).to_numpy(float) for name in TIMES_TO_TARGET}
    found: dict[str, dict[str, float | int | None]] = {}
    for variant, places in variants.items():
        own = [place for place in places if ended[place]]
        medians = {name: float(np.median(column[own])) if len(own) else math.nan for name, column in columns.items()}
        finite = {name: value if math.isfinite(value) else math.nan for name, value in medians.items()}
        reached = int(np.isfinite(columns["epochs_to_target"][own]).sum())
        found[variant] = {"target": target, "reached": reached, **finite}
    return found


def without_lost_times(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary without the times to target of runs that did not complete, such as diverged runs."""
    completed = summary["status"] == "completed"
    return summary.assign(**{name: summary[name].where(completed) for name in TIMES_TO_TARGET})


def usual_target(summary: pd.DataFrame, history: pd.DataFrame, baseline: str, metric: str) -> float | None:
    """Return the default target: the worst final value of the baseline's completed runs.

    All of these runs reach it, while about half of them would never reach their mean.
    """
    ends = sign_of(metric) * _final_values(summary, history, baseline, metric)
    return sign_of(metric) * float(ends.min()) if len(ends) else None


def is_easy(target: float, final: float, metric: str) -> bool:
    """Return whether a target is far worse than a final value; accuracies are compared by their errors."""
    if not (is_share(metric) or sign_of(metric) < 0):
        return False
    asked, reached = (1 - value if sign_of(metric) > 0 else value for value in (target, final))
    return asked > _EASY * reached > 0


def usual_final(summary: pd.DataFrame, history: pd.DataFrame, variant: str, metric: str) -> float | None:
    """Return the mean final value of a variant's completed runs; None if there are none."""
    ends = _final_values(summary, history, variant, metric)
    return float(ends.mean()) if len(ends) else None


def _final_values(summary: pd.DataFrame, history: pd.DataFrame, variant: str, metric: str) -> "pd.Series[float]":
    """Return the final values of a variant's completed runs."""
    completed = np.flatnonzero((summary["variant"] == variant) & (summary["status"] == "completed"))
    if metric not in history:
        return pd.Series(dtype=float)
    return history.groupby("position")[metric].last().reindex(completed).dropna()


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
