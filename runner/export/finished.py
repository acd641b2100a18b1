"""Finished runs and sweeps to export, with the findings of the sweeps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.read import read_rows
from runner.core.text import shortened
from runner.records.record import Row
from runner.records.run_directory import RUN_FILES
from runner.records.sweep_directory import RunKind
from runner.reporting.collection.collect import Run, find_runs, refuse_no_runs
from runner.reporting.collection.groups import groups_of
from runner.reporting.result_reader import Wish, read_results
from runner.reporting.results import Results

_KINDS: tuple[RunKind, ...] = ("result", "tuning", "source")
_NO_DIAGNOSTICS = RUN_FILES - {"gradients.csv"}


@dataclass(frozen=True)
class FinishedTable:
    """A diagnostic's table with a row for each epoch."""

    file: str
    rows: list[Row]


@dataclass(frozen=True)
class FinishedRun:
    """A run that has ended, under one of its variants: a run may belong to several."""

    run: Run
    variant: str  # its name in the sweep's report
    kind: RunKind
    place: int  # number of the variant among the run's variants, from 0
    began: float  # seconds since 1970
    ended: float
    config: dict[str, Any]  # resolved; empty if the file is missing or cannot be read
    tables: list[FinishedTable]

    @property
    def path(self) -> Path:
        """The run's directory."""
        return self.run.directory.path

    def epochs(self) -> Iterator[tuple[float, Row]]:
        """Yield the epochs, each with the time of its end (seconds since 1970), as if no time passed between epochs."""
        spent = accumulate(row.get("seconds", 0.0) for row in self.run.history)
        return zip((min(self.began + seconds, self.ended) for seconds in spent), self.run.history, strict=True)

    @property
    def last_epoch(self) -> int:
        """The last epoch; 0 if none was completed."""
        return int(self.run.history[-1]["epoch"]) if self.run.history else 0


@dataclass(frozen=True)
class FinishedSweep:
    """A sweep and its finished runs, or runs outside sweeps."""

    path: Path | None  # directory of the sweep; None for runs outside sweeps
    runs: list[FinishedRun]
    results: Results | None = None  # results of a whole sweep; None for part of a sweep

    @property
    def name(self) -> str:
        """The name of the sweep's directory; "" for runs outside sweeps."""
        return self.path.resolve().name if self.path else ""

    @property
    def findings(self) -> list[str]:
        """The sentences of the sweep's report, with the cautions last."""
        if self.results is None:
            return []
        return [*self.results.findings, *(f"Note: {caution}" for caution in self.results.cautions)]


def finished_sweeps(paths: Sequence[Path], left_out: LeftOut) -> list[FinishedSweep]:
    """Return each sweep in and below the paths, and the runs outside sweeps.

    Args:
        left_out: collects runs that are still training, and files that cannot be read.

    Raises:
        UserError: if a path does not exist, or the paths contain no run that has ended.
    """
    refuse_no_runs(paths)
    found = list(_finished(paths, left_out))
    if not found:
        raise UserError("\n".join(["no run to export:", *left_out.reasons]))
    return found


def _finished(paths: Sequence[Path], left_out: LeftOut) -> Iterator[FinishedSweep]:
    for group in groups_of(paths):
        found = {kind: _found(group.paths, kind, left_out) for kind in _KINDS}
        is_whole = bool(group.sweep and found["result"]) and group.paths == [group.sweep]
        results = read_results(found["result"], group.paths, Wish(), left_out) if is_whole else None
        if runs := list(_ended(found, results, left_out)):
            yield FinishedSweep(group.sweep, runs, results)


def _found(paths: Sequence[Path], kind: RunKind, left_out: LeftOut) -> list[Run]:
    try:
        return find_runs(paths, left_out, kind)
    except UserError:  # a study that is still tuning has no results yet
        return []


def _ended(found: dict[RunKind, list[Run]], results: Results | None, left_out: LeftOut) -> Iterator[FinishedRun]:
    places: dict[Path, int] = {}
    for kind, runs in found.items():
        labels = results.summary["variant"] if results and kind == "result" else [run.record.variant for run in runs]
        for run, variant in zip(runs, labels, strict=True):
            path = run.directory.path
            if run.record.status == "running":
                left_out.add(f"{path}: still training; export it again when it has ended")
            elif times := left_out.unless_read(partial(_times, run)):
                places[path] = places.get(path, -1) + 1
                config = left_out.unless_read(run.directory.read_config) or {}
                yield FinishedRun(run, variant, kind, places[path], *times, config, _tables(path, left_out))


def _times(run: Run) -> tuple[float, float]:
    """Return the beginning and the end of a run, in seconds since 1970.

    Raises:
        UserError: if the record has no such times.
    """
    record = run.record
    try:
        began = datetime.fromisoformat(record.started).timestamp()
        trained = began + sum(row.get("seconds", 0.0) for row in run.history)
        ended = datetime.fromisoformat(record.finished).timestamp() if record.finished else trained  # it was killed
    except (ValueError, OverflowError, OSError) as error:
        raise UserError(f"{run.directory.record_path}: not a valid time of a run ({shortened(str(error))})") from error
    return began, max(began, ended)


def _tables(path: Path, left_out: LeftOut) -> list[FinishedTable]:
    files = [file for file in sorted(path.glob("*.csv")) if file.name not in _NO_DIAGNOSTICS]
    read = [left_out.unless_read(partial(_read_table, file)) for file in files]
    return [table for table in read if table and table.rows and "epoch" in table.rows[0]]


def _read_table(path: Path) -> FinishedTable:
    try:
        rows = [{name: float(value) for name, value in row.items() if value} for row in read_rows(path)]
    except ValueError as error:
        raise UserError(f"{path}: not a table of numbers ({shortened(str(error))})") from error
    return FinishedTable(path.name, rows)
