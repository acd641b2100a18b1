"""Reading and writing of frames as CSV files."""

import io
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from runner.core.csv_cells import as_meant, inert
from runner.core.read import read_table
from runner.core.text import printable, shortened
from runner.core.write import whole_file
from runner.records.record import LARGEST


def read_frame(path: Path, texts: Collection[str] = ()) -> pd.DataFrame:
    """Read a CSV file from an untrusted source.

    Args:
        texts: columns of text, in which NA and null are names, and from which the apostrophe of an inert cell is
            removed.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is not a table; the message names the file.
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
    if not isinstance(frame.index, pd.RangeIndex):  # pandas reads surplus cells as row names
        raise ValueError(f"{path}: not a table (more cells than columns)")
    return frame.assign(
        **{name: [printable(as_meant(cell)) for cell in frame[name]] for name in texts if name in frame}
    )


def read_numbers(path: Path, *needed: str) -> pd.DataFrame:
    """Read a CSV file of numbers; finite ones must not exceed `LARGEST`.

    Args:
        needed: required columns.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is not such a table; the message names the file.
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


def write_frame(frame: pd.DataFrame | Iterable[pd.DataFrame], path: Path) -> Path:
    """Write a frame as CSV without formulas; return the path.

    Args:
        frame: one frame, or its parts from top to bottom.

    Raises:
        EnvironmentFault: if the operating system refuses to write.
    """
    # If the directory is missing, pandas raises an error without errno.
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        for number, part in enumerate([frame] if isinstance(frame, pd.DataFrame) else frame):
            without_formulas(part).to_csv(stream, index=False, header=number == 0)
    return path


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with text made inert for spreadsheets."""
    safe = frame.rename(columns=inert)
    for name in safe.select_dtypes(exclude=["number", "bool"]):
        safe[name] = safe[name].map({value: inert(value) for value in safe[name].unique()})
    return safe
