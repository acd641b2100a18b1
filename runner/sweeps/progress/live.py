"""Live display of a sweep: one line per finished run and, in a terminal, the progress."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from runner.core.lock import is_locked
from runner.core.text import duration
from runner.records.job import Job
from runner.records.run_directory import RunDirectory
from runner.sweeps.outcome import Outcome, read_epochs
from runner.sweeps.planning.study import Chosen
from runner.sweeps.progress.best import Best, shown_name, variant_name
from runner.sweeps.progress.estimate import seconds_left

# The order of the columns; those in `_ALWAYS` appear even with a count of 0.
_STATES = ("completed", "running", "failed", "diverged", "pruned", "interrupted", "waiting")
_ALWAYS = ("completed", "running", "failed", "waiting")
_STYLES = {"completed": "green", "running": "cyan", "failed": "bold red", "diverged": "yellow", "interrupted": "yellow"}
_REFRESHED = 1.0  # refreshes per second; each one checks the locks of all remaining runs


class SweepLines:
    """Context manager that shows each run as it ends and, in a terminal, the progress of the sweep."""

    def __init__(
        self,
        console: Console,
        jobs: Sequence[Job],
        sweep: Path,
        chosen: Chosen,
        before: Iterable[tuple[Job, Outcome]] = (),
        *,
        behind: int = 0,
        ahead: int = 0,
        workers: int | None = None,
    ) -> None:
        """Set the jobs to train.

        Args:
            chosen: the metric that determines the best variant so far.
            before: runs that ended earlier; those in the same phase are candidates for the best variant.
            behind: the number of runs of this command that have already been shown.
            ahead: the number of runs that follow, such as a search's trials that are not planned yet.
            workers: the number of workers if each trains several runs at a time, which then share its time.
        """
        self._console = console
        self._sweep = sweep
        self._chosen = chosen
        self._behind = behind
        self._unplanned = [*jobs[-1:]] * ahead  # assumed to be like the last job
        self._left = {job.run_id: job for job in jobs}
        self._ended: list[tuple[Job, Outcome]] = []
        phases = {job.phase for job in jobs}
        self._before = [(job, outcome) for job, outcome in before if job.phase in phases]
        self._workers = 0
        self._most = workers
        self._started = time.monotonic()
        live = Live(console=console, get_renderable=self.view, refresh_per_second=_REFRESHED, transient=True)
        self._live = live if console.is_terminal and (jobs or ahead) else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def add(self, jobs: Iterable[Job], ahead: int) -> None:
        """Add more jobs to train.

        Args:
            ahead: the number of runs that follow them.
        """
        self._left |= {job.run_id: job for job in jobs}
        self._unplanned = [*self._left.values()][-1:] * ahead

    def show(self, job: Job, outcome: Outcome) -> None:
        """Print a run that has ended."""
        self._ended.append((job, outcome))
        self._left.pop(job.run_id, None)
        what = f"[{self._count}/{self._runs}] {shown_name(job)}, {job.which}: {outcome.status}"
        line = Text(f"{what}{_figures(job, outcome)}  {outcome.seconds:.1f} s")
        if outcome.status == "failed":
            line.stylize("bold red")
            line.append(f"\n    {outcome.error}\n    log: {job.path(self._sweep) / 'run.log'}")
        self._console.print(line, soft_wrap=True)

    @property
    def _count(self) -> int:
        return self._behind + len(self._ended)

    @property
    def _runs(self) -> int:
        return self._count + len(self._left) + len(self._unplanned)

    def view(self) -> RenderableType:
        """Return the progress of the sweep, above the best variant so far."""
        left = list(self._left.values())
        running = [job for job in left if is_locked(job.path(self._sweep))]
        counts = Counter[str](outcome.status for _, outcome in self._ended)
        counts.update({"running": len(running), "waiting": len(left) - len(running)})
        shown = [state for state in _STATES if counts[state] or state in _ALWAYS]
        seconds = self._seconds_left([*left, *self._unplanned], running)
        titles = ["done" if state == "completed" else state for state in shown]
        table = Table("runs", *titles, "elapsed", "ETA", box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_row(
            f"{self._count}/{self._runs}",
            *(Text(str(counts[state]), style=_STYLES.get(state, "") if counts[state] else "dim") for state in shown),
            duration(time.monotonic() - self._started),
            "-" if seconds is None else duration(seconds),
        )
        ended = ((variant_name(job), outcome) for job, outcome in [*self._before, *self._ended] if job.is_rival)
        return Group("", table, *(Text(str(best), style="bold") for best in Best.of_each_dataset(ended, self._chosen)))

    def _seconds_left(self, left: Sequence[Job], running: Sequence[Job]) -> float | None:
        taken: dict[str, list[float]] = {}
        for job, outcome in [*self._before, *self._ended]:
            if outcome.status == "completed":  # other runs may have stopped early
                taken.setdefault(job.variant, []).append(outcome.seconds / job.config["training"]["epochs"])
        an_epoch = {variant: fmean(seconds) for variant, seconds in taken.items()}
        histories = {job.run_id: read_epochs(RunDirectory(job.path(self._sweep))) for job in running}
        at_a_time = len(running) if self._most is None else min(len(running), self._most)
        self._workers = max(self._workers, at_a_time)  # a worker may be between two runs
        return seconds_left(left, an_epoch, histories, self._workers)


def _figures(job: Job, outcome: Outcome) -> str:
    # Test results stay hidden while a choice is being made.
    tested = None if job.phase in ("tuning", "trial") else outcome.test_accuracy
    figures = (("val", outcome.val_accuracy), ("test", tested))
    return "".join(f"  {name} {value:.4f}" for name, value in figures if value is not None)
