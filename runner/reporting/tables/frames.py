"""Frames of runs: one row per run, or one per run and epoch."""

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from runner.reporting.collection.collect import Run


def summary_frame(runs: Sequence[Run], labels: Sequence[str]) -> pd.DataFrame:
    """Return one row per run: its label, its summary, and a column for every key that some run overrides."""
    frame = pd.DataFrame([run.record.summary() for run in runs])
    return frame.assign(variant=list(labels))


def as_read(frame: pd.DataFrame, settings: Collection[str]) -> pd.DataFrame:
    """Return a frame of runs with the types that pandas infers for its CSV file; other text stays text.

    Args:
        settings: columns of command-line values, which may be numbers, true or false.
    """
    columns = {name: _typed(frame[name]) if name in settings else frame[name] for name in frame}
    return pd.DataFrame(
        {name: column.astype(float) if column.isna().all() else column for name, column in columns.items()},
        index=frame.index,
    )


def _typed(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if column.dropna().isin(["true", "false"]).all():
        return column.map({"true": True, "false": False})
    try:
        return pd.to_numeric(column)
    except ValueError:
        return column


def history_frame(runs: Sequence[Run], labels: Sequence[str]) -> pd.DataFrame:
    """Return one row per run and epoch: position (of the run), run_id, variant, seed, then the history's columns."""
    columns = ["position", "run_id", "variant", "seed", "epoch"]
    lengths = [len(run.history) for run in runs]
    frame = pd.DataFrame([row for run in runs for row in run.history])
    if frame.empty:
        return pd.DataFrame(columns=columns)
    owners = pd.DataFrame(
        {
            "position": range(len(runs)),
            "run_id": [run.record.run_id for run in runs],
            "variant": list(labels),
            "seed": [run.record.seed for run in runs],
        }
    )
    owners = owners.loc[owners.index.repeat(lengths)].reset_index(drop=True)
    return pd.concat([owners, frame.astype({"epoch": int})], axis="columns")
