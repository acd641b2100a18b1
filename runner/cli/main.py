"""Main function of the command line: it runs a command, and turns errors into a message and an exit code."""

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
    # Hydra prints errors in its own way and exits with 1, unless asked for full errors: then it raises them.
    os.environ[_TRACEBACK] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["MPLBACKEND"] = "agg"  # a notebook's backend may be missing, and Keras imports Matplotlib
    logging.raiseExceptions = False  # a log on a full disk is no reason to fill the terminal
    # For a closed output Python has None, and the next opened file would take its descriptor.
    sys.stdout, sys.stderr = (stream or Path(os.devnull).open("w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    with Termination() as termination:
        return _all_said(termination.exit_code(_run(sys.argv[1:], wants_traceback=wants_traceback)))


def _run(arguments: list[str], *, wants_traceback: bool) -> int:
    try:
        with machine_faults():
            return _exit_code(arguments)
    except KeyboardInterrupt:  # a run that has begun reports it itself
        with suppress(OSError):  # the terminal may be closed
            print("runner: interrupted; repeat the command to start again", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:  # the last chance to turn it into a message
        if isinstance(error, BrokenPipeError) and _is_unread():
            return EXIT_UNREAD
        if wants_traceback:
            traceback.print_exc()
        return _explain(error)


def _exit_code(arguments: list[str]) -> int:
    """Run the command; return its exit code, or raise the error that stopped it."""
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
        raise EnvironmentFault("the working directory is gone; change to another one (cd)") from error
    here = str(Path.cwd())
    if here not in sys.path and TRUST in map(override_key, given):
        sys.path.append(here)  # last in the search order; workers inherit it
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
    """Print one short message for a user's error, a traceback for an internal one; return the exit code."""
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
    with suppress(OSError):  # standard error may be on a full disk: the exit code still tells
        print("\n".join(f"runner: {printable(line)}" for line in message.split("\n")), file=sys.stderr)
    return code


def _is_unread() -> bool:
    """Return whether standard output is a pipe that nobody reads any more, as in `runner --help | head`."""
    output = select.poll()
    output.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in output.poll(0))


def _all_said(code: int) -> int:
    """Flush the output and return the exit code, which Python would replace with 120 if the flush fails."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if error.errno != errno.EPIPE:  # whoever closed the pipe knows
                code = code or EXIT_ENVIRONMENT
    return code


def _raised_while_composing(error: Exception) -> bool:
    """Return whether Hydra, or a library that it reads files with, raised the error, which may have any type."""
    innermost = list(traceback.walk_tb(error.__traceback__))[-1][0]
    return innermost.f_globals["__name__"].split(".")[0] in ("hydra", "omegaconf", "yaml", "antlr4")
