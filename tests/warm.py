"""Warm start of `runner`: in a process forked from one that has already imported TensorFlow."""

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
from typing import Any

import psutil

from runner.cli.main import main
from runner.sweeps.pools.server import start_server


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
    logging.getLogger("tensorflow").handlers.clear()  # TensorFlow adds one if it is imported before Hydra is set up
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore SIGINT
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for descriptor, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.chdir(folder)
    sys.path[:0] = [str(folder), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]  # as Python does
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["runner", *arguments]
    sys.exit(main())


def _be_child(request: Mapping[str, Any], folder: Path, server: str):
    """Run the child of the Python interface in this process."""
    from runner.interface.child import main as child

    _fork_workers_from(server)
    _leave_out_figures()
    logging.getLogger("tensorflow").handlers.clear()
    os.dup2(os.pipe()[0], 0)  # stands in for a caller that stays alive
    for descriptor in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    os.chdir(folder)
    sys.exit(child(request))


def ended_child(request: Mapping[str, Any], *, quiet: bool) -> int:
    """Stand-in for `runner.interface.command._wait`, which prints nothing and draws no figures."""
    assert quiet
    start_server()
    server = forkserver._forkserver._forkserver_address
    process = get_context("forkserver").Process(target=_be_child, args=(request, Path.cwd(), server))
    process.start()
    process.join()
    return process.exitcode


def _fork_workers_from(server: str) -> None:
    """Make this process fork its workers from its own parent server, because a new server takes seconds."""
    own = forkserver._forkserver
    own._forkserver_address = server
    forkserver.ensure_running = own.ensure_running = lambda: None  # the first name is bound when the module is imported


def _leave_out_figures() -> None:
    """Make this process write reports without figures, because figures take seconds."""
    from runner.reporting import report, run_report

    run_report.run_figures = report._write_figures = lambda *_: ()


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
    """Start `runner` in a folder, and kill it and its children after the block.

    Args:
        said: the files to which its standard output and standard error are appended.
        shares_server: fork its workers from its own parent server, with that server's environment.
        figures: write reports with figures and a page.
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
        with suppress(psutil.NoSuchProcess, ProcessLookupError):  # it has just ended
            for left in psutil.Process(process.pid).children(recursive=True):
                left.kill()
            process.kill()
        process.join()


def completed(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], timeout: float, *, figures: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Run `runner` to its end.

    Raises:
        TimeoutExpired: if it takes longer than the timeout.
    """
    with TemporaryDirectory() as place:
        said = Path(place, "stdout"), Path(place, "stderr")
        with started(arguments, folder, said, environment, shares_server=True, figures=figures) as process:
            process.join(timeout)
            if process.exitcode is None:
                raise subprocess.TimeoutExpired(arguments, timeout)
        texts = [path.read_text() if path.exists() else "" for path in said]
        return subprocess.CompletedProcess(arguments, process.exitcode, *texts)
