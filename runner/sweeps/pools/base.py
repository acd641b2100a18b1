"""Interface of worker pools, and a task queue with affinity."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

Task = TypeVar("Task")


class Waiting(Generic[Task]):
    """Task queue with affinity: a worker prefers tasks like its previous one."""

    def __init__(self, tasks: Sequence[Task], affinity: Callable[[Task], str]) -> None:
        self._affinity = affinity
        self._tasks = [(task, affinity(task)) for task in tasks]
        self._busy: list[str] = []  # kinds of the tasks that workers are computing
        self._is_closed = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, last: str | None) -> tuple[Task, str] | None:
        """Return the next task and its kind, or None if none is left.

        Prefer a task of the worker's last kind, then a task of a kind that no worker is computing, then the first task.
        """
        with self._changed:
            self._free(last)
            return self._taken(last)

    def wait(self, last: str | None) -> tuple[Task, str] | None:
        """Wait for a task and return it as `take` does; return None after the queue is closed."""
        with self._changed:
            self._free(last)
            self._changed.wait_for(lambda: self._tasks or self._is_closed)
            return self._taken(last)

    def add(self, tasks: Iterable[Task]) -> None:
        """Append more tasks."""
        with self._changed:
            self._tasks += [(task, self._affinity(task)) for task in tasks]
            self._changed.notify_all()

    def give_back(self, task: Task, kind: str) -> None:
        """Return the task of a dead worker to the front of the queue."""
        with self._changed:
            self._busy.remove(kind)
            self._tasks.insert(0, (task, kind))

    def close(self) -> None:
        """Remove all tasks, and accept no more."""
        with self._changed:
            self._is_closed = True
            self._tasks.clear()
            self._changed.notify_all()

    def _taken(self, last: str | None) -> tuple[Task, str] | None:
        if not self._tasks:
            return None
        index = next((at for at, (_, kind) in enumerate(self._tasks) if kind == last), None)
        if index is None:
            index = next((at for at, (_, kind) in enumerate(self._tasks) if kind not in self._busy), 0)
        taken = self._tasks.pop(index)
        self._busy.append(taken[1])
        return taken

    def _free(self, kind: str | None) -> None:
        if kind in self._busy:
            self._busy.remove(kind)


Result = TypeVar("Result")


class Pool(Protocol):
    """Pool of workers that apply a function to many tasks."""

    workers: int

    @property
    def checker(self) -> "Pool":
        """The pool for short tasks."""

    def results(
        self,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        affinity: Callable[[Task], str],
        more: Callable[[], Sequence[Task]] = tuple,
    ) -> Iterator[tuple[Task, "Result | WorkerLost"]]:
        """Yield each task with its result as soon as it ends, in any order.

        Args:
            function: must be picklable, like its tasks and results.
            affinity: returns the kind of a task; a worker computes successive tasks of the same kind fastest.
            more: returns additional tasks; it is called after each result.

        Raises:
            EnvironmentFault: if no worker can start on this machine.
        """

    def close(self) -> None:
        """End all workers, even busy ones."""


class WorkerLost(Exception):
    """A worker died or exceeded the time limit; the text gives the reason."""
