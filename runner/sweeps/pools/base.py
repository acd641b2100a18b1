"""Interface of worker pools, and a task queue with affinity."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

Task = TypeVar("Task")


class Waiting(Generic[Task]):
    """Task queue with affinity: a worker prefers tasks like its previous one."""

    def __init__(self, tasks: Sequence[Task], affinity: Callable[[Task], str]) -> None:
        self._tasks = [(task, affinity(task)) for task in tasks]
        self._busy: list[str] = []  # the kinds of tasks that workers are computing
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, last: str | None) -> tuple[Task, str] | None:
        """Return the next task and its kind, or None if none is left.

        Prefer a task of the worker's last kind, then one of a kind that no worker is computing, then the first.
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
        """Put back the task of a worker that died."""
        with self._lock:
            self._busy.remove(kind)
            self._tasks.insert(0, (task, kind))

    def clear(self) -> None:
        """Remove all tasks."""
        with self._lock:
            self._tasks.clear()


Result = TypeVar("Result")


class Pool(Protocol):
    """Pool of workers that compute a function of many tasks."""

    workers: int

    @property
    def checker(self) -> "Pool":
        """The pool for short tasks."""

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task], affinity: Callable[[Task], str]
    ) -> Iterator[tuple[Task, "Result | WorkerLost"]]:
        """Yield each task with its result when it ends, in any order.

        Args:
            function: can be pickled, as can its tasks and results.
            affinity: the kind of a task; one worker computes tasks of the same kind fastest.

        Raises:
            EnvironmentFault: if no worker can start on this machine.
        """

    def close(self) -> None:
        """End all workers, even busy ones."""


class WorkerLost(Exception):
    """A worker died or exceeded the time limit; the text gives the reason."""
