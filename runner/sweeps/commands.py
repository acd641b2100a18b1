"""The commands about sweeps: `runner status`, `runner resume` and `runner ablate`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from runner.config.errors import ConfigError
from runner.config.trust import TRUST, trusted_by
from runner.console import Terminal


def status_command(arguments: Sequence[str]) -> None:
    """Print how far a sweep is."""
    parser = argparse.ArgumentParser(prog="runner status", description="Show how far a sweep is, also while it runs.")
    parser.add_argument("directory", type=Path, metavar="DIR", help="a sweep's directory")
    directory = parser.parse_args(arguments).directory

    from runner.sweeps.plan import Plan
    from runner.sweeps.status import show_status

    show_status(Terminal(), Plan.read(directory), directory)


def resume_command(arguments: Sequence[str]) -> None:
    """Go on with a sweep or a run as it was planned, whatever has been edited since."""
    parser = argparse.ArgumentParser(
        prog="runner resume", description="Go on with a sweep, or with one run, as it was planned."
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="a sweep's or a run's directory")
    parser.add_argument("--workers", type=int, help="how many runs at a time (default: as before)")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first run that fails")
    parser.add_argument("trusted", nargs="*", metavar=f"{TRUST}=[...]", help="packages of yours that it uses")
    chosen = parser.parse_intermixed_args(arguments)
    trusted = trusted_by(chosen.trusted)

    from runner.records.run_directory import RunDirectory
    from runner.sweeps.resuming import resume_run, resume_sweep

    console = Terminal()
    if RunDirectory(chosen.directory).record_path.exists():
        resume_run(chosen.directory, console, trusted)
    else:
        resume_sweep(chosen.directory, console, workers=chosen.workers, fail_fast=chosen.fail_fast, trusted=trusted)


def ablation_arguments(arguments: Sequence[str]) -> list[str]:
    """Translate `ablate base=experiment/full drop=a,b KEY=VALUE...` into the study that it is.

    Raises:
        ConfigError: if nothing is to be dropped.
    """
    base: list[str] = []
    drop = ""
    others = []
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key == "base":
            base = [part.replace("/", "=", 1) for part in value.strip("[]").split(",")]
        elif key == "drop":
            drop = value.strip("[]")
        else:
            others.append(argument)
    if not drop:
        raise ConfigError("runner ablate: needs drop=PART,PART (regularizer.dropout, normalization, schedule, ...)")
    return ["study=ablation", f"study.base=[{','.join(map(_quoted, base))}]", f"study.drop=[{drop}]", *others]


def _quoted(override: str) -> str:
    return f"'{override}'"
