"""Tasks in forked processes, with results in the order of the tasks."""

import gc
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

Value = TypeVar("Value")
Task = Callable[[], Value]
Outcome = tuple[Any, Exception | None]  # result or error of a task
_FEWEST = 4  # tasks that are worth a fork
_MOST = 4  # processes: each copies a part of the memory
_MOST_TASKS = 256  # the number of a task is sent as a single byte


def free_processes() -> int:
    """Return the number of processes that may share work here: one per core, or 1 where forking is not safe.

    Forking is safe on Linux in a process without TensorFlow, whose threads would be missing from the child.
    """
    is_safe = sys.platform == "linux" and "tensorflow" not in sys.modules
    return min(_MOST, len(os.sched_getaffinity(0))) if is_safe and not multiprocessing.current_process().daemon else 1


def in_processes(tasks: Sequence[Task[Value]], processes: int) -> Iterator[Value]:
    """Yield the results of tasks in the order of the tasks, computed by several processes.

    Results are pickled. A task whose process dies is computed in the calling process, as are all tasks if there are
    few. An exception raised by a task is re-raised when its result would be yielded. Processes that are still working
    when the caller stops are killed.
    """
    if processes < 2 or not _FEWEST <= len(tasks) < _MOST_TASKS:
        yield from (task() for task in tasks)
        return
    reading, writing = os.pipe()  # a queue that no process can leave locked
    os.write(writing, bytes(range(len(tasks))))
    os.close(writing)
    workers: list[tuple[BaseProcess, Connection]] = []
    try:
        with suppress(OSError):  # a fork may fail: then there are fewer processes, or none
            for _ in range(processes):
                workers.append(_forked(tasks, reading, [receiver for _, receiver in workers]))
        receivers, found = [receiver for _, receiver in workers], dict[int, Outcome]()
        for number, task in enumerate(tasks):
            while number not in found and receivers:
                _receive(receivers, found)
            yield _result(found.pop(number)) if number in found else task()
    finally:
        os.close(reading)
        for process, receiver in workers:
            process.kill()
            process.join()
            receiver.close()


def _forked(tasks: Sequence[Task[Value]], queue: int, others: Sequence[Connection]) -> tuple[BaseProcess, Connection]:
    """Start a process that works on the tasks in a queue; return it and the receiving end of its pipe."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(tasks, queue, sender, [*others, receiver]), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads exist, but the tasks do not need them
        process.start()
    sender.close()
    return process, receiver


def _work(tasks: Sequence[Task[Value]], queue: int, sender: Connection, receivers: Sequence[Connection]) -> None:
    for receiver in receivers:
        receiver.close()  # only the parent keeps it, so the pipe breaks if the parent dies
    gc.freeze()  # a collection would copy the memory that is shared with the parent
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles a Ctrl-C
    for end in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(end) != signal.SIG_IGN:
            signal.signal(end, signal.SIG_DFL)
    with suppress(BrokenPipeError):  # the parent is gone
        while number := os.read(queue, 1):
            try:
                outcome: Outcome = tasks[number[0]](), None
            except Exception as error:
                outcome = None, error
            sender.send((number[0], outcome))


def _receive(receivers: list[Connection], found: dict[int, Outcome]) -> None:
    """Wait for results; forget a process that has ended."""
    ready = wait(receivers)
    for receiver in [one for one in receivers if one in ready]:
        try:
            number, outcome = receiver.recv()
            found[number] = outcome
        except (EOFError, OSError):  # between two results, or in the middle of one
            receivers.remove(receiver)


def _result(outcome: Outcome) -> Any:
    value, error = outcome
    if error is not None:
        raise error
    return value
