"""Commands for sweeps: `runner status` and `runner resume`."""

import argparse
from collections.abc import Sequence

from runner.cli.paths import path_argument
from runner.config.overrides import override_key
from runner.config.trust import TRUST, trusted_by
from runner.core.errors import UserError
from runner.core.paths import refuse_no_directory
from runner.core.terminal import Terminal


def status_command(arguments: Sequence[str]) -> None:
    """Print the progress of a sweep or run, or of all sweeps and runs in a directory."""
    parser = argparse.ArgumentParser(
        prog="runner status", description="Show the progress of sweeps and runs, even while they train."
    )
    parser.add_argument(
        "directory", type=path_argument, metavar="DIR", help="directory of a run or sweep, or one that contains several"
    )
    directory = parser.parse_args(arguments).directory
    refuse_no_directory(directory)
    from runner.sweeps.progress.watch import show_state

    show_state(directory, Terminal())


def resume_command(arguments: Sequence[str]) -> None:
    """Resume a sweep or a run as planned, regardless of later edits to options."""
    parser = argparse.ArgumentParser(prog="runner resume", description="Resume a sweep or a run as it was planned.")
    parser.add_argument("directory", type=path_argument, metavar="DIR", help="directory of a sweep or run")
    parser.add_argument(
        "--workers", type=int, help="number of runs to train at a time (sweeps only; default: as before)"
    )
    parser.add_argument("--fail-fast", action="store_true", help="stop a sweep at the first run that fails")
    parser.add_argument(
        "trusted", nargs="*", default=[], metavar=f"{TRUST}=[...]", help="your own packages that the run or sweep uses"
    )
    chosen = parser.parse_intermixed_args(arguments)
    refuse_no_directory(chosen.directory)
    from runner.sweeps.resume import refuse_changes, resume

    refuse_changes(chosen.directory, [given for given in chosen.trusted if override_key(given) != TRUST])
    if chosen.workers is not None and chosen.workers < 1:
        raise UserError(f"--workers {chosen.workers}: must be at least 1")
    packages = trusted_by(chosen.trusted)
    resume(chosen.directory, Terminal(), workers=chosen.workers, fail_fast=chosen.fail_fast, trusted=packages)
