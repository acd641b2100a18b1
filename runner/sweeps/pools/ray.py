"""Ray pool: workers on a cluster; if a node dies, its tasks continue on another."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import ray

from runner.core.errors import UserError
from runner.sweeps.pools.base import Pool, Waiting, WorkerLost

Task = TypeVar("Task")
Result = TypeVar("Result")

_TRIES = 3  # attempts at a task whose worker dies
_GLANCE = 1.0  # seconds between checks of time limits and free processors
_ENVIRONMENT = ("KERAS_BACKEND", "MPLBACKEND", "TF_CPP_MIN_LOG_LEVEL", "RUNNER_DATA_DIR", "PYTHONPATH")


class _Worker:
    """An actor that stays warm between tasks."""

    def __init__(self, directory: str) -> None:
        if Path(directory).is_dir():  # same directory on every node if the file system is shared
            os.chdir(directory)

    def compute(self, function: Callable[[Any], Any], task: Any) -> Any:
        return function(task)


@dataclass(frozen=True)
class _Running:
    worker: Any
    task: Any
    kind: str
    started: float


class RayPool:
    """Pool with an actor for each share of a cluster's CPUs or GPUs; actors keep their compiled functions."""

    def __init__(
        self, address: str | None, workers: int | None, cpus: float, gpus: float, timeout_s: float | None
    ) -> None:
        """Connect to a cluster, or start one on this machine.

        Raises:
            UserError: if Ray cannot be reached, or has no room for a worker.
        """
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["OPENBLAS_NUM_THREADS"] = "1"
        try:
            ray.init(address, log_to_driver=False, logging_level="error", runtime_env={"env_vars": environment})
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise UserError(f"hydra.launcher.address={address}: no Ray cluster can be reached ({error})") from error
        self._needs = {"num_cpus": cpus, "num_gpus": gpus}
        self._timeout_s = timeout_s
        try:
            self._new_worker = ray.remote(**self._needs)(_Worker).remote
            room = sum(self._room(node["Resources"]) for node in ray.nodes() if node["Alive"])
            # A remote cluster may grow, so wait for the requested number of workers.
            if not room and not (workers and address):
                raise ValueError("no node of the cluster has room for a worker")
        except ValueError as error:
            ray.shutdown()
            raise UserError(f"hydra.launcher.cpus={cpus:g}, hydra.launcher.gpus={gpus:g}: {error}") from error
        self.workers = workers or room
        self._idle: list[tuple[Any, str | None]] = []
        self._count = 0

    @property
    def checker(self) -> Pool:
        """See `Pool`."""
        return self

    def _room(self, resources: dict[str, float]) -> int:
        """Return the number of workers that fit into the given resources."""
        needed = {"CPU": self._needs["num_cpus"], "GPU": self._needs["num_gpus"]}
        return int(min(resources.get(name, 0.0) / amount for name, amount in needed.items() if amount))

    def results(
        self,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        affinity: Callable[[Task], str],
        more: Callable[[], Sequence[Task]] = tuple,
    ) -> Iterator[tuple[Task, Result | WorkerLost]]:
        """See `Pool`. If a worker dies, another one retries its task: a run continues from its checkpoint."""
        waiting = Waiting(tasks, affinity)
        running: dict[Any, _Running] = {}
        deaths: Counter[int] = Counter()
        try:
            while len(waiting) or running:
                self._grow(len(waiting))
                self._assign(function, waiting, running)
                for reference in self._ended(running):
                    run = running.pop(reference)
                    result = self._result(reference, run)
                    if result is None:  # the worker has died
                        deaths[id(run.task)] += 1
                        if deaths[id(run.task)] < _TRIES:
                            waiting.give_back(run.task, run.kind)
                            continue
                        result = WorkerLost(f"its worker died {_TRIES} times (out of memory, or lost nodes?)")
                    yield run.task, result
                    waiting.add(more())
                for run in self._overdue(running):
                    yield run.task, WorkerLost(f"stopped after timeout_s={self._timeout_s:g} seconds")
                    waiting.add(more())
        finally:
            for run in running.values():
                self._kill(run.worker)

    def _grow(self, wanted: int) -> None:
        """Start workers while there is room, because nodes come and go."""
        while self._count < self.workers and len(self._idle) < wanted:
            if self._count and not self._room(ray.available_resources()):
                return
            self._idle.append((self._new_worker(str(Path.cwd())), None))
            self._count += 1

    def _assign(self, function: Callable[[Task], Result], waiting: Waiting[Task], running: dict[Any, _Running]) -> None:
        while self._idle and len(waiting):
            worker, last = self._idle.pop()
            taken = waiting.take(last)
            assert taken
            reference = worker.compute.remote(function, taken[0])
            running[reference] = _Running(worker, *taken, time.monotonic())

    def _ended(self, running: dict[Any, _Running]) -> list[Any]:
        if not running:  # all workers are lost, and there is no room for new ones yet
            time.sleep(_GLANCE)
            return []
        ended: list[Any] = ray.wait(list(running), timeout=_GLANCE)[0]
        return ended

    def _overdue(self, running: dict[Any, _Running]) -> list[_Running]:
        """Remove and return the tasks that exceed the time limit, and kill their workers."""
        if self._timeout_s is None:
            return []
        limit = time.monotonic() - self._timeout_s
        late = [running.pop(reference) for reference, run in list(running.items()) if run.started < limit]
        for run in late:
            self._kill(run.worker)
        return late

    def _result(self, reference: Any, run: _Running) -> Any:
        """Return the result of a task, and release its worker; None if the worker has died."""
        try:
            result = ray.get(reference)
        except ray.exceptions.RayTaskError as error:  # raised by the function
            result = WorkerLost(f"{type(error.cause).__name__}: {error.cause}")
        except ray.exceptions.RayActorError:
            self._count -= 1
            return None
        self._idle.append((run.worker, run.kind))
        return result

    def _kill(self, worker: Any) -> None:
        self._count -= 1
        if ray.is_initialized():  # otherwise `close` has ended all workers
            ray.kill(worker)

    def close(self) -> None:
        """See `Pool`."""
        ray.shutdown()
