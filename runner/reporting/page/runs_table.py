"""Table of the page with all runs and links to their files."""

import os
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from runner.core.text import counted
from runner.records.record import RunRecord
from runner.reporting.collection.collect import Run
from runner.reporting.collection.labels import override_columns
from runner.reporting.metrics import is_share, quantity, value_text
from runner.reporting.page.cells import Cell, Column, PageTable, width_of
from runner.reporting.results import Results
from runner.reporting.sentences.captions import PENALTY

_METRICS = ("val_accuracy", "test_accuracy", "test_loss")
_MOST_KEYS = 12  # maximum number of columns of varied numbers
_FILES = {"run.log": "log", "config.yaml": "configuration"}  # columns with links to the files of a run


def runs_table(results: Results, page: Path) -> PageTable:
    """Return one row per run with the overrides that not all runs share; those that the baseline lacks are highlighted.

    Args:
        page: directory of the page; links to run directories are relative to it.
    """
    usual, common = _usual(results), _common(results)
    metrics = list(dict.fromkeys([*_METRICS, results.metric]))
    keys = _varied_numbers(results)
    files = [name for name in _FILES if any(_has(run, name) for run in results.runs)]
    rows = []
    for run, row in zip(results.runs, results.summary.to_dict("records"), strict=True):
        record = run.record
        own = usual[results.baselines[row["variant"]]]
        asked = [part for part in record.asked if part not in common]
        parts = [(part, part not in own) for part in asked]
        rows.append(
            [
                Cell.text(row["variant"]),
                Cell.number(str(record.seed), record.seed),
                *([_fold(record)] if results.folds else []),
                Cell.text(record.status, "" if record.status == "completed" else "bad"),
                *(_metric(row.get(name), name) for name in metrics),
                Cell.number(str(row["epochs"]), row["epochs"]),
                Cell.number(f"{row['total_seconds'] or 0:.1f}", row["total_seconds"]),
                *(_setting(row.get(key)) for key in keys),
                Cell(parts or [("" if common else "(defaults)", False)], kind=width_of(" ".join(asked))),
                Cell([(record.run_id, False)], link=_path_from(page, run.directory.path)),
                *(_file(page, run, name) for name in files),
            ]
        )
    columns = [
        Column("variant"), Column("seed", number=True),
        *([Column("fold", number=True)] if results.folds else []), Column("status"),
        *(Column(name, number=True, unit="%" if is_share(name) else "", label=quantity(name)) for name in metrics),
        Column("epochs", number=True), Column("seconds", number=True, unit="s", label="total time"),
        *(Column(key, number=True, hidden=True) for key in keys),
        Column("overrides", hidden=True), Column("run_id"), *(Column(_FILES[name], minor=True) for name in files),
    ]  # fmt: skip
    caption = "All runs, with links to their directories. Highlighted: overrides that the baseline lacks."
    caption += f" {quantity('test_loss').capitalize()}: {PENALTY[:1].lower()}{PENALTY[1:]}"
    if common:
        caption += f" All runs have {shlex.join(common)}."
    if keys:
        caption += f" {counted(len(keys), 'varied key')} can be added under Columns."
    positions = {variant: position for position, variant in enumerate(results.variants)}
    variants = [positions[variant] for variant in results.summary["variant"]]
    return PageTable(
        "table-runs", "Runs", caption, columns, rows, variants, of_runs=True, metric=results.metric, constants=common
    )


def _has(run: Run, name: str) -> bool:
    return (run.directory.path / name).is_file()


def _file(page: Path, run: Run, name: str) -> Cell:
    """Return a link to a file of a run; an empty cell if the run has none."""
    if not _has(run, name):
        return Cell.text("")
    return Cell([(name, False)], link=_path_from(page, run.directory.path / name).removesuffix("/"))


def _varied_numbers(results: Results) -> list[str]:
    """Return the keys whose numbers differ between the runs."""
    keys = [key for key in override_columns(results.runs) if key in results.summary]
    numbers = {key: pd.to_numeric(results.summary[key], errors="coerce").dropna() for key in keys}
    return [key for key, values in numbers.items() if len({*values}) > 1][:_MOST_KEYS]


def _setting(value: Any) -> Cell:
    number = pd.to_numeric(value, errors="coerce")
    return Cell.number("", None) if pd.isna(number) else Cell.number(str(value), float(number))


def _fold(record: RunRecord) -> Cell:
    fold = record.dataset.get("fold")  # a run that ended before loading data has no fold
    return Cell.number(str(fold), fold)


def _path_from(page: Path, path: Path) -> str:
    """Return a URL relative to the page, which no file name can turn into a javascript: URL; "" on another drive."""
    try:
        relative = os.path.relpath(path.resolve(), page.resolve())
    except ValueError:
        return ""
    return f"./{quote(Path(relative).as_posix())}/"


def _usual(results: Results) -> dict[str, set[str]]:
    """Return the overrides of each baseline."""
    usual: dict[str, set[str]] = {name: set() for name in results.baselines.values()}
    for run, label in zip(results.runs, results.summary["variant"], strict=True):
        if label in usual:
            usual[label] |= set(run.record.asked)
    return usual


def _common(results: Results) -> list[str]:
    """Return the overrides common to several runs, in order."""
    asked = [run.record.asked for run in results.runs]
    return [part for part in asked[0] if all(part in own for own in asked)] if len(asked) > 1 else []


def _metric(value: Any, name: str) -> Cell:
    number = None if value is None or pd.isna(value) else float(value)
    return Cell.number("" if number is None else value_text(number, name).rstrip("%"), number)
