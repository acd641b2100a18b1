"""The program in a warm process of its own: what it answers a command with, short of any training."""

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

from runner.sweeps.pool import start_server

SECONDS = 60  # for one command; most take less than one


@dataclass(frozen=True)
class Answer:
    """What came of a command."""

    code: int
    out: str
    err: str


Program = Callable[..., Answer]


@contextmanager
def warm_program() -> Iterator[Program]:
    """Yield program(*arguments, cwd), which runs a command up to where parts are built: composed, checked, planned.

    A command that takes longer than `SECONDS` is killed, and raises TimeoutError.
    """
    start_server()
    with ProcessPool(max_workers=1, initializer=_prepare, context=get_context("forkserver")) as pool:

        def program(*arguments: str, cwd: Path) -> Answer:
            return pool.schedule(_answer, args=(arguments, cwd), timeout=SECONDS).result()

        yield program
        pool.close()


def _prepare() -> None:
    """Put an end to every command where its training would begin."""
    import runner.app
    import runner.reproducing
    import runner.sweeps.conduct
    import runner.sweeps.optuna_search
    import runner.sweeps.pool
    import runner.sweeps.resuming
    import runner.sweeps.sweeper
    from runner.sweeps.launchers import LocalLauncher

    runner.sweeps.pool.start_server = lambda: None
    LocalLauncher.pool = lambda self: SimpleNamespace(close=lambda: None)
    for module in (runner.app, runner.sweeps.resuming):
        module.run = _accepted
    runner.reproducing.reproduce = _ignored
    for module in (runner.sweeps.sweeper, runner.sweeps.resuming):
        module.conduct = _ignored
    runner.sweeps.optuna_search.conduct_search = _ignored


def _accepted(config: dict[str, Any], *_: object) -> SimpleNamespace:
    from runner.config.schema import check

    check(config)
    return SimpleNamespace(status="completed")


def _ignored(*_: object, **__: object) -> None:
    pass


def _answer(arguments: Sequence[str], cwd: Path) -> Answer:
    from runner.cli import main

    os.chdir(cwd)
    os.environ.pop("HYDRA_FULL_ERROR", None)
    sys.argv = ["runner", *arguments]
    out, err = io.StringIO(), io.StringIO()
    code: Any = 1
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main()
        except SystemExit as stop:  # of argparse's
            code = stop.code
    return Answer(code, out.getvalue(), err.getvalue())
