"""Worker in a Slurm job, which computes tasks that arrive as files on the shared file system."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import submitit
from submitit.core.utils import cloudpickle_dump, pickle_load
from submitit.helpers import DelayedSubmission

from runner.core.errors import writing
from runner.sweeps.pools.base import WorkerLost

_GLANCE = 0.2  # seconds between checks for the next task
_PATIENCE = 120.0  # seconds without a task after which a worker frees its node

Kind = Literal["task", "begun", "answer"]


@dataclass(frozen=True)
class Answer:
    """Message from a free worker."""

    result: Any  # result of its last task; None before the first task
    seconds: float  # duration of the task
    left: float | None  # seconds until its job is told to stop; None if unknown


class Mailbox:
    """Messages to and from one worker, as numbered files in a directory that is visible to all nodes.

    A message appears complete and only once; if two processes send the same message, the second one is refused.
    """

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder
        self._worker = worker

    def _path(self, kind: Kind, number: int) -> Path:
        return self._folder / f"{self._worker}.{number}.{kind}"

    def send(self, kind: Kind, number: int, message: Any) -> bool:
        """Send a message, and return whether it was the first of its kind and number."""
        path = self._path(kind, number)
        temporary = path.with_suffix(f".{os.getpid()}")
        with writing(path):
            cloudpickle_dump(message, temporary)
            try:
                os.link(temporary, path)  # unlike a rename, it never replaces a file
            except FileExistsError:
                return False
            finally:
                temporary.unlink()
        return True

    def received(self, kind: Kind, number: int) -> Any:
        """Return a message, or None if it has not arrived."""
        path = self._path(kind, number)
        return pickle_load(path) if path.exists() else None

    def answers(self) -> int:
        """Return the number of answers so far."""
        return len(list(self._folder.glob(f"{self._worker}.*.answer")))


def refresh(folder: Path) -> None:
    """Make a network file system, which caches directories, show the files that other machines have written."""
    with suppress(OSError):
        folder.chmod(folder.stat().st_mode)


class Worker:
    """Function that each process of a job runs."""

    def __init__(self, folder: Path, limit_s: float | None, warning_s: float) -> None:
        """Set the values that all workers have in common.

        Args:
            folder: folder of the mailboxes; the workers end when it is removed.
            limit_s: the time limit of a job, if Slurm does not say when it ends.
            warning_s: the seconds before the limit at which the job is told to stop.
        """
        self._folder = folder
        self._limit_s = limit_s
        self._warning_s = warning_s

    def __call__(self) -> None:
        """Compute tasks until there are none for some time, or the pool is closed."""
        started = time.monotonic()
        job = submitit.JobEnvironment()
        _take_one_gpu(job.local_rank)
        box = Mailbox(self._folder, f"{job.job_id}-{job.global_rank}")
        refresh(self._folder)
        number = box.answers()  # above 0 if the job was requeued
        if not number:
            box.send("answer", 0, Answer(None, 0.0, self._left(started)))
            number = 1
        while (task := self._next(box, number)) is not None:
            began = time.monotonic()
            box.send("begun", number, ())
            result = _computed(*task)
            if self._folder.is_dir():  # otherwise the pool was closed in the meantime
                box.send("answer", number, Answer(result, time.monotonic() - began, self._left(started)))
            number += 1

    def checkpoint(self) -> DelayedSubmission | None:
        """Return the job to requeue after a preemption or at its time limit; submitit calls this.

        The requeued job repeats its unfinished tasks; a run continues from its checkpoint. None if there are no such
        tasks.
        """
        job = submitit.JobEnvironment().job_id
        begun, ended = ({path.stem for path in self._folder.glob(f"{job}-*.{kind}")} for kind in ("begun", "answer"))
        return DelayedSubmission(self) if begun - ended else None

    def _next(self, box: Mailbox, number: int) -> tuple[Any, Any] | None:
        """Return the next function and its argument, or None if the worker should end."""
        deadline = time.monotonic() + _PATIENCE
        while self._folder.is_dir():
            refresh(self._folder)
            task = box.received("task", number)
            if task is None and time.monotonic() > deadline:
                box.send("task", number, ())  # stop, unless a task has just arrived
                task = box.received("task", number)
            if task is not None:
                return task or None
            time.sleep(_GLANCE)
        return None

    def _left(self, started: float) -> float | None:
        """Return the seconds until this job is told to stop."""
        if end := os.environ.get("SLURM_JOB_END_TIME"):
            return float(end) - time.time() - self._warning_s
        return self._limit_s - (time.monotonic() - started) - self._warning_s if self._limit_s else None


def _take_one_gpu(rank: int) -> None:
    """Let this process see only one of the job's GPUs; processes share them evenly."""
    gpus = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    if len(gpus) > 1:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[rank % len(gpus)]


def _computed(function: Any, argument: Any) -> Any:
    """Return the result of a task; an error ends only the task, not the worker."""
    try:
        return function(argument)
    except Exception as error:  # any error, including those of the user's code
        return WorkerLost(f"{type(error).__name__}: {error}")
