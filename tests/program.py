"""Program in a warm process: output and exit code of commands, without any training."""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pebble import ProcessPool

from runner.sweeps.pools.server import start_server

SECONDS = 60  # time limit of a command; most take less than a second


@dataclass(frozen=True)
class Answer:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


Program = Callable[..., Answer]


@contextmanager
def warm_program() -> Iterator[Program]:
    """Yield program(*arguments, cwd), which composes, checks and plans a command, but builds no parts.

    A command that takes longer than `SECONDS` is killed, and raises TimeoutError.
    """
    start_server()
    with ProcessPool(max_workers=1, initializer=_prepare, context=get_context("forkserver")) as pool:

        def program(*arguments: str, cwd: Path) -> Answer:
            return pool.schedule(_answer, args=(arguments, cwd), timeout=SECONDS).result()

        yield program
        pool.close()


def _prepare() -> None:
    """Replace the functions that start training, in all commands."""
    import runner.reproducibility.reproduce
    import runner.run.execute
    import runner.sweeps.hydra_sweeper
    import runner.sweeps.pools.server
    import runner.sweeps.resume
    import runner.sweeps.run_plan
    from runner.sweeps.hydra_launchers import LocalLauncher

    runner.sweeps.pools.server.start_server = lambda: None
    LocalLauncher.pool = lambda self: SimpleNamespace(close=lambda: None)
    for module in (runner.run.execute, runner.sweeps.resume):
        module.run = _accepted
    runner.reproducibility.reproduce.reproduce = _ignored
    for module in (runner.sweeps.hydra_sweeper, runner.sweeps.resume):
        module.conduct = _ignored


def _accepted(config: dict[str, Any], *_: object) -> SimpleNamespace:
    from runner.config.schema import check

    check(config)
    return SimpleNamespace(status="completed")


def _ignored(*_: object, **__: object) -> None:
    pass


def _answer(arguments: Sequence[str], cwd: Path) -> Answer:
    from runner.cli.main import main

    os.chdir(cwd)
    os.environ.pop("HYDRA_FULL_ERROR", None)
    sys.argv = ["runner", *arguments]
    out, err = io.StringIO(), io.StringIO()
    code: Any = 1
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main()
        except SystemExit as stop:  # raised by argparse
            code = stop.code
    return Answer(code, out.getvalue(), err.getvalue())
