"""Worker process, which checks or trains one job at a time."""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from rich.console import Console

from runner.core.errors import EnvironmentFault, UserError, machine_faults, writing
from runner.core.lock import Locked, run_lock
from runner.core.output import output_in
from runner.records.job import Job
from runner.records.record import DONE
from runner.records.run_directory import RunDirectory, logged_by
from runner.run.cache import Kept
from runner.run.request import Request
from runner.run.stackable import Stackable, stackable
from runner.sweeps.outcome import Outcome, read_status, write_ending
from runner.sweeps.stacking import NOT_STACKED, JobStack

if TYPE_CHECKING:
    from runner.run.prepare import Prepared

Depth = Literal["build", "compile", "measure"]


@dataclass(frozen=True)
class Checked:
    """The result of building a run's parts."""

    error: str | None = None
    cost: int = 0  # operations per epoch, in an arbitrary unit
    epoch_seconds: float | None = None
    compiling_seconds: float = 0.0  # time for compilation, if an epoch was measured
    warnings: tuple[str, ...] = ()
    measured: frozenset[str] = frozenset()  # names of the loss and the metrics
    stackable: Stackable | None = None  # None: stacking is off


@cache
def _kept() -> Kept:
    return Kept()


def train_job(job: Job, sweep: Path, *, wait: bool = False) -> Outcome | EnvironmentFault:
    """Train or resume one job, unless it is already done or another process is training it.

    Args:
        sweep: the sweep's directory, which must exist.
        wait: whether to wait for the other process.
    """
    directory = RunDirectory(job.path(sweep))
    try:
        with machine_faults():
            with writing(directory.path):
                directory.path.mkdir(exist_ok=True)
            with run_lock(directory.path, wait=wait):
                record = read_status(directory)
                if record and record.status in DONE:
                    return Outcome.of(record)
                with _logged_to(directory.path / "run.log"):
                    return _train(job, directory)
    except Locked:
        return Outcome("locked")
    except EnvironmentFault as fault:
        return fault


def _train(job: Job, directory: RunDirectory) -> Outcome:
    from runner.run.execute import run

    warnings: list[str] = []
    try:
        callbacks = _pruning(job, directory.path)
        record = run(
            job.config, _request(job, directory), Console(quiet=True), _kept(), callbacks, warn=warnings.append
        )
        return replace(Outcome.of(record), warnings=tuple(warnings))
    except EnvironmentFault:
        raise
    except UserError as error:
        return write_ending(job, directory, "failed", str(error))


def _request(job: Job, directory: RunDirectory) -> Request:
    return Request(
        directory=directory.path,
        choices=job.choices,
        overrides=job.overrides,
        in_sweep=True,
        variant=job.variant if job.named else None,
        working_directory=job.working_directory,
        hydra={
            "config.yaml": yaml.safe_dump(job.config, sort_keys=False),
            "overrides.yaml": yaml.safe_dump(job.overrides),
        },
    )


def train_task(task: Job | JobStack, sweep: Path, *, wait: bool = False) -> list[Outcome] | EnvironmentFault:
    """Train a job, or the jobs of a stack; return their outcomes.

    Args:
        sweep, wait: see `train_job`.
    """
    if isinstance(task, JobStack):
        return train_stack(task, sweep)
    outcome = train_job(task, sweep, wait=wait)
    return outcome if isinstance(outcome, EnvironmentFault) else [outcome]


def train_stack(stack: JobStack, sweep: Path) -> list[Outcome] | EnvironmentFault:
    """Train new jobs as one stack; jobs that have started, or are in use, are trained one by one.

    Args:
        sweep: the sweep's directory, which must exist.
    """
    outcomes: dict[str, Outcome] = {}
    warning: tuple[str, ...] = ()
    try:
        with machine_faults(), ExitStack() as locks:
            new = [job for job in stack.jobs if _is_new(job, sweep, locks)]
            if len(new) > 1:
                outcomes, warning = _train_together(new, sweep)
    except EnvironmentFault as fault:
        return fault
    for job in stack.jobs:
        if job.run_id not in outcomes:
            outcome = train_job(job, sweep)
            if isinstance(outcome, EnvironmentFault):
                return outcome
            outcomes[job.run_id] = replace(outcome, warnings=warning + outcome.warnings)
    return [outcomes[job.run_id] for job in stack.jobs]


def _is_new(job: Job, sweep: Path, locks: ExitStack) -> bool:
    """Lock a job's directory, and return whether its training has not started; return False if it is in use."""
    directory = RunDirectory(job.path(sweep))
    with writing(directory.path):
        directory.path.mkdir(exist_ok=True)
    with ExitStack() as own:
        try:
            own.enter_context(run_lock(directory.path))
        except Locked:
            return False
        record = read_status(directory)
        if (record and record.status in DONE) or directory.checkpoint_path.exists():
            return False
        locks.push(own.pop_all())
        return True


def _train_together(jobs: Sequence[Job], sweep: Path) -> tuple[dict[str, Outcome], tuple[str, ...]]:
    """Return the outcomes of a stack's jobs, by run id; if the jobs cannot be stacked, no outcome and a warning."""
    from runner.run.stacked import NotStacked, Wanted, run_stack

    directories = [RunDirectory(job.path(sweep)) for job in jobs]
    warnings: list[list[str]] = [[] for _ in jobs]
    wanted = [
        Wanted(
            job.config,
            _request(job, directory),
            _pruning(job, directory.path),
            said.append,
            partial(_logged_to, directory.path / "run.log"),
        )
        for job, directory, said in zip(jobs, directories, warnings, strict=True)
    ]
    try:
        endings = run_stack(wanted, _kept())
    except NotStacked as error:
        return {}, (f"{NOT_STACKED}: {error}",)
    outcomes = {}
    for job, directory, ending, said in zip(jobs, directories, endings, warnings, strict=True):
        if isinstance(ending, UserError):
            outcome = write_ending(job, directory, "failed", str(ending))
        else:
            outcome = Outcome.of(ending)
        outcomes[job.run_id] = replace(outcome, warnings=tuple(said))
    return outcomes, ()


def _pruning(job: Job, run: Path) -> list[Any]:
    """Return the callback that may stop a trial early, if pruning is on."""
    if job.pruning is None:
        return []
    from runner.sweeps.search.pruning import Pruning

    return [Pruning(run, job.variant, job.seed, **job.pruning)]


def check_job(task: tuple[Job, Depth], sweep: Path) -> Checked | EnvironmentFault:
    """Build a job's parts as its training would, to find errors early.

    Args:
        task: the job, and the depth of the check: build it, also compile it for training, or also time an epoch.
        sweep: the sweep's directory.
    """
    job, depth = task
    from runner.engine.cost import flops_per_example
    from runner.run.prepare import prepare

    with _logged_to(Path(os.devnull)):
        try:
            with machine_faults():
                prepared = prepare(job.config, job.path(sweep), _kept(), one_thread=True, base=job.working_directory)
        except EnvironmentFault as fault:
            return fault
        except UserError as error:
            return Checked(str(error))
        parts = prepared.parts
        cost = (flops_per_example(parts.model) or parts.model.count_params()) * len(parts.split.train)
        seconds, compiling = _compiled_seconds(prepared, depth) if depth != "build" else (None, 0.0)
        measured = frozenset(parts.model.get_metrics_result())
        return Checked(None, cost, seconds, compiling, tuple(parts.warnings), measured, stackable(prepared))


def _compiled_seconds(prepared: "Prepared", depth: Depth) -> tuple[float | None, float]:
    """Compile an epoch; return its seconds and those of its compilation.

    The first value is None if the epoch was not measured or failed; in the latter case, the run reports the error.
    """
    from runner.run.prepare import take_compiled

    began = time.perf_counter()
    compiled = take_compiled(prepared, _kept())
    try:
        compiled.epoch.compile()
        compiled.validation.evaluate()  # its first call compiles it
        if depth == "compile":
            return None, 0.0
        training = compiled.epoch.seconds()
        ready = time.perf_counter()
        compiled.validation.evaluate()
        validation = time.perf_counter() - ready
        return training + validation, ready - began
    except Exception:  # any error, including those of the user's own parts
        return None, 0.0


@contextmanager
def _logged_to(path: Path) -> Iterator[None]:
    """Send the log and all output to a file, including the last output of native code that crashes."""
    with output_in(path) as stream, logged_by(logging.StreamHandler(stream)):
        yield
