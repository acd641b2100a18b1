"""Workers on this machine, one process each; what kills one costs its own task alone."""

import copy
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from multiprocessing import forkserver
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from runner.sweeps.output import output_in
from runner.sweeps.waiting import Waiting

Task = TypeVar("Task")
Result = TypeVar("Result")

_PRELOADED = ("runner.build", "runner.app", "runner.sweeps.worker", "runner.reporting.scores")


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
        """

    def close(self) -> None:
        """End all workers, also those that are busy."""


def start_server() -> None:
    """Start the process that workers are forked from, if it is not there yet; it goes on by itself for seconds."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(_PRELOADED))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads must not be forked
    with output_in(Path(os.devnull)):  # of the import of TensorFlow; the workers send theirs to each run's log
        forkserver.ensure_running()


class WorkerLost(Exception):
    """A worker died, or was stopped for taking too long; its text says how."""


class LocalPool:
    """Processes on this machine, forked from one that has imported TensorFlow and not started it.

    Each is a pool of one of its own, which replaces its process if that dies, and is handed one task after the other.
    """

    def __init__(self, environments: Sequence[Mapping[str, str]], timeout_s: float | None) -> None:
        """Start the workers.

        Args:
            environments: what is set in the environment of each worker; there are as many workers.
            timeout_s: after so many seconds a task is given up, and its worker replaced.
        """
        self.workers = len(environments)
        self._timeout_s = timeout_s
        start_server()
        context = multiprocessing.get_context("forkserver")
        self._slots = [
            ProcessPool(max_workers=1, initializer=_start_worker, initargs=(dict(given),), context=context)
            for given in environments
        ]

    @property
    def checker(self) -> Pool:
        """See `Pool`; building a run's parts has all the time it needs."""
        patient = copy.copy(self)
        patient._timeout_s = None
        return patient

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task], affinity: Callable[[Task], str]
    ) -> Iterator[tuple[Task, Result | WorkerLost]]:
        """See `Pool`."""
        waiting = Waiting(tasks, affinity)
        ended: queue.SimpleQueue[tuple[Task, Result | WorkerLost]] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._serve, args=(slot, function, waiting, ended), daemon=True)
            for slot in self._slots
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in tasks:
                yield ended.get()
        finally:
            waiting.clear()

    def _serve(self, slot: ProcessPool, function: Callable[[Task], Result], waiting: Waiting[Task], ended: Any) -> None:
        last: str | None = None
        while taken := waiting.take(last):
            (task, last) = taken
            try:
                future: Future[Result] = slot.schedule(function, args=(task,), timeout=self._timeout_s)
            except RuntimeError:  # the pool was closed meanwhile
                return
            try:
                ended.put((task, future.result()))
            except CancelledError:
                return
            except TimeoutError:
                ended.put((task, WorkerLost(f"stopped after timeout_s={self._timeout_s:g} seconds")))
            except ProcessExpired as error:
                ended.put((task, WorkerLost(_how_it_died(error.exitcode))))
            except Exception as error:  # of the function itself: the task's, not the pool's
                ended.put((task, WorkerLost(f"{type(error).__name__}: {error}")))

    def close(self) -> None:
        """See `Pool`."""
        for slot in self._slots:
            slot.stop()
        for slot in self._slots:
            slot.join()


def _start_worker(environment: Mapping[str, str]) -> None:
    """Set the environment, and end the process when the one that asked for it dies."""
    os.environ.update(environment)
    parent = multiprocessing.parent_process()
    assert parent

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _how_it_died(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"the worker ended with exit code {exit_code}"
    name = signal.Signals(-exit_code).name
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"the worker was killed by {name}{hint}"
