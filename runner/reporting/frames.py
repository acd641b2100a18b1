"""Frames as files."""

from pathlib import Path

import pandas as pd

from runner.records.atomic import inert, whole_file


def write_frame(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame as CSV, in which no cell is a formula; return the path."""
    safe = frame.rename(columns=inert)
    for name in safe.select_dtypes(exclude=["number", "bool"]):
        safe[name] = safe[name].map({value: inert(value) for value in safe[name].unique()})
    with whole_file(path) as temporary:
        safe.to_csv(temporary, index=False)
    return path
