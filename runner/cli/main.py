"""Main function of the command line: it runs a command, and turns errors into a message and an exit code."""

import atexit
import errno
import gc
import logging
import os
import select
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import runner
from runner.cli.dispatch import interruption_text, is_word, run_command, train
from runner.cli.observer import Observer
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


@dataclass(frozen=True)
class Ending:
    """Outcome of a command: its exit code, and a message if an error or a signal ended it."""

    exit_code: int
    message: str | None = None
    is_internal: bool = False  # the message is the traceback of an error in this program


def main() -> int:
    """Run the command line; return the exit code."""
    wants_traceback = bool(os.environ.get(_TRACEBACK))
    atexit.register(gc.freeze)  # the interpreter's final garbage collections take up to half a second
    prepare_process()
    with Termination() as termination:
        ending = run_arguments(sys.argv[1:], wants_traceback=wants_traceback)
        _show(ending)
        return _all_said(termination.exit_code(ending.exit_code))


def prepare_process() -> None:
    """Set up what the process needs before a command runs: environment variables, logging, standard streams."""
    # Hydra prints errors in its own way and exits with code 1; with full errors, it raises them instead.
    os.environ[_TRACEBACK] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # pydantic would search every installed package
    os.environ["MPLBACKEND"] = "agg"  # a notebook's backend may not be installed here, and Keras imports Matplotlib
    logging.raiseExceptions = False  # otherwise, each log line on a full disk causes a traceback
    # Python sets a closed stream to None, and the next file to be opened would get its descriptor.
    sys.stdout, sys.stderr = (stream or Path(os.devnull).open("w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115


def run_arguments(
    arguments: Sequence[str], observer: Observer | None = None, *, wants_traceback: bool = False
) -> Ending:
    """Run a command or train; return the outcome instead of raising an error.

    Args:
        observer: observer of a run or sweep that a Python program started.
        wants_traceback: whether to print the traceback of a user's error.
    """
    try:
        with machine_faults():
            return Ending(_exit_code(arguments, observer or Observer()))
    except KeyboardInterrupt:  # a run that has started reports the interruption itself
        return Ending(EXIT_INTERRUPTED, interruption_text(arguments))
    except Exception as error:  # last chance to turn the error into a message
        if isinstance(error, BrokenPipeError) and _is_unread():
            return Ending(EXIT_UNREAD)
        if wants_traceback:
            traceback.print_exc()
        return _explained(error)


def _show(ending: Ending) -> None:
    if ending.message is None:
        return
    if ending.is_internal:
        print(ending.message, file=sys.stderr)
        return
    with suppress(OSError):  # standard error may be on a full disk or a closed terminal; the exit code remains
        print("\n".join(f"runner: {printable(line)}" for line in ending.message.split("\n")), file=sys.stderr)


def _exit_code(arguments: Sequence[str], observer: Observer) -> int:
    """Run the command; return its exit code, or raise the error that stopped it."""
    try:
        _dispatch([*arguments], observer)
    except Stopped as stopped:
        if stopped.__cause__:
            raise stopped.__cause__ from None
        return int(stopped.code or 0)
    return 0


def _dispatch(given: list[str], observer: Observer) -> None:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise EnvironmentFault("the working directory is gone; change to another one (cd)") from error
    here = str(Path.cwd())
    if here not in sys.path and TRUST in map(override_key, given):
        sys.path.append(here)  # last in the search order; workers inherit it
    match given:
        case ["-sc" | "--shell-completion", wanted]:
            from runner.cli.completion import shell_completion

            print(shell_completion(wanted), end="")
        case ["--version" | "-V" | "version", *_]:
            print(f"runner {runner.__version__}")
        case ["help"] | ["help", "help" | "version", *_]:
            train(["--help"], observer)
        case ["help", command, *_]:
            run_command(command, ["--help"])
        case [word, *arguments] if is_word(word):
            run_command(word, arguments)
        case _:
            train(given, observer)


def _explained(error: Exception) -> Ending:
    """Return one short message for a user's error, a traceback for an internal one."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from runner.config.hydra_errors import composition_message

    if isinstance(error, OSError) and error.filename:
        error = fault(error)
    cause: BaseException | None = error
    while cause:  # Hydra wraps the errors from objects that it creates, such as a launcher
        if isinstance(cause, UserError):
            return Ending(cause.exit_code, str(cause))
        cause = cause.__cause__
    if isinstance(error, HydraException | OmegaConfBaseException) or _raised_while_composing(error):
        return Ending(EXIT_USER_ERROR, composition_message(error, sys.argv[1:]))
    return Ending(EXIT_FAILED, "".join(traceback.format_exception(error)).rstrip(), is_internal=True)


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
            if error.errno != errno.EPIPE:  # no error for a reader that has closed the pipe
                code = code or EXIT_ENVIRONMENT
    return code


def _raised_while_composing(error: Exception) -> bool:
    """Return whether Hydra, or a library that it uses to read files, raised the error, which may be of any type."""
    innermost = list(traceback.walk_tb(error.__traceback__))[-1][0]
    return innermost.f_globals["__name__"].split(".")[0] in ("hydra", "omegaconf", "yaml", "antlr4")
