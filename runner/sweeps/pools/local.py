"""Local pool: worker processes on this machine; one that crashes loses only its own task."""

import copy
import gc
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any

from pebble import ProcessExpired, ProcessPool

from runner.core.errors import EnvironmentFault, machine_faults
from runner.sweeps.pools import server
from runner.sweeps.pools.base import Pool, Result, Task, Waiting, WorkerLost

_TRIES = 3  # attempts at a task whose worker dies before it starts
_GLANCE = 1.0  # seconds between checks that a slot is alive


class LocalPool:
    """Processes on this machine, forked from one that has imported TensorFlow but not initialized it.

    Each process belongs to a slot, which gives it one task at a time and replaces it if it dies.
    """

    def __init__(self, environments: Sequence[Mapping[str, str]], timeout_s: float | None) -> None:
        """Start the workers.

        Args:
            environments: the environment variables to set in each worker, one mapping per worker.
            timeout_s: the time limit of a task in seconds, after which its worker is replaced.
        """
        self.workers = len(environments)
        self._timeout_s = timeout_s
        server.start_server()
        self._slots = [_Slot(given) for given in environments]

    @property
    def checker(self) -> Pool:
        """See `Pool`; it has no time limit, because building a run's parts may take a long time."""
        patient = copy.copy(self)
        patient._timeout_s = None
        return patient

    def results(
        self,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        affinity: Callable[[Task], str],
        more: Callable[[], Sequence[Task]] = tuple,
    ) -> Iterator[tuple[Task, Result | WorkerLost]]:
        """See `Pool`."""
        waiting = Waiting(tasks, affinity)
        ended: queue.SimpleQueue[tuple[Task, Result | WorkerLost | EnvironmentFault]] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._serve, args=(slot, function, waiting, ended), daemon=True)
            for slot in self._slots
        ]
        for thread in threads:
            thread.start()
        try:
            left = len(tasks)
            while left:
                task, result = ended.get()
                if isinstance(result, EnvironmentFault):
                    raise result
                yield task, result
                added = more()
                waiting.add(added)
                left += len(added) - 1
        finally:
            waiting.close()

    def _serve(self, slot: "_Slot", function: Callable[[Task], Result], waiting: Waiting[Task], ended: Any) -> None:
        last: str | None = None
        while taken := waiting.wait(last):
            (task, last) = taken
            try:
                with machine_faults():
                    ended.put((task, slot.result(function, task, self._timeout_s)))
            except EnvironmentFault as fault:  # no process could be started
                ended.put((task, fault))
            except CancelledError:
                return
            except TimeoutError:
                ended.put((task, WorkerLost(f"stopped after timeout_s={self._timeout_s:g} seconds")))
            except ProcessExpired as error:
                ended.put((task, WorkerLost(_how_it_died(error.exitcode))))
            except Exception as error:  # any error: the caller waits for this task
                ended.put((task, WorkerLost(f"{type(error).__name__}: {error}")))

    def close(self) -> None:
        """See `Pool`."""
        for slot in self._slots:
            slot.stop()
        for slot in self._slots:
            slot.join()


class _Slot:
    """A pool of one process, replaced when the process dies, because losing an idle process breaks a pebble pool.

    A process that dies while it receives a task would also leave the pool's communication channel locked.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._stopped = False
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        context = multiprocessing.get_context("forkserver")
        return ProcessPool(max_workers=1, initializer=_start_worker, initargs=(self._environment,), context=context)

    def result(self, function: Callable[[Task], Result], task: Task, timeout_s: float | None) -> Result | WorkerLost:
        """Apply a function to a task; an exception that it raises is returned as a WorkerLost.

        Raises:
            CancelledError: if the slot was stopped.
            TimeoutError: if the task exceeded the time limit.
            ProcessExpired: if the process died during the task.
            Exception: any error that keeps a process from starting.
        """
        tries = 0
        while True:
            try:
                return self._ended(self._begun(function, task, timeout_s))
            except ProcessExpired:
                self._replace()
                raise
            except BrokenProcessPool:
                self._replace()
                tries += 1
                if tries == _TRIES:
                    raise

    def _begun(
        self, function: Callable[[Task], Result], task: Task, timeout_s: float | None
    ) -> "Future[Result | WorkerLost]":
        if self._stopped:
            raise CancelledError
        try:
            future: Future[Result | WorkerLost] = self._pool.schedule(_answer, args=(function, task), timeout=timeout_s)
        except RuntimeError as error:  # pebble's error for a broken or stopped pool
            raise BrokenProcessPool(str(error)) from error
        return future

    def _ended(self, future: "Future[Result | WorkerLost]") -> Result | WorkerLost:
        while not wait_for([future], _GLANCE).done:
            if not self._pool.active:  # a task scheduled just when the pool breaks never ends
                raise BrokenProcessPool("the worker died before it started")
        return future.result()

    def _replace(self) -> None:
        if self._stopped:
            raise CancelledError
        self._pool.stop()
        self._pool.join()
        self._pool = self._new_pool()

    def stop(self) -> None:
        """Accept no more tasks."""
        self._stopped = True
        self._pool.stop()

    def join(self) -> None:
        """End the process, even if it is busy."""
        self._pool.join()


def _start_worker(environment: Mapping[str, str]) -> None:
    """Set the environment, and end this process when its parent dies."""
    os.environ.update(environment)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # pebble's handler would wait for the end of an epoch
    gc.freeze()  # garbage collections between runs can skip imported objects, which are never freed
    parent = multiprocessing.parent_process()
    assert parent

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _answer(function: Callable[[Task], Result], task: Task) -> Result | WorkerLost:
    """Apply a function to a task in the worker; return its exceptions, which must not look like pool errors."""
    try:
        with machine_faults():
            return function(task)
    except EnvironmentFault:
        raise
    except BaseException as error:  # the user's code may call sys.exit()
        return WorkerLost(f"{type(error).__name__}: {error}")


def _how_it_died(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"the worker ended with exit code {exit_code}"
    name = signal.Signals(-exit_code).name
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"the worker was killed by {name}{hint}"
