"""`runner` in a process of its own that has imported TensorFlow already, forked from one that waits with that done."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from runner.cli.main import main
from runner.sweeps.pools.local import start_server


def _be_runner(
    arguments: tuple[str, ...],
    folder: Path,
    environment: Mapping[str, str],
    said: tuple[Path, Path],
    server: str | None,
    figures: bool,
):
    if server:
        _fork_workers_from(server)
    if not figures:
        _leave_out_figures()
    logging.getLogger("tensorflow").handlers.clear()  # it has one where it was imported before Hydra was set up
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts in the background
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for descriptor, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.chdir(folder)
    sys.path[:0] = [str(folder), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]  # as Python does
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["runner", *arguments]
    sys.exit(main())


def _fork_workers_from(server: str) -> None:
    """Have this process's pools fork their workers where it comes from itself: a server of its own takes seconds."""
    own = forkserver._forkserver
    own._forkserver_address = server
    forkserver.ensure_running = own.ensure_running = lambda: None  # the first is bound when the module is imported


def _leave_out_figures() -> None:
    """Have this process's reports consist of tables: figures take seconds."""
    from runner.reporting import report

    report.run_figures = report._write_figures = lambda *_: ()


@contextmanager
def started(
    arguments: tuple[str, ...],
    folder: Path,
    said: tuple[Path, Path],
    environment: Mapping[str, str] = os.environ,
    *,
    shares_server: bool = False,
    figures: bool = True,
) -> Iterator[BaseProcess]:
    """Start `runner` in a folder, and see to it that nothing of it is left after the block.

    Args:
        said: the files that its output and its errors are appended to.
        shares_server: its workers come from the server that it comes from itself, and have that one's environment.
        figures: its reports have figures and a page.
    """
    start_server()
    server = forkserver._forkserver._forkserver_address if shares_server else None
    process = get_context("forkserver").Process(
        target=_be_runner, args=(arguments, folder, dict(environment), said, server, figures)
    )
    process.start()
    try:
        yield process
    finally:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):  # gone, which is not heard of at once
            for left in psutil.Process(process.pid).children(recursive=True):
                left.kill()
            process.kill()
        process.join()


def completed(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], timeout: float, *, figures: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Run `runner` to its end.

    Raises:
        TimeoutExpired: if it has not come to it in so many seconds.
    """
    with TemporaryDirectory() as place:
        said = Path(place, "stdout"), Path(place, "stderr")
        with started(arguments, folder, said, environment, shares_server=True, figures=figures) as process:
            process.join(timeout)
            if process.exitcode is None:
                raise subprocess.TimeoutExpired(arguments, timeout)
        texts = [path.read_text() if path.exists() else "" for path in said]
        return subprocess.CompletedProcess(arguments, process.exitcode, *texts)
