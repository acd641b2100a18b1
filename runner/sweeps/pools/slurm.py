"""Slurm pool: runs as Slurm jobs, submitted through submitit."""

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, TypeVar

import submitit
from submitit.core.utils import FailedJobError, FailedSubmissionError
from submitit.helpers import DelayedSubmission

from runner.core.errors import UserError
from runner.core.text import shortened
from runner.sweeps.pools.base import Pool, WorkerLost
from runner.sweeps.pools.local import LocalPool

Task = TypeVar("Task")
Result = TypeVar("Result")

_GLANCE = 0.5  # seconds between checks for ended jobs; submitit queries Slurm far less often


class Resumable:
    """A function that Slurm may stop and requeue: a run continues from its checkpoint."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, task: Any) -> Any:
        """Call the function."""
        return self._function(task)

    def checkpoint(self, task: Any) -> Any:
        """Return the job to requeue after a preemption or at the time limit; submitit calls this."""
        return DelayedSubmission(self, task)


class SlurmPool:
    """Pool with one job per task, at most `workers` at a time; one local process computes short tasks."""

    def __init__(self, folder: Path, cluster: str, workers: int, parameters: Mapping[str, Any]) -> None:
        """Prepare the submission of jobs.

        Args:
            folder: for submitit's scripts and logs, visible to all nodes.
            cluster: slurm; or local, to try it with processes on this machine.
            parameters: arguments of submitit's executor: timeout_min, slurm_partition, cpus_per_task, ...

        Raises:
            UserError: if there is no Slurm, or a parameter is unknown to submitit.
        """
        try:
            self._executor = submitit.AutoExecutor(folder=folder.resolve() / "%j", cluster=cluster)
            self._executor.update_parameters(**parameters)
        except (RuntimeError, NameError, TypeError, ValueError) as error:
            raise UserError(f"launcher=slurm: {error}") from error
        self.workers = workers
        self._running: dict[Any, Any] = {}
        self._local = LocalPool([{}], timeout_s=None)

    @property
    def checker(self) -> Pool:
        """See `Pool`."""
        return self._local

    def results(
        self,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        affinity: Callable[[Task], str],  # noqa: ARG002 - each job has its own process
        more: Callable[[], Sequence[Task]] = tuple,
    ) -> Iterator[tuple[Task, Result | WorkerLost]]:
        """See `Pool`.

        Raises:
            UserError: if Slurm refuses a job (because of an unknown partition, for example).
        """
        waiting = list(tasks)
        while waiting or self._running:
            while waiting and len(self._running) < self.workers:
                task = waiting.pop(0)
                self._running[self._submitted(function, task)] = task
            ended = [job for job in self._running if job.done()]
            for job in ended:
                yield self._running.pop(job), _result(job)
                waiting += more()
            if not ended:
                time.sleep(_GLANCE)

    def _submitted(self, function: Callable[[Task], Result], task: Task) -> Any:
        try:
            with redirect_stderr(io.StringIO()):  # submitit also prints sbatch's message there
                return self._executor.submit(Resumable(function), task)
        except (FailedJobError, FailedSubmissionError) as error:
            raise UserError(f"launcher=slurm: {shortened(str(error))}") from error

    def close(self) -> None:
        """See `Pool`."""
        for job in self._running:
            job.cancel(check=False)
        self._running.clear()
        self._local.close()


def _result(job: Any) -> Any:
    """Return the result of a job, or the reason for its loss."""
    error = job.exception()
    if error is None:
        return job.result()
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return WorkerLost(f"job {job.job_id}: {lines[-1] if lines else type(error).__name__} ({job.paths.stderr})")
