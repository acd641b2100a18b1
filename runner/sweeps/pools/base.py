"""Pools of workers: their interface, and a task queue with affinity."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

Task = TypeVar("Task")


class Waiting(Generic[Task]):
    """A queue from which each worker is handed what is like its last task, as long as there is such a one."""

    def __init__(self, tasks: Sequence[Task], affinity: Callable[[Task], str]) -> None:
        self._tasks = [(task, affinity(task)) for task in tasks]
        self._busy: list[str] = []  # what the workers are at
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, last: str | None) -> tuple[Task, str] | None:
        """Return a task and its kind: like the worker's last one, else like no other worker's, else the first one.

        None at the end.
        """
        with self._lock:
            if last in self._busy:
                self._busy.remove(last)
            if not self._tasks:
                return None
            index = next((at for at, (_, kind) in enumerate(self._tasks) if kind == last), None)
            if index is None:
                index = next((at for at, (_, kind) in enumerate(self._tasks) if kind not in self._busy), 0)
            taken = self._tasks.pop(index)
            self._busy.append(taken[1])
            return taken

    def give_back(self, task: Task, kind: str) -> None:
        """Put a task back that its worker did not live to end."""
        with self._lock:
            self._busy.remove(kind)
            self._tasks.insert(0, (task, kind))

    def clear(self) -> None:
        """Let no more be taken."""
        with self._lock:
            self._tasks.clear()


Result = TypeVar("Result")


class Pool(Protocol):
    """Something that computes a function of many tasks."""

    workers: int

    @property
    def checker(self) -> "Pool":
        """Where short tasks are computed."""

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task], affinity: Callable[[Task], str]
    ) -> Iterator[tuple[Task, "Result | WorkerLost"]]:
        """Yield each task with its result as it ends, in any order.

        Args:
            function: can be pickled, and so can its tasks and results.
            affinity: tasks that have it in common are best computed by one worker, one after the other.

        Raises:
            EnvironmentFault: if the machine lets no worker start.
        """

    def close(self) -> None:
        """End all workers, also those that are busy."""


class WorkerLost(Exception):
    """A worker died, or was stopped for taking too long; its text says how."""
