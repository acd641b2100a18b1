"""The commands about sweeps: `runner status`, `runner resume` and `runner ablate`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from runner.config.overrides import override_key
from runner.config.trust import TRUST, trusted_by
from runner.core.errors import UserError
from runner.core.terminal import Terminal


def status_command(arguments: Sequence[str]) -> None:
    """Print how far a sweep or run is, or all that lie in a directory."""
    parser = argparse.ArgumentParser(
        prog="runner status", description="Show how far a sweep or a run is, also while it runs."
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="a sweep's or a run's directory, or one of several")
    directory = parser.parse_args(arguments).directory

    from runner.sweeps.progress.watch import show_state

    show_state(directory, Terminal())


def resume_command(arguments: Sequence[str]) -> None:
    """Go on with a sweep or a run as it was planned, whatever has been edited since."""
    parser = argparse.ArgumentParser(
        prog="runner resume", description="Go on with a sweep, or with one run, as it was planned."
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="a sweep's or a run's directory")
    parser.add_argument("--workers", type=int, help="how many runs of a sweep at a time (default: as before)")
    parser.add_argument("--fail-fast", action="store_true", help="stop a sweep at the first run that fails")
    parser.add_argument(
        "trusted", nargs="*", default=[], metavar=f"{TRUST}=[...]", help="packages of yours that it uses"
    )
    chosen = parser.parse_intermixed_args(arguments)
    from runner.sweeps.resume import refuse_changes, resume

    refuse_changes(chosen.directory, [given for given in chosen.trusted if override_key(given) != TRUST])
    if chosen.workers is not None and chosen.workers < 1:
        raise UserError(f"--workers {chosen.workers}: must be at least 1")
    packages = trusted_by(chosen.trusted)
    resume(chosen.directory, Terminal(), workers=chosen.workers, fail_fast=chosen.fail_fast, trusted=packages)
