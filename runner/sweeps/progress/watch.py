"""State of sweeps and runs that other processes or machines train, shown once or until they end."""

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from runner.core.errors import UserError
from runner.core.paths import refuse_no_directory
from runner.core.read import walk
from runner.core.text import counted, shortened
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.records.sweep_directory import PLAN
from runner.sweeps.outcome import Outcome, read_epochs
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.study import Chosen
from runner.sweeps.progress.best import Best
from runner.sweeps.progress.state import LEFT, Standing, Standings, standings
from runner.sweeps.progress.status import show_status, status_views


@dataclass(frozen=True)
class WatchedSweep:
    """Snapshot of a sweep."""

    path: Path
    plan: Plan
    runs: Standings

    @property
    def is_over(self) -> bool:
        """True if all runs have ended, in any state."""
        return not self.plan.to_come and all(run.state not in LEFT for _, run in self.runs)

    @property
    def is_idle(self) -> bool:
        """True if no process is training any of the sweep's runs."""
        return all(run.state != "running" for _, run in self.runs)

    def views(self, screen: ConsoleDimensions) -> list[RenderableType]:
        """Return the display for a screen of about this size."""
        return status_views(self.plan, self.path, self.runs, screen)


@dataclass(frozen=True)
class UnreadableSweep:
    """A sweep whose plan cannot be read; its runs are shown as runs without a plan."""

    path: Path
    reason: str
    is_over = is_idle = True  # its planned runs are unknown

    def views(self, _: ConsoleDimensions) -> list[RenderableType]:
        """Return the error."""
        return [Text(f"unreadable: {self.reason}", style="red")]


@dataclass(frozen=True)
class WatchedRuns:
    """Snapshot of runs without a plan."""

    path: Path  # the directory that contains them
    runs: Sequence[Standing]

    @property
    def is_over(self) -> bool:
        """True if no run is running, by its lock or its record."""
        return not any(run.state == "running" or (run.record and run.record.status == "running") for run in self.runs)

    @property
    def is_idle(self) -> bool:
        """True if no process is training any of the runs."""
        return all(run.state != "running" for run in self.runs)

    def views(self, screen: ConsoleDimensions) -> list[RenderableType]:
        """Return the display for a screen of about this size, with running runs first."""
        table = Table("run", "description", "state", "epoch", "val_accuracy")
        for column in table.columns[:2]:
            column.overflow = "fold"
        most = max(3, screen.height - 8)
        for run in sorted(self.runs, key=lambda run: run.state != "running")[:most]:
            table.add_row(*self._row(run))
        views: list[RenderableType] = [table]
        if len(self.runs) > most:
            views.append(Text(f"... and {counted(len(self.runs) - most, 'more run')}"))
        ended = [(run.record.variant, Outcome.of(run.record)) for run in self.runs if run.record]
        return [*views, *(Text(str(best), style="bold") for best in Best.of_each_dataset(ended, Chosen()))]

    def _row(self, run: Standing) -> Iterator[Text]:
        history = run.history or read_epochs(run.directory)
        accuracy = history[-1].get("val_accuracy") if history else None
        name = run.directory.path.relative_to(self.path)
        yield Text(str(self.path if name == Path() else name))
        yield Text(_description(run.record) if run.record else "")
        state = "unreadable" if run.unreadable else run.state
        yield Text(state, style="red" if state in ("failed", "unreadable") else "")
        yield Text(f"{len(history)}{_planned_epochs(run)}")
        yield Text("-" if accuracy is None else f"{accuracy:.4f}")


def _description(record: RunRecord) -> str:
    """Return a run's data set, variant, seed and fold."""
    return f"{record.dataset['name']}: {shortened(record.variant)}, {record.which}"


def _planned_epochs(run: Standing) -> str:
    if run.state != "running":
        return ""
    try:
        return f" of {run.directory.read_config()['training']['epochs']}"
    except (UserError, TypeError, KeyError):
        return ""


Watched = WatchedSweep | UnreadableSweep | WatchedRuns


@dataclass
class Reader:
    """Reader that polls directories; while a plan is being replaced, its previous version is used."""

    _plans: dict[Path, Plan] = field(default_factory=dict)

    def watched(self, path: Path) -> list[Watched]:
        """Return the sweeps and runs in and below a path; none if it has no plan and no run yet."""
        found: list[Watched] = []
        runs = []
        for here, below, files in walk(path):  # skips folders that disappear in the meantime
            below.sort()
            if PLAN in files:
                found.append(self._sweep(here))
                if isinstance(found[-1], WatchedSweep):
                    below.clear()
            elif RunDirectory(here).record_path.name in files:
                below.clear()
                runs.append(Standing.of(here))
        return [*found, *([WatchedRuns(path, runs)] if runs else [])]

    def _sweep(self, path: Path) -> WatchedSweep | UnreadableSweep:
        try:
            self._plans[path] = Plan.read(path)
        except UserError as error:
            if path not in self._plans:
                return UnreadableSweep(path, str(error))
        return WatchedSweep(path, self._plans[path], standings(self._plans[path], path))


def show_state(path: Path, console: Console) -> None:
    """Print the progress of a sweep or a run, or of all sweeps and runs in a directory.

    Raises:
        UserError: if there is neither.
    """
    if (path / PLAN).exists() or not (found := Reader().watched(path)):
        show_status(console, Plan.read(path), path)
        return
    for one in found:
        if len(found) > 1:
            console.print(Text(str(one.path), style="dim"), soft_wrap=True)
        for view in one.views(ConsoleDimensions(console.width, _ENDLESS)):
            console.print(view, soft_wrap=isinstance(view, Text))


_ENDLESS = 1_000_000  # lines; printed output can be scrolled
_PATIENCE = 60.0  # seconds that a command started at the same time may take to create its directory
_PATIENCE_WITH_CHECKS = 600.0  # seconds that a sweep may take to check its variants before it writes its plan


def watch(directories: Sequence[Path], console: Console, interval: float) -> None:
    """Show the progress of the runs in some directories until all have ended; without a terminal, wait silently.

    Args:
        interval: seconds between two updates.

    Raises:
        UserError: if one of the directories still has no run and no sweep after a while.
    """
    reader = Reader()
    started = time.monotonic()
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    with live or nullcontext():
        while True:
            looks = {path: reader.watched(path) for path in _directories(directories)}
            if live:
                live.update(_view(looks, console.size), refresh=True)
            if all(found and all(one.is_over for one in found) for found in looks.values()):
                return
            _lose_patience([path for path, found in looks.items() if not found], time.monotonic() - started)
            time.sleep(interval)


def _directories(paths: Sequence[Path]) -> list[Path]:
    """Return the paths that may hold runs, excluding files that a pattern such as SWEEP/* matches."""
    return [path for path in paths if len(paths) == 1 or not path.is_file()]


def _lose_patience(empty: Sequence[Path], seconds: float) -> None:
    for path in empty:
        is_checked = (path / "multirun.yaml").exists()
        if path.is_file() or seconds > (_PATIENCE_WITH_CHECKS if is_checked else _PATIENCE):
            refuse_no_directory(path)
            raise UserError(f"{path}: nothing to watch (neither a sweep's plan nor a run in or below it)")


def _view(looks: dict[Path, list[Watched]], screen: ConsoleDimensions) -> RenderableType:
    found = [one for watched in looks.values() for one in watched]
    views: list[RenderableType] = [
        Text(f"{path}: no run yet; waiting", style="yellow") for path, watched in looks.items() if not watched
    ]
    for one in found:
        views += [Text(str(one.path), style="dim")] if len(found) > 1 else []
        views += one.views(ConsoleDimensions(screen.width, screen.height // len(found)))
    open_ones = [one for one in found if not one.is_over]
    if open_ones and all(one.is_idle for one in open_ones):
        command = shlex.join(["runner", "resume", str(open_ones[0].path)])
        views.append(Text(f"nothing is training at the moment; to resume: {command}", style="yellow"))
    if open_ones:
        views.append(Text("Ctrl-C stops watching, not the runs", style="dim"))
    return Group(*views)
