"""Search for the entries of a gallery: studies, sweeps, reports and runs in and below a directory."""

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runner.config.overrides import override_key
from runner.core.errors import UserError
from runner.core.lock import is_locked
from runner.core.omissions import LeftOut
from runner.core.paths import shown
from runner.core.read import read_rows, walk
from runner.core.text import printable
from runner.gallery.entry import Curves, Entry, Findings, Kind, Report
from runner.gallery.findings import AGGREGATE, COMPARISONS, read_findings, with_display_names
from runner.gallery.standing import commits, last_date, state_of_run, state_of_sweep
from runner.records.record import RunRecord
from runner.records.sweep_directory import PLAN, PLAN_TABLE, Question
from runner.reporting.metrics import USUAL_METRICS, quantity, value_text
from runner.sweeps.outcome import read_epochs
from runner.sweeps.planning.plan import Plan
from runner.sweeps.progress.state import Standing, standings

PAGE, SUMMARY, RECORD = "index.html", "summary.csv", "record.json"
_OF_REPORTS = (COMPARISONS, AGGREGATE, SUMMARY, PAGE)
_BEGUN = (".hydra", "config.yaml")  # files of a run that has no record yet
_DRAWN = ("val_accuracy", "accuracy", "val_loss", "loss")  # metrics to draw, in order of preference
_MOST_LINES = 48
_NO_RESULTS = ("tuning", "source")  # phases of runs that no report compares

Key = tuple[Any, ...]  # state of all files that an entry depends on, cheap to read


@dataclass
class Entries:
    """Repeatable search; an entry is read again only after one of its files has changed."""

    root: Path
    left_out: LeftOut = field(default_factory=LeftOut)
    _known: dict[Path, tuple[Key, Entry]] = field(default_factory=dict)

    def read(self) -> list[Entry]:
        """Return all entries, the most recently active ones first."""
        found = {directory: self._entry(directory, runs) for directory, runs in self._directories()}
        self._known = {path: known for path, known in self._known.items() if path in found}
        return sorted(found.values(), key=lambda entry: entry.date, reverse=True)

    def key(self, directory: Path) -> Key:
        """Return what the entry of a directory depended on when it was last read."""
        return self._known[directory][0]

    def _directories(self) -> Iterator[tuple[Path, list[Path] | None]]:
        """Yield each entry's directory, and the directories of its sweep's runs; None if it is not a sweep."""
        for directory, below, files in walk(self.root):
            names = {*below, *files}
            below[:] = sorted(name for name in below if self._is_open(directory / name))
            if names & {PLAN, PLAN_TABLE, "multirun.yaml"}:
                runs = [name for name in below if any((directory / name / sign).exists() for sign in (RECORD, *_BEGUN))]
                below[:] = [name for name in below if name not in runs]
                yield directory, [directory / name for name in runs]
            elif names & {RECORD, *_BEGUN}:
                below.clear()
                yield directory, None
            elif AGGREGATE in names:
                yield directory, None

    def _is_open(self, directory: Path) -> bool:
        if directory.name.startswith("."):
            return False
        if directory.is_symlink():
            self.left_out.add(f"{directory}: a link to a directory, which is not followed")
            return False
        if not os.access(directory, os.R_OK | os.X_OK):
            self.left_out.add(f"{directory}: no permission to read it")
            return False
        return True

    def _entry(self, directory: Path, runs: list[Path] | None) -> Entry:
        key = _key(directory, [directory] if runs is None else runs)
        known = self._known.get(directory)
        if known is None or known[0] != key:
            read = _run_or_report(directory) if runs is None else _sweep(directory, runs)
            self._known[directory] = known = key, read
        return known[1]


def _key(directory: Path, runs: Iterable[Path]) -> Key:
    files = [directory / name for name in (PLAN, PLAN_TABLE, *_OF_REPORTS)]
    files += [run / name for run in runs for name in (RECORD, "history.csv")]
    return *map(_stamp, files), *(is_locked(run) for run in runs)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _sweep(directory: Path, runs: Sequence[Path]) -> Entry:
    try:
        plan = Plan.read(directory)
    except UserError as error:
        return _without_plan(directory, runs, str(error))
    found = standings(plan, directory)
    runs_of_plan = [run for _, run in found]
    results = [run for job, run in found if job.phase not in _NO_RESULTS]
    tuning = sum(job.phase == "tuning" for job, _ in found)
    state, detail = state_of_sweep(runs_of_plan, plan.to_come, tuning)
    entry = Entry(directory, _kind(plan), _title(plan, directory), state, detail)
    return _with_report(entry, runs_of_plan, results)


def _without_plan(directory: Path, runs: Sequence[Path], reason: str) -> Entry:
    """Return the entry of a sweep whose plan is missing or cannot be read."""
    states = [Standing.of(run) for run in runs]
    if not (directory / PLAN).exists():
        reason = f"no {PLAN}: the sweep was stopped before its plan was complete, or the file was removed"
    entry = Entry(directory, "sweep", directory.name, "unreadable", f"{printable(reason)} ({len(runs)} runs)")
    return _with_report(entry, states, states)


def _run_or_report(directory: Path) -> Entry:
    if not any((directory / sign).exists() for sign in (RECORD, *_BEGUN)):
        findings, notes = _findings(directory)
        date = datetime.fromtimestamp((directory / AGGREGATE).stat().st_mtime, UTC)
        entry = Entry(directory, "report", directory.name, "complete", "of runs elsewhere", f"{date:%Y-%m-%d %H:%M}")
        page = (directory / PAGE).exists()
        return replace(entry, findings=findings, notes=notes, report="current" if page else "none")
    run = Standing.of(directory)
    state, detail = state_of_run(run)
    title = f"{run.record.variant}, {run.record.which}" if run.record else directory.name
    if run.record and run.record.dataset["name"]:
        title = f"{run.record.dataset['name']}: {title}"
    entry = Entry(directory, "run", title, state, detail)
    return _with_report(entry, [run], [run])


def _with_report(entry: Entry, runs: Sequence[Standing], results: Sequence[Standing]) -> Entry:
    """Return an entry with the facts in its records and report, and the commands that complete runs and report.

    Args:
        runs: all runs of the entry.
        results: the runs that a report shows.
    """
    records = [run.record for run in runs if run.record]
    findings, notes = (_of_run(records), []) if entry.kind == "run" else _findings(entry.path)
    datasets = ", ".join(dict.fromkeys(name for record in records if (name := record.dataset.get("name"))))
    date = last_date(records) or _plan_date(entry.path)
    entry = replace(entry, date=date, commit=commits(records), datasets=datasets, notes=notes)
    report = _report(entry, [run.record for run in results if run.record])
    curves = None if any(row.estimate for row in findings.rows) else _curves(runs)
    return replace(
        entry, findings=findings, curves=curves, report=report, commands=[*_commands(entry, report, bool(records))]
    )


def _commands(entry: Entry, report: str, has_records: bool) -> Iterator[str]:
    directory = shown(entry.path)
    if entry.state in ("interrupted", "planned") or (entry.state == "failed" and entry.kind != "run"):
        yield shlex.join(["runner", "resume", directory])
    if report != "current" and has_records and entry.state != "running":
        yield shlex.join(["runner", "report", directory, *(["--format", "html"] if entry.kind == "run" else [])])


def _report(entry: Entry, records: Sequence[RunRecord]) -> Report:
    """Return whether there is a report, and whether it contains the end of each run."""
    if not (entry.path / PAGE).exists():
        return "none"
    if entry.kind == "run":
        return "current"
    try:
        known = {row.get("run_id"): row.get("status") for row in read_rows(entry.path / SUMMARY)}
    except (FileNotFoundError, ValueError):
        return "old"
    return "current" if all(known.get(record.run_id) == record.status for record in records) else "old"


def _findings(directory: Path) -> tuple[Findings, list[str]]:
    try:
        found = read_findings(directory)
    except ValueError as error:
        return Findings(), [printable(str(error))]
    try:
        asked = Question.of(directory)
    except (UserError, ValueError, FileNotFoundError):
        asked = None  # the entry says why its plan cannot be read; a report of other runs has none
    return with_display_names(found, asked or Question()), []


def _of_run(records: Sequence[RunRecord]) -> Findings:
    for record in records:
        summary = record.summary()
        for metric in USUAL_METRICS:
            if (value := summary.get(metric)) is not None:
                return Findings(f"{quantity(metric)} {value_text(value, metric)}")
    return Findings()


def _curves(runs: Sequence[Standing]) -> Curves | None:
    histories = [history for run in runs[-_MOST_LINES:] if (history := run.history or read_epochs(run.directory))]
    for metric in _DRAWN:
        lines = [[(row["epoch"], row[metric]) for row in rows if metric in row] for rows in histories]
        if any(lines):
            return Curves(metric, [line for line in lines if line])
    return None


def _kind(plan: Plan) -> Kind:
    if any(override_key(part) == "search" for part in plan.command):
        return "search"
    return "study" if plan.study else "sweep"


def _title(plan: Plan, directory: Path) -> str:
    asked = plan.study.get("question")
    return printable(asked) if isinstance(asked, str) and asked else directory.resolve().name


def _plan_date(directory: Path) -> str:
    times = [stamp[0] for name in (PLAN, "multirun.yaml", *_BEGUN) if (stamp := _stamp(directory / name))]
    return f"{datetime.fromtimestamp(max(times) / 1e9, UTC):%Y-%m-%d %H:%M}" if times else ""
