"""Local pool: one worker process each; a worker that crashes loses only its own task."""

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
from multiprocessing import forkserver
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from runner.core.errors import EnvironmentFault, machine_faults
from runner.core.output import output_in
from runner.sweeps.pools.base import Pool, Result, Task, Waiting, WorkerLost

PRELOAD = "runner.sweeps.preload"  # the server imports it, and goes on without a word if there is no such module
_TRIES = 3  # of a task whose worker dies before it has begun
_GLANCE = 1.0  # seconds between looks at whether a slot is still alive


def start_server() -> None:
    """Start the process that workers are forked from, if it is not there yet; it goes on by itself for seconds."""
    multiprocessing.get_context("forkserver").set_forkserver_preload([PRELOAD])
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads must not be forked
    # A terminal that is closed ends the process that asked, and that ends its workers.
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with output_in(Path(os.devnull)):  # of the import of TensorFlow; the workers send theirs to each run's log
            forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGHUP, before)


class LocalPool:
    """Processes on this machine, forked from one that has imported TensorFlow and not started it.

    Each has a slot of its own, which replaces its process if that dies, and is handed one task after the other.
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
        self._slots = [_Slot(given) for given in environments]

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
        ended: queue.SimpleQueue[tuple[Task, Result | WorkerLost | EnvironmentFault]] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._serve, args=(slot, function, waiting, ended), daemon=True)
            for slot in self._slots
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in tasks:
                task, result = ended.get()
                if isinstance(result, EnvironmentFault):
                    raise result
                yield task, result
        finally:
            waiting.clear()

    def _serve(self, slot: "_Slot", function: Callable[[Task], Result], waiting: Waiting[Task], ended: Any) -> None:
        last: str | None = None
        while taken := waiting.take(last):
            (task, last) = taken
            try:
                with machine_faults():
                    ended.put((task, slot.result(function, task, self._timeout_s)))
            except EnvironmentFault as fault:  # no process can be started
                ended.put((task, fault))
            except CancelledError:
                return
            except TimeoutError:
                ended.put((task, WorkerLost(f"stopped after timeout_s={self._timeout_s:g} seconds")))
            except ProcessExpired as error:
                ended.put((task, WorkerLost(_how_it_died(error.exitcode))))
            except Exception as error:  # whatever it is: who waits for this task must hear of it
                ended.put((task, WorkerLost(f"{type(error).__name__}: {error}")))

    def close(self) -> None:
        """See `Pool`."""
        for slot in self._slots:
            slot.stop()
        for slot in self._slots:
            slot.join()


class _Slot:
    """A pool of one process, that is made anew when the process was lost: a pool that has lost an idle one is broken.

    One that died while it took a task from the pool's channel would also leave that locked.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._stopped = False
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        context = multiprocessing.get_context("forkserver")
        return ProcessPool(max_workers=1, initializer=_start_worker, initargs=(self._environment,), context=context)

    def result(self, function: Callable[[Task], Result], task: Task, timeout_s: float | None) -> Result | WorkerLost:
        """Compute a function of a task; whatever it raises comes back as a WorkerLost.

        Raises:
            CancelledError: if the slot was stopped.
            TimeoutError: if it took too long.
            ProcessExpired: if the process died over it.
            Exception: whatever keeps a process from starting.
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
        except RuntimeError as error:  # pebble's word for a pool that is broken, or was stopped
            raise BrokenProcessPool(str(error)) from error
        return future

    def _ended(self, future: "Future[Result | WorkerLost]") -> Result | WorkerLost:
        while not wait_for([future], _GLANCE).done:
            if not self._pool.active:  # what comes just when the pool breaks is never ended by it
                raise BrokenProcessPool("the worker died before it began")
        return future.result()

    def _replace(self) -> None:
        if self._stopped:
            raise CancelledError
        self._pool.stop()
        self._pool.join()
        self._pool = self._new_pool()

    def stop(self) -> None:
        """Take no more tasks."""
        self._stopped = True
        self._pool.stop()

    def join(self) -> None:
        """End the process, also if it is busy."""
        self._pool.join()


def _start_worker(environment: Mapping[str, str]) -> None:
    """Set the environment, and end the process when the one that asked for it dies."""
    os.environ.update(environment)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # pebble's handler would wait for the end of an epoch
    gc.freeze()  # what was imported is no garbage: collections between runs need not look at it
    parent = multiprocessing.parent_process()
    assert parent

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _answer(function: Callable[[Task], Result], task: Task) -> Result | WorkerLost:
    """Compute a function of a task, in the worker: what it raises must not be taken for an error of the pool's own."""
    try:
        with machine_faults():
            return function(task)
    except EnvironmentFault:
        raise
    except BaseException as error:  # a user's code may also call sys.exit()
        return WorkerLost(f"{type(error).__name__}: {error}")


def _how_it_died(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"the worker ended with exit code {exit_code}"
    name = signal.Signals(-exit_code).name
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"the worker was killed by {name}{hint}"
