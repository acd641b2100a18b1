"""The command line: from its arguments to a command, from errors to one short message and an exit code."""

import errno
import logging
import os
import select
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import runner
from runner.cli.commands import is_word, run_command, train
from runner.config.overrides import override_key
from runner.config.trust import TRUST
from runner.core.errors import (
    EXIT_ENVIRONMENT,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_UNREAD,
    EXIT_USER_ERROR,
    EnvironmentFault,
    Stopped,
    UserError,
    fault,
    machine_faults,
)
from runner.core.signals import Termination
from runner.core.text import printable

_TRACEBACK = "HYDRA_FULL_ERROR"


def main() -> int:
    """Run the command line; return the exit code."""
    wants_traceback = bool(os.environ.get(_TRACEBACK))
    # Hydra prints errors its own way and exits with 1, unless asked for full errors: then it hands them on to us.
    os.environ[_TRACEBACK] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["MPLBACKEND"] = "agg"  # a notebook's may not be there, and Keras imports Matplotlib
    logging.raiseExceptions = False  # a log on a full disk is no reason to fill the terminal
    # Python has None for an output that is closed, and the next file that is opened would take its place.
    sys.stdout, sys.stderr = (stream or Path(os.devnull).open("w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    with Termination() as termination:
        return _all_said(termination.exit_code(_run(sys.argv[1:], wants_traceback=wants_traceback)))


def _run(arguments: list[str], *, wants_traceback: bool) -> int:
    try:
        with machine_faults():
            return _exit_code(arguments)
    except KeyboardInterrupt:  # where a training has begun, it says so itself
        with suppress(OSError):  # of a terminal that was closed
            print("runner: interrupted; the same command begins again", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:  # the last place that can turn it into a message
        if isinstance(error, BrokenPipeError) and _is_unread():
            return EXIT_UNREAD
        if wants_traceback:
            traceback.print_exc()
        return _explain(error)


def _exit_code(arguments: list[str]) -> int:
    """Run the command; return its exit code, or raise the error that it was stopped by."""
    try:
        _dispatch(arguments)
    except Stopped as stopped:
        if stopped.__cause__:
            raise stopped.__cause__ from None
        return int(stopped.code or 0)
    return 0


def _dispatch(given: list[str]) -> None:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise EnvironmentFault("the working directory is gone; go to another one (cd)") from error
    here = str(Path.cwd())
    if here not in sys.path and TRUST in map(override_key, given):
        sys.path.append(here)  # the last place of all, and for the workers too
    match given:
        case ["-sc" | "--shell-completion", "install=bash" | "uninstall=bash" as wanted]:
            from runner.cli.completion import BASH

            print(BASH[wanted], end="")
        case ["-sc" | "--shell-completion", wanted] if wanted.startswith("query="):
            from runner.cli.completion import shown_completions

            print(shown_completions(wanted.removeprefix("query=")), end="")
        case ["--version" | "-V" | "version", *_]:
            print(f"runner {runner.__version__}")
        case ["help", command]:
            run_command(command, ["--help"])
        case ["help"]:
            train(["--help"])
        case [word, *arguments] if is_word(word):
            run_command(word, arguments)
        case _:
            train(given)


def _explain(error: Exception) -> int:
    """Print one short message for an error of the user's, a traceback for one of ours; return the exit code."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from runner.config.hydra_errors import composition_message

    if isinstance(error, OSError) and error.filename:
        error = fault(error)
    code = EXIT_USER_ERROR
    if isinstance(error, UserError):
        message, code = str(error), error.exit_code
    elif isinstance(error, HydraException | OmegaConfBaseException) or _raised_while_composing(error):
        message = composition_message(error, sys.argv[1:])
    else:
        traceback.print_exception(error)
        return EXIT_FAILED
    with suppress(OSError):  # of a log on a full disk: the exit code says it still
        print("\n".join(f"runner: {printable(line)}" for line in message.split("\n")), file=sys.stderr)
    return code


def _is_unread() -> bool:
    """Say whether standard output is a pipe that nobody reads any more, as in `runner --help | head`."""
    output = select.poll()
    output.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in output.poll(0))


def _all_said(code: int) -> int:
    """Return the exit code, which Python would replace by 120 where the end of what was said cannot be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if error.errno != errno.EPIPE:  # who reads no further knows
                code = code or EXIT_ENVIRONMENT
    return code


def _raised_while_composing(error: Exception) -> bool:
    """Say whether Hydra, or what it reads files with, raised an error of some other library's or Python's own type."""
    innermost = list(traceback.walk_tb(error.__traceback__))[-1][0]
    return innermost.f_globals["__name__"].split(".")[0] in ("hydra", "omegaconf", "yaml", "antlr4")
