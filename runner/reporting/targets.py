"""How soon a training gets as far as a target."""

import math

import numpy as np
import pandas as pd

from runner.reporting.direction import sign_of

TARGET_COLUMNS = ["target", "reached", "epochs_to_target", "seconds_to_target"]


def with_targets(summary: pd.DataFrame, history: pd.DataFrame, metric: str, target: float) -> pd.DataFrame:
    """Return the summary with the epochs and seconds each run took to its first epoch at the target; NaN if never.

    Args:
        summary: one row a run.
        history: one row a run and epoch, with the run's position in the summary, the metric, and seconds.
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
    """Return how many of a variant's runs reached the target, and the medians of their epochs and seconds.

    A run that never did counts as infinitely slow: where that is the median, there is none. One that is still training
    does not count.
    """
    if target is None or "epochs_to_target" not in runs:
        return dict.fromkeys(TARGET_COLUMNS)
    ended = runs[runs["status"] != "running"]
    medians = {name: ended[name].fillna(np.inf).median() for name in ("epochs_to_target", "seconds_to_target")}
    finite = {name: value if np.isfinite(value) else math.nan for name, value in medians.items()}
    return {"target": target, "reached": int(ended["epochs_to_target"].notna().sum()), **finite}


def usual_target(summary: pd.DataFrame, baseline: str, metric: str) -> float | None:
    """Return what the baseline reaches at its end, in the mean: the target where none is given."""
    values = summary.loc[(summary["variant"] == baseline) & (summary["status"] == "completed"), metric].dropna()
    return float(values.mean()) if len(values) else None
