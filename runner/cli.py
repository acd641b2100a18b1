"""Dispatch of the commands: those that begin with a word of their own (`report`, `resume`); all else is Hydra's."""

import errno
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import runner
from runner.config.environment import EnvironmentFault, fault, machine_faults
from runner.config.errors import (
    EXIT_ENVIRONMENT,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_USER_ERROR,
    ConfigError,
    Stopped,
    UserError,
    did_you_mean,
    printable,
)
from runner.config.trust import TRUST
from runner.interruption import Termination

COMMANDS = ("ablate", "ensemble", "report", "reproduce", "resume", "status", "verify")
_WORD = re.compile(r"[A-Za-z][\w.-]*")  # neither an override nor a flag
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
            return _dispatch(arguments)
    except KeyboardInterrupt:  # where a training has begun, it says so itself
        with suppress(OSError):  # of a terminal that was closed
            print("runner: interrupted; the same command begins again", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:  # the last place that can turn it into a message
        if wants_traceback:
            traceback.print_exc()
        return _explain(error)


def _dispatch(given: list[str]) -> int:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise EnvironmentFault("the working directory is gone; go to another one (cd)") from error
    here = str(Path.cwd())
    if here not in sys.path and any(argument.lstrip("+").startswith(f"{TRUST}=") for argument in given):
        sys.path.append(here)  # the last place of all, and for the workers too
    match given:
        case ["report", *arguments]:
            from runner.reporting.commands import report_arguments, report_command

            chosen = report_arguments(arguments)
            if chosen.watch:
                from runner.console import Terminal
                from runner.sweeps.watching import watch

                watch(chosen.directories, Terminal(), chosen.interval)
            report_command(chosen)
        case ["ensemble", *arguments]:
            from runner.reporting.commands import ensemble_command

            ensemble_command(arguments)
        case ["status", *arguments]:
            from runner.sweeps.commands import status_command

            status_command(arguments)
        case ["resume", *arguments]:
            from runner.sweeps.commands import resume_command

            return _unless_stopped(partial(resume_command, arguments))
        case ["reproduce", *arguments]:
            from runner.reproducing import reproduce_command

            return _unless_stopped(partial(reproduce_command, arguments))
        case ["verify", *arguments]:
            from runner.sweeps.verifying import verify_command

            return _unless_stopped(partial(verify_command, arguments))
        case ["ablate", *arguments]:
            from runner.config.ablation import ablation_arguments

            return _train(ablation_arguments(arguments))
        case ["-sc" | "--shell-completion", "install=bash" | "uninstall=bash" as wanted]:
            from runner.completion import BASH

            print(BASH[wanted], end="")
        case ["-sc" | "--shell-completion", wanted] if wanted.startswith("query="):
            from runner.completion import shown_completions

            print(shown_completions(wanted.removeprefix("query=")), end="")
        case ["--version" | "-V", *_]:
            print(f"runner {runner.__version__}")
        case [word, *_] if _WORD.fullmatch(word):
            raise ConfigError(
                f"{word}: no such command{did_you_mean(word, COMMANDS)}; "
                "a run takes GROUP=OPTION and KEY=VALUE (runner --help)"
            )
        case _:
            return _train(given)
    return 0


def _train(arguments: list[str]) -> int:
    # The launcher is the one group of Hydra's own that a user of sweeps chooses from. Overrides on both sides of a flag
    # are more than argparse can read.
    flags_first = sorted(arguments, key=lambda argument: argument not in ("-m", "--multirun"))
    sys.argv[1:] = [re.sub("^launcher=", "hydra/launcher=", argument) for argument in flags_first]
    from runner.config.composing import guard_hydra, refuse_endless, refuse_flags, refuse_no_place
    from runner.config.naming import wants_local_workers

    refuse_flags(sys.argv[1:])
    refuse_endless(sys.argv[1:])
    refuse_no_place(sys.argv[1:])
    if wants_local_workers(sys.argv[1:]):  # they take seconds to start, beside all that follows
        from runner.sweeps.pool import start_server

        start_server()
    from runner.app import application
    from runner.config.resolvers import register_resolvers
    from runner.sweeps.plugins import register_plugins

    guard_hydra()
    register_resolvers(sys.argv[1:])
    register_plugins()
    return _unless_stopped(application)


def _unless_stopped(command: Callable[[], None]) -> int:
    """Return the command's exit code; an error that it was stopped by is raised."""
    try:
        command()
    except Stopped as stopped:
        if stopped.__cause__:
            raise stopped.__cause__ from None
        return int(stopped.code or 0)
    return 0


def _explain(error: Exception) -> int:
    """Print one short message for an error of the user's, a traceback for one of ours; return the exit code."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from runner.config.messages import composition_message

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
