"""Frames of runs, and frames as files."""

import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from runner.core.cells import as_meant, inert
from runner.core.read import read_table
from runner.core.text import printable, shortened
from runner.core.write import whole_file
from runner.records.record import LARGEST
from runner.reporting.collect import Run


def summary_frame(runs: Sequence[Run], labels: Sequence[str]) -> pd.DataFrame:
    """Return one row a run: the columns of its summary under its label, and a column for every override of any run."""
    frame = pd.DataFrame([run.record.summary() for run in runs])
    return frame.assign(variant=list(labels))


def history_frame(runs: Sequence[Run], labels: Sequence[str]) -> pd.DataFrame:
    """Return one row a run and epoch: position (of the run), run_id, variant, seed, then the histories' columns."""
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


def read_frame(path: Path, texts: Collection[str] = ()) -> pd.DataFrame:
    """Read a CSV file that may be anybody's.

    Args:
        texts: columns of text, in which NA and null are names, and what was made inert is as it was meant.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is no table, with its name.
    """
    try:
        table = read_table(path)
        columns = [str(column) for column in pd.read_csv(io.BytesIO(table), nrows=0)]
        missing: Any = {column: [""] for column in columns if column not in texts} if texts else None
        frame: pd.DataFrame = pd.read_csv(
            io.BytesIO(table),
            low_memory=False,
            dtype=dict.fromkeys({*texts} & {*columns}, object),
            na_values=missing,
            keep_default_na=not texts,
        )
    except ValueError as error:
        raise ValueError(f"{path}: not a table ({shortened(str(error))})") from error
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes cells beyond the last column's for names of rows
        raise ValueError(f"{path}: not a table (more cells than columns)")
    return frame.assign(
        **{name: [printable(as_meant(cell)) for cell in frame[name]] for name in texts if name in frame}
    )


def read_numbers(path: Path, *needed: str) -> pd.DataFrame:
    """Read a CSV file of numbers alone, none of them beyond `LARGEST` but infinity.

    Args:
        needed: columns that it must have.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is no such table, with its name.
    """
    frame = read_frame(path)
    try:
        frame = frame.astype(float)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: not a table of numbers ({shortened(str(error))})") from error
    if missing := [column for column in needed if column not in frame]:
        raise ValueError(f"{path}: has no column {missing[0]}")
    if (frame.abs().gt(LARGEST) & frame.abs().ne(float("inf"))).any(axis=None):
        raise ValueError(f"{path}: holds numbers beyond {LARGEST:g}")
    return frame


def write_frame(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame as CSV, in which no cell is a formula; return the path.

    Raises:
        EnvironmentFault: if the machine refuses.
    """
    safe = frame.rename(columns=inert)
    for name in safe.select_dtypes(exclude=["number", "bool"]):
        safe[name] = safe[name].map({value: inert(value) for value in safe[name].unique()})
    # pandas, given a path, tells of a directory that is gone by an error without its number.
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        safe.to_csv(stream, index=False)
    return path
