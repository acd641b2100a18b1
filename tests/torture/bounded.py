"""Bounded process for loading data: limits on its memory and on the computing time of each call."""

import re
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from pebble import ProcessPool

SECONDS = 10  # computing time of one call
BUSY = 6  # factor for the elapsed time, because the machine may be busy
MEMORY = 2**30  # bytes of address space in addition to the imports

Call = Callable[..., Any]


@contextmanager
def bounded_process() -> Iterator[Call]:
    """Yield call(function, *arguments, seconds=SECONDS), which runs a function in the process and returns its result.

    The call raises the function's exception, and fails if the function exceeds its CPU time. If much more time
    passes, the process is killed and the call raises TimeoutError. A function that needs too much memory gets
    MemoryError. If the process crashes, the call raises pebble.ProcessExpired.
    """
    with ProcessPool(max_workers=1, initializer=_limit_memory, context=get_context("spawn")) as pool:
        pool.schedule(int).result()  # so that no call includes the start

        def call(function: Call, *arguments: object, seconds: float = SECONDS) -> Any:
            task = (function, arguments, seconds)
            return pool.schedule(_computed, args=task, timeout=BUSY * seconds).result()

        yield call
        pool.close()


def _computed(function: Call, arguments: tuple[object, ...], seconds: float) -> Any:
    began = time.process_time()
    try:
        return function(*arguments)
    finally:
        spent = time.process_time() - began
        assert spent < seconds, f"computed for {spent:.1f} s"


def _limit_memory() -> None:
    """Import the modules that loaders import on their first call, then set the limit."""
    import pandas as pd  # noqa: F401
    from PIL import Image

    Image.init()
    limit = psutil.Process().memory_info().vms + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def peak_megabytes() -> float:
    """Return the peak memory of this process (after a fork, `getrusage` may give its parent's peak)."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024
