"""A process in which data are loaded, with a bound on its memory and on what each call computes."""

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

SECONDS = 10  # of computing, for one call
BUSY = 6  # times as many may pass on a busy machine
MEMORY = 2**30  # bytes of address space above what the process takes once its libraries are in

Call = Callable[..., Any]


@contextmanager
def bounded_process() -> Iterator[Call]:
    """Yield call(function, *arguments, seconds=SECONDS), which returns or raises what the function does in the process.

    The call fails if the function computes for longer. Where much more time passes the process is killed, and the call
    raises TimeoutError; beyond the memory the function gets MemoryError; a process that crashes raises
    pebble.ProcessExpired.
    """
    with ProcessPool(max_workers=1, initializer=_limit_memory, context=get_context("spawn")) as pool:
        pool.schedule(int).result()  # so that no call pays for the start

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
    """Import what the loaders import on their first call, then set the limit."""
    import pandas as pd  # noqa: F401
    from PIL import Image

    Image.init()
    limit = psutil.Process().memory_info().vms + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def peak_megabytes() -> float:
    """Return the most memory that this process ever had (`getrusage` may tell its parent's, which a fork inherits)."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024
