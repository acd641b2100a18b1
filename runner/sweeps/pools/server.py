"""Server process from which local workers are forked."""

import multiprocessing
import os
import signal
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path

import psutil

from runner.core.output import output_in

PRELOAD = "runner.sweeps.preload"  # the server imports it; a missing module would be ignored silently


def start_server() -> None:
    """Start the process from which workers are forked, unless it is already running; it imports in the background."""
    multiprocessing.get_context("forkserver").set_forkserver_preload([PRELOAD])
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads must not be forked
    # A closed terminal ends the calling process, which ends its workers.
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with output_in(Path(os.devnull)):  # hides output of TensorFlow's import; workers write to each run's log
            forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGHUP, before)


def stop_server() -> None:
    """End the server at once if it is running; during its imports, it would not notice that this process has ended.

    Call this function when no worker is left.
    """
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # the process has ended in the meantime
            if "multiprocessing.forkserver" in " ".join(child.cmdline()):
                child.kill()
