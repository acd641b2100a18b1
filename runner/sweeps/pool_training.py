"""Training of a plan's runs on a pool of workers."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from rich.console import Console

from runner.core.errors import ConfigError, EnvironmentFault
from runner.core.lock import Locked, run_lock
from runner.core.signals import FirstInterruption
from runner.core.terminal import show_warning
from runner.core.text import counted
from runner.records.job import Job
from runner.records.record import DONE
from runner.records.run_directory import RunDirectory
from runner.run.stackable import Stackable
from runner.sweeps.outcome import Outcome, not_measured, read_status, write_ending
from runner.sweeps.planning.plan import in_variant
from runner.sweeps.planning.study import Chosen
from runner.sweeps.pools.base import Pool, WorkerLost
from runner.sweeps.progress.estimate import Pace
from runner.sweeps.progress.live import SweepLines
from runner.sweeps.stacking import NOT_STACKED, JobStack, reasons, stacks_of
from runner.sweeps.worker import Checked, Depth, check_job, train_job, train_task


class Source(Protocol):
    """Source of runs that depend on the results of earlier runs."""

    @property
    def ended(self) -> list[tuple[Job, Outcome]]:
        """The runs that have ended."""

    @property
    def ahead(self) -> int:
        """The expected number of runs that have not started."""

    def more(self) -> list[Job]:
        """Return the runs to begin now; none if the next ones depend on runs under way."""

    def end(self, job: Job, outcome: Outcome) -> None:
        """Record the outcome of a run."""


def finished(jobs: Sequence[Job], sweep: Path) -> dict[str, Outcome]:
    """Return the outcomes of the jobs that are already done, by run id."""
    records = {job.run_id: read_status(RunDirectory(job.path(sweep))) for job in jobs}
    return {name: Outcome.of(record) for name, record in records.items() if record and record.status in DONE}


class Sweep:
    """A directory of runs, and the workers that train them."""

    def __init__(self, directory: Path, pool: Pool, console: Console, chosen: Chosen, *, fail_fast: bool) -> None:
        self._directory = directory
        self._pool = pool
        self._console = console
        self._chosen = chosen  # metric that determines the best variant so far
        self._ended: list[tuple[Job, Outcome]] = []  # runs that have ended, including those before this start
        self._shown = 0  # number of runs shown in earlier batches since this start
        self._warned: set[str] = set()
        self._stackable: dict[str, Stackable] = {}  # by kind of job
        self.fail_fast = fail_fast

    @property
    def workers(self) -> int:
        """The number of runs that are trained at the same time."""
        return self._pool.workers

    def check(self, jobs: Sequence[Job], *, measure: bool, chooses: bool = False) -> Pace:
        """Build the parts of every kind of run, and return the speed of the runs.

        Args:
            measure: time an epoch of the first kind, and estimate the others from their operations.
            chooses: whether a choice depends on a metric of these runs, which they must then measure.

        Raises:
            ConfigError: a line for each variant that cannot be built; one line if all fail for the same reason.
        """
        kinds = list({job.kind: job for job in reversed(jobs)}.values())[::-1]
        tasks: list[tuple[Job, Depth]] = [(job, "build") for job in kinds]
        if tasks and measure:
            tasks[0] = kinds[0], "measure"
        if 0 < len(kinds) < len(jobs):  # also warm up the remaining workers
            tasks += [(kinds[0], "compile")] * (min(self._pool.workers, len(jobs)) - len(kinds))
        checked: list[tuple[Job, Checked]] = []
        with self._console.status(f"checking {counted(len(kinds), 'configuration')}") if kinds else nullcontext():
            function = partial(check_job, sweep=self._directory.resolve())
            for (job, _), result in self._pool.checker.results(function, tasks, lambda task: task[0].kind):
                if isinstance(result, EnvironmentFault):
                    raise result
                checked.append((job, Checked(str(result)) if isinstance(result, WorkerLost) else result))
        wrong = [in_variant(job.variant, one.error) for job, one in checked if one.error]
        if len(wrong) == len(checked) and len({one.error for _, one in checked}) == 1:  # such as missing data
            wrong = [str(one.error) for _, one in checked]
        metric = self._chosen.metric.removeprefix("best_").removeprefix("val_")
        if chooses and any(not one.error and metric not in one.measured for _, one in checked):
            wrong.append(not_measured(self._chosen.metric))
        if wrong:
            raise ConfigError("\n".join(dict.fromkeys(wrong)))
        warned: dict[str, list[str]] = {}
        for job, one in checked:
            for text in one.warnings:
                warned.setdefault(text, []).append(job.variant)
            if one.stackable:
                self._stackable[job.kind] = one.stackable
        for variant, text in reasons(jobs, self._stackable).items():
            warned.setdefault(text, []).append(variant)
        for text, variants in warned.items():
            show_warning(self._console, f"{', '.join(dict.fromkeys(variants))}: {text}")
        for _, measured in checked:
            if measured.epoch_seconds is not None:
                rate = measured.epoch_seconds / measured.cost
                return Pace({job.variant: one.cost * rate for job, one in checked}, measured.compiling_seconds)
        return Pace({})

    def train_as_they_come(self, source: Source) -> bool:
        """Train the runs that a source chooses while others train; return whether one failed.

        After an interruption, mark the running jobs as interrupted.

        Raises:
            EnvironmentFault: if a machine fault stops all runs; the running jobs are marked as interrupted.
        """
        if any(not one.reason for one in self._stackable.values()):
            show_warning(self._console, f"{NOT_STACKED}: each depends on the results of earlier ones")
        failed, begun, ended = False, source.more(), set[str]()
        task = partial(train_job, sweep=self._directory.resolve(), wait=True)
        self._remove_checkpoints(job for job, _ in source.ended)
        view = SweepLines(self._console, begun, self._directory, self._chosen, source.ended, ahead=source.ahead)
        with self._closed_on_interruption(begun), view as lines:

            def more() -> Sequence[Job]:
                added = source.more()
                begun.extend(added)
                lines.add(added, source.ahead)
                return added

            for job, result in self._pool.results(task, [*begun], lambda job: job.kind, more):
                outcome = self._outcome(job, result)
                source.end(job, outcome)
                lines.show(job, outcome)
                self._show_warnings(job, outcome)
                ended.add(job.run_id)
                failed |= outcome.status == "failed"
                if failed and self.fail_fast:
                    self._stop([other for other in begun if other.run_id not in ended])
                    break
        return failed

    def train_missing(self, jobs: Sequence[Job], ahead: int | None = None) -> bool:
        """Train the jobs that are not done yet; return whether one failed.

        Wait for jobs that another process is training. After an interruption, mark the running jobs as interrupted.

        Args:
            ahead: the number of runs in later batches, if the progress counts several batches together.

        Raises:
            EnvironmentFault: if a machine fault stops all runs; the running jobs are marked as interrupted.
        """
        done = finished(jobs, self._directory)
        self._remove_checkpoints(job for job in jobs if job.run_id in done)
        self._ended += [(job, done[job.run_id]) for job in jobs if job.run_id in done]
        jobs = [job for job in jobs if job.run_id not in done]
        outcomes: dict[str, Outcome] = {}
        counts = {"behind": self._shown, "ahead": ahead} if ahead is not None else {}
        workers = self._pool.workers if self._stackable else None
        view = SweepLines(self._console, jobs, self._directory, self._chosen, self._ended, workers=workers, **counts)
        with self._closed_on_interruption(jobs), view as lines:
            for wait in (False, True):
                left = [job for job in jobs if job.run_id not in outcomes]
                if left and not self._train(left, outcomes, lines, wait=wait):
                    break
        self._shown += len(outcomes)
        return any(outcome.status == "failed" for outcome in outcomes.values())

    def _remove_checkpoints(self, done: Iterable[Job]) -> None:
        """Remove the files of runs that were killed before their cleanup."""
        for job in done:
            RunDirectory(job.path(self._directory)).remove_checkpoint()

    @contextmanager
    def _closed_on_interruption(self, jobs: Sequence[Job]) -> Iterator[None]:
        """Close the pool after an interruption or a machine fault, and mark the running jobs as interrupted."""
        with FirstInterruption() as interruption:
            try:
                yield
            except (KeyboardInterrupt, EnvironmentFault):
                interruption.begin_cleanup()
                self._pool.close()
                with suppress(EnvironmentFault):
                    self._mark_interrupted(jobs)
                raise

    def _train(self, jobs: Sequence[Job], outcomes: dict[str, Outcome], lines: SweepLines, *, wait: bool) -> bool:
        """Train jobs; return False if a failure stopped training."""
        train = partial(train_task, sweep=self._directory.resolve(), wait=wait)
        tasks = [*jobs] if wait else stacks_of(jobs, self._stackable, self._pool.workers)
        for task, result in self._pool.results(train, tasks, lambda task: task.kind):
            for job, outcome in self._outcomes(task, result):
                if outcome.status == "locked":
                    continue
                outcomes[job.run_id] = outcome
                lines.show(job, outcome)
                self._show_warnings(job, outcome)
                self._ended.append((job, outcome))
            if self.fail_fast and any(one.status == "failed" for one in outcomes.values()):
                self._stop([other for other in jobs if other.run_id not in outcomes])
                return False
        return True

    def _show_warnings(self, job: Job, outcome: Outcome) -> None:
        """Show a run's warnings, except those already shown for an earlier run."""
        for text in outcome.warnings:
            if text not in self._warned:
                self._warned.add(text)
                show_warning(self._console, f"{job.variant}, seed {job.seed}: {text}")

    def _stop(self, others: Sequence[Job]) -> None:
        self._pool.close()
        self._mark_interrupted(others)
        self._console.print(f"stopped at the first failure (fail_fast=true); {counted(len(others), 'run')} left")

    def _outcomes(
        self, task: Job | JobStack, result: "list[Outcome] | EnvironmentFault | WorkerLost"
    ) -> list[tuple[Job, Outcome]]:
        """Return the outcomes of a job or of a stack's jobs; raise a machine fault."""
        jobs = task.jobs if isinstance(task, JobStack) else (task,)
        if isinstance(result, list):
            return list(zip(jobs, result, strict=True))
        return [(job, self._outcome(job, result)) for job in jobs]

    def _outcome(self, job: Job, result: "Outcome | EnvironmentFault | WorkerLost") -> Outcome:
        """Return the outcome of a run; raise a machine fault."""
        if isinstance(result, EnvironmentFault):
            raise result
        return self._lost(job, result) if isinstance(result, WorkerLost) else result

    def _lost(self, job: Job, reason: WorkerLost) -> Outcome:
        directory = RunDirectory(job.path(self._directory))
        with run_lock(directory.path, wait=True):
            record = read_status(directory)
            if record and record.status in DONE:  # another process has finished it in the meantime
                return Outcome.of(record)
            return write_ending(job, directory, "failed", str(reason))

    def _mark_interrupted(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            directory = RunDirectory(job.path(self._directory))
            record = read_status(directory)
            if record is None or record.status != "running":
                continue
            try:
                with run_lock(directory.path):
                    write_ending(job, directory, "interrupted", None)
            except Locked:  # another process is training it
                continue
