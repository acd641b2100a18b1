"""Dispatch of commands by the first word; if it is not a command, Hydra composes a run or a sweep."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from runner.cli.observer import Observer
from runner.core.errors import ConfigError, Stopped
from runner.core.text import did_you_mean

WORDS = ("help", "version")  # forms of --help and --version without dashes
RUN_FLAGS = ("--cfg", "--config-dir", "--help", "--multirun", "--version")
_WORD = re.compile(r"[A-Za-z][\w.-]*")  # matches neither overrides nor flags


@dataclass(frozen=True)
class Command:
    """A command: a function of the arguments, which imports its modules only when called."""

    run: Callable[[Sequence[str]], None]
    flags: tuple[str, ...] = ()  # all except --help; a test compares them with the command's --help
    takes: Literal["directories", "kinds", "overrides", "recipes", "shells"] = "directories"
    targets: tuple[str, ...] = ()  # allowed values of the first argument
    only_reads: bool = False  # whether it leaves all runs unchanged


def is_word(argument: str) -> bool:
    """Return whether an argument can only be a command."""
    return bool(_WORD.fullmatch(argument))


def run_command(name: str, arguments: Sequence[str]) -> None:
    """Run a command by its name.

    Raises:
        ConfigError: if there is no such command, or it has no such flag.
    """
    if name not in COMMANDS:
        raise _no_command(name)
    command = COMMANDS[name]
    if command.takes != "overrides":  # those with overrides accept the flags of a run
        own = (*command.flags, "--help")
        for flag in (argument.partition("=")[0] for argument in arguments):
            if flag.startswith("--") and not any(known.startswith(flag) for known in own):
                raise _no_flag(flag, own, f"runner {name} --help")
    command.run(arguments)


def interruption_text(arguments: Sequence[str]) -> str:
    """Return the message for a command that was interrupted, unless its run reports the interruption."""
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command and command.only_reads:
        return "interrupted; the runs are kept; repeat the command"
    return "interrupted; repeat the command to start again"


def train(arguments: Sequence[str], observer: Observer) -> None:
    """Let Hydra compose overrides, and train the run or sweep that they describe.

    Args:
        observer: notified of the run or sweep.

    Raises:
        ConfigError: if an argument is neither an override nor one of Hydra's flags.
    """
    with _workers_started(arguments):
        _compose_and_train(arguments, observer)


@contextmanager
def _workers_started(arguments: Sequence[str]) -> Iterator[None]:
    """Start the server of a sweep's workers early, because its slow imports can run while Hydra is imported."""
    from runner.config.multirun import wants_local_workers

    if not wants_local_workers(arguments):
        yield
        return
    from runner.sweeps.pools import server

    server.start_server()
    try:
        yield
    except (Exception, Stopped):
        server.stop_server()
        raise


def _compose_and_train(arguments: Sequence[str], observer: Observer) -> None:
    from runner.config.hydra_guard import refuse_endless, refuse_flags, refuse_no_place, unread

    overrides = unread(arguments)
    # argparse cannot read overrides on both sides of a flag. The launcher is the only one of Hydra's groups that users
    # # choose, so it may be written without the prefix hydra/.
    flags_first = sorted(arguments, key=lambda argument: argument in overrides)
    sys.argv[1:] = [re.sub("^launcher=", "hydra/launcher=", argument) for argument in flags_first]
    refuse_flags(sys.argv[1:])
    refuse_endless(sys.argv[1:])
    refuse_no_place(sys.argv[1:])
    for argument in overrides:
        if argument.startswith("-"):
            raise _no_flag(argument.partition("=")[0], RUN_FLAGS, "runner --help")
        if is_word(argument):
            raise _no_command(argument)
    from runner.cli.hydra_start import start
    from runner.cli.train import Application

    start(Application(observer), sys.argv[1:])


def _no_command(word: str) -> ConfigError:
    if word in COMMANDS or word in WORDS:
        page = "runner --help" if word in WORDS else f"runner {word} --help"
        return ConfigError(f"{word}: a command must be the first word ({page})")
    return ConfigError(
        f"{word}: no such command{did_you_mean(word, [*COMMANDS, *WORDS])}; a run takes GROUP=OPTION and KEY=VALUE "
        "(runner --help)"
    )


def _no_flag(flag: str, own: Iterable[str], helps: str) -> ConfigError:
    """Return the error for an unknown flag, with the nearest flag of this or another command."""
    meant = {other[2:]: f"runner {name} {other}" for name, command in COMMANDS.items() for other in command.flags}
    meant |= {other[2:]: other for other in own}
    close = get_close_matches(flag.lstrip("-"), meant, n=1)
    return ConfigError(f"{flag}: no such flag here{f'; did you mean {meant[close[0]]}?' if close else ''} ({helps})")


def _ablate(arguments: Sequence[str]) -> None:
    from runner.config.ablation import ablation_arguments

    train(ablation_arguments(arguments), Observer())


def _bundle(arguments: Sequence[str]) -> None:
    from runner.cli.commands.bundle import bundle_command

    bundle_command(arguments)


def _compare(arguments: Sequence[str]) -> None:
    from runner.cli.commands.compare import compare_command

    compare_command(arguments)


def _clean(arguments: Sequence[str]) -> None:
    from runner.cli.commands.clean import clean_command

    clean_command(arguments)


def _completion(arguments: Sequence[str]) -> None:
    from runner.cli.commands.shells import completion_command

    completion_command(arguments)


def _diff(arguments: Sequence[str]) -> None:
    from runner.cli.commands.diff import diff_command

    diff_command(arguments)


def _ensemble(arguments: Sequence[str]) -> None:
    from runner.cli.commands.report import ensemble_command

    ensemble_command(arguments)


def _export(arguments: Sequence[str]) -> None:
    from runner.cli.commands.export import export_command

    export_command(arguments)


def _list(arguments: Sequence[str]) -> None:
    from runner.cli.commands.results import list_command

    list_command(arguments)


def _power(arguments: Sequence[str]) -> None:
    from runner.cli.commands.power import power_command

    power_command(arguments)


def _predict(arguments: Sequence[str]) -> None:
    from runner.cli.commands.predict import predict_command

    predict_command(arguments)


def _report(arguments: Sequence[str]) -> None:
    from runner.cli.commands.report import report_arguments, report_command

    chosen = report_arguments(arguments)
    if chosen.index:
        from runner.cli.commands.gallery import index_command

        index_command(chosen.directories, chosen.out)
        return
    if chosen.watch:
        from runner.core.terminal import Terminal
        from runner.sweeps.progress.watch import watch

        watch(chosen.directories, Terminal(), chosen.interval)
    report_command(chosen)


def _reproduce(arguments: Sequence[str]) -> None:
    from runner.cli.commands.reproducibility import reproduce_command

    reproduce_command(arguments)


def _resume(arguments: Sequence[str]) -> None:
    from runner.cli.commands.sweeps import resume_command

    resume_command(arguments)


def _schema(arguments: Sequence[str]) -> None:
    from runner.cli.commands.schema import schema_command

    schema_command(arguments)


def _serve(arguments: Sequence[str]) -> None:
    from runner.cli.commands.gallery import serve_command

    serve_command(arguments)


def _status(arguments: Sequence[str]) -> None:
    from runner.cli.commands.sweeps import status_command

    status_command(arguments)


def _verify(arguments: Sequence[str]) -> None:
    from runner.cli.commands.reproducibility import verify_command

    verify_command(arguments)


COMMANDS = {
    "ablate": Command(_ablate, takes="overrides"),
    "bundle": Command(_bundle, ("--models", "--no-predictions", "--out", "--predictions"), only_reads=True),
    "clean": Command(_clean, ("--failed", "--keep-best", "--models", "--older-than", "--yes")),
    "compare": Command(
        _compare, ("--by", "--fail-if-worse", "--format", "--margin", "--metric"), only_reads=True
    ),
    "completion": Command(_completion, takes="shells"),
    "diff": Command(_diff, ("--format",), only_reads=True),
    "ensemble": Command(_ensemble, ("--out",), only_reads=True),
    "export": Command(
        _export,
        ("--experiment", "--models", "--out"),
        targets=("csv", "keras", "mlflow", "onnx", "saved_model", "tensorboard", "tflite", "wandb"),
        only_reads=True,
    ),
    "list": Command(_list, ("--columns", "--descending", "--format", "--sort", "--where"), only_reads=True),
    "power": Command(
        _power,
        ("--baseline", "--correction", "--difference", "--format", "--margin", "--metric", "--power", "--seeds"),
        only_reads=True,
    ),
    "predict": Command(_predict, ("--resize", "--show"), only_reads=True),
    "report": Command(
        _report,
        (
            "--baseline", "--bayesian-rope", "--by", "--confusion", "--correction", "--figure-data", "--font",
            "--format", "--index", "--interval", "--margin", "--metric", "--order", "--out", "--seeds", "--siunitx",
            "--style", "--target", "--together", "--watch", "--width",
        ),
        only_reads=True,
    ),
    "reproduce": Command(_reproduce, ("--out", "--row", "--tolerance")),
    "resume": Command(_resume, ("--fail-fast", "--workers")),
    "schema": Command(_schema, ("--out",), takes="kinds"),
    "serve": Command(_serve, ("--host", "--port"), only_reads=True),
    "status": Command(_status, only_reads=True),
    "verify": Command(_verify, ("--out", "--quick", "--seeds", "--workers"), takes="recipes"),
}  # fmt: skip
