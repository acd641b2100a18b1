"""Slurm pool: jobs that stay warm and compute task after task, submitted through submitit."""

import io
import math
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import submitit
from submitit.core.utils import FailedJobError, FailedSubmissionError

from runner.core.errors import EnvironmentFault, UserError, writing
from runner.core.output import output_in
from runner.core.text import shortened
from runner.sweeps.pools.base import Pool, Waiting, WorkerLost
from runner.sweeps.pools.local import LocalPool
from runner.sweeps.pools.slurm_worker import Answer, Mailbox, Worker, refresh

Task = TypeVar("Task")
Result = TypeVar("Result")

_GLANCE = 0.2  # seconds between checks for answers
_CHECK = 15.0  # seconds between queries of Slurm's queue
_WARNING = 90.0  # submitit stops a job this many seconds before its time limit
_PATIENCE = 10.0  # seconds for local jobs to end
_TRIES = 3  # successive jobs that may end before they begin
_MARGIN = 1.25  # a run may take this many times as long as the longest run of its kind


@dataclass
class _Seat:
    """The pool's view of a worker: one process of a job."""

    box: Mailbox
    job: Any
    number: int = 0  # number of the next answer
    has_joined: bool = False
    task: tuple[Any, str] | None = None  # the task under way, and its kind
    last: str | None = None  # kind of the last task
    until: float = math.inf  # monotonic time at which its job is told to stop

    @property
    def is_free(self) -> bool:
        return self.has_joined and self.task is None


class SlurmPool:
    """Pool of jobs whose processes are workers; one local process computes short tasks.

    A job that waits long in the queue joins late; a job that dies loses only the tasks that it is running.
    """

    def __init__(self, folder: Path, cluster: str, workers: int, parameters: Mapping[str, Any]) -> None:
        """Prepare the submission of jobs.

        Args:
            folder: folder for submitit's scripts and logs, visible to all nodes.
            cluster: slurm, or local to try the pool with processes on this machine.
            workers: the number of tasks to run at the same time.
            parameters: arguments of submitit's executor: timeout_min, slurm_partition, tasks_per_node, ...

        Raises:
            UserError: if there is no Slurm, or a parameter is unknown to submitit.
        """
        given = {"name": "runner"} | {key: value for key, value in parameters.items() if value is not None}
        try:
            self._executor = submitit.AutoExecutor(folder=folder.resolve() / "%j", cluster=cluster)
            self._executor.update_parameters(**given)
        except (RuntimeError, NameError, TypeError, ValueError) as error:
            raise UserError(f"launcher=slurm: {error}") from error
        self.workers = workers
        self._cluster = cluster
        self._place = folder.resolve() / f"workers-{uuid4().hex[:8]}"
        limit_s = 60 * given["timeout_min"] if "timeout_min" in given else None
        warning_s = given.get("slurm_signal_delay_s", _WARNING)
        self._worker = Worker(self._place, limit_s, warning_s)
        self._in_a_job = _processes(given)
        self._jobs: list[Any] = []
        self._seats: list[_Seat] = []
        self._longest: dict[str, float] = {}  # longest time of a task in seconds, by kind
        self._broken = 0  # successive jobs that ended before they started
        self._checked = 0.0
        self._local = LocalPool([{}], timeout_s=None)

    @property
    def checker(self) -> Pool:
        """See `Pool`."""
        return self._local

    def results(
        self,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        affinity: Callable[[Task], str],
        more: Callable[[], Sequence[Task]] = tuple,
    ) -> Iterator[tuple[Task, Result | WorkerLost]]:
        """See `Pool`. Jobs in the queue, and workers without a task, are kept for later calls.

        Raises:
            UserError: if Slurm refuses a job (because of an unknown partition, for example).
            EnvironmentFault: if several jobs end before they begin.
        """
        waiting = Waiting(tasks, affinity)
        while len(waiting) or self._busy():
            self._grow(len(waiting))
            ended = [*self._answered(), *self._lost(waiting)]
            for task, result in ended:
                yield task, result
                waiting.add(more())
            self._assign(function, waiting)
            if not ended:
                time.sleep(_GLANCE)

    def _busy(self) -> int:
        return sum(seat.task is not None for seat in self._seats)

    def _grow(self, waiting: int) -> None:
        """Submit jobs, as an array, until there is a worker for each task."""
        wanted = min(self.workers, waiting + self._busy()) - len(self._seats)
        if wanted <= 0:
            return
        with writing(self._place):
            self._place.mkdir(mode=0o700, parents=True, exist_ok=True)  # its files are executed
        # submitit prints sbatch's output there; its local jobs print a traceback when they are cancelled.
        silent = output_in(Path(os.devnull)) if self._cluster == "local" else redirect_stderr(io.StringIO())
        try:
            with silent, self._executor.batch():
                jobs = [self._executor.submit(self._worker) for _ in range(math.ceil(wanted / self._in_a_job))]
        except (FailedJobError, FailedSubmissionError) as error:
            raise UserError(f"launcher=slurm: {shortened(str(error))}") from error
        self._jobs += jobs
        for job in jobs:
            boxes = [Mailbox(self._place, f"{job.job_id}-{rank}") for rank in range(self._in_a_job)]
            self._seats += [_Seat(box, job) for box in boxes]

    def _assign(self, function: Callable[[Task], Result], waiting: Waiting[Task]) -> None:
        """Give tasks to free workers; a worker without enough time left for a task must end."""
        for seat in [seat for seat in self._seats if seat.is_free]:
            if not len(waiting):  # another call would make the queue forget the kinds of busy workers
                return
            taken = waiting.take(seat.last)
            assert taken
            is_fresh = seat.last is None  # otherwise a run that takes a whole job would never begin
            fits = is_fresh or time.monotonic() + _MARGIN * self._longest.get(taken[1], 0.0) < seat.until
            if seat.box.send("task", seat.number, (function, taken[0]) if fits else ()) and fits:
                seat.task, seat.last = taken, taken[1]
            else:  # its time is nearly up, or it is leaving
                waiting.give_back(*taken)
                self._seats.remove(seat)

    def _answered(self) -> Iterator[tuple[Any, Any]]:
        """Yield each task that has ended, with its result; register the workers that have joined."""
        refresh(self._place)
        for seat in self._seats:
            if seat.is_free or (answer := seat.box.received("answer", seat.number)) is None:
                continue
            task = self._freed(seat, answer)
            if task:
                yield task[0], answer.result

    def _freed(self, seat: _Seat, answer: Answer) -> tuple[Any, str] | None:
        """Process a worker's reply, and return the task that it has completed."""
        task, seat.task = seat.task, None
        seat.has_joined, self._broken = True, 0
        seat.number += 1
        seat.until = math.inf if answer.left is None else time.monotonic() + answer.left
        if task:
            self._longest[task[1]] = max(self._longest.get(task[1], 0.0), answer.seconds)
        return task

    def _lost(self, waiting: Waiting[Any]) -> Iterator[tuple[Any, WorkerLost]]:
        """Yield the tasks of jobs that have died; put those that had not started back in the queue.

        Raises:
            EnvironmentFault: if several successive jobs have ended before they began, and no other job is running.
        """
        if not self._jobs or time.monotonic() < self._checked + _CHECK:
            return
        self._checked = time.monotonic()
        ended = self._ended_jobs()
        yield from self._answered()  # written just before the job ended
        for job in ended:
            self._jobs.remove(job)
            seats = [seat for seat in self._seats if seat.job is job]
            self._seats = [seat for seat in self._seats if seat.job is not job]
            for seat in seats:
                if seat.task and seat.box.received("begun", seat.number) is None:
                    waiting.give_back(*seat.task)
                elif seat.task:
                    yield seat.task[0], WorkerLost(_ending(job))
            if seats and not any(seat.has_joined for seat in seats):
                self._broken += 1
                if self._broken >= _TRIES and not any(seat.has_joined for seat in self._seats):
                    raise EnvironmentFault(f"launcher=slurm: no job started successfully: {_ending(job)}")

    def _ended_jobs(self) -> list[Any]:
        """Return the jobs that are no longer in the queue.

        submitit queries Slurm only every ten minutes, and uses `sacct`, which works only on clusters with accounting.
        """
        if self._cluster == "local":
            return [job for job in self._jobs if job.done()]
        command = ["squeue", "--me", "--noheader", "--array", "--format=%i"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        queued = answer.stdout.split()
        return [job for job in self._jobs if job.job_id not in queued] if answer.returncode == 0 else []

    def close(self) -> None:
        """See `Pool`. Busy jobs and jobs in the queue are cancelled; the others exit on their own."""
        for job in self._jobs:
            if not all(seat.is_free for seat in self._seats if seat.job is job):
                job.cancel(check=False)
        shutil.rmtree(self._place, ignore_errors=True)  # this ends the workers
        deadline = time.monotonic() + _PATIENCE
        while self._cluster == "local" and time.monotonic() < deadline and not all(job.done() for job in self._jobs):
            time.sleep(_GLANCE)  # they are children of this process
        self._jobs.clear()
        self._seats.clear()
        self._local.close()


def _processes(parameters: Mapping[str, Any]) -> int:
    """Return the number of processes in a job."""
    nodes = parameters.get("nodes", parameters.get("slurm_nodes", 1))
    on_each = parameters.get("tasks_per_node", parameters.get("slurm_ntasks_per_node", 1))
    return int(nodes) * int(on_each)


def _ending(job: Any) -> str:
    """Return a line that says how a job ended, with the path of its error log."""
    process = job.task(0)
    lines = [line.strip() for line in (process.stderr() or "").splitlines() if line.strip()]
    return f"job {job.job_id} ended: {shortened(lines[-1]) if lines else 'no output'} ({process.paths.stderr})"
