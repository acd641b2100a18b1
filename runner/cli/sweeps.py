"""The commands about sweeps: `runner status`, `runner resume` and `runner ablate`."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import ConsoleDimensions
from rich.text import Text

from runner.config.ablation import as_typed
from runner.config.overrides import override_key
from runner.config.trust import TRUST, trusted_by
from runner.core.errors import UserError
from runner.core.terminal import Terminal
from runner.records.sweep_directory import PLAN

_ENDLESS = 1_000_000  # lines: what is printed may be scrolled


def status_command(arguments: Sequence[str]) -> None:
    """Print how far a sweep or run is, or all that lie in a directory."""
    parser = argparse.ArgumentParser(
        prog="runner status", description="Show how far a sweep or a run is, also while it runs."
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="a sweep's or a run's directory, or one of several")
    directory = parser.parse_args(arguments).directory

    from runner.sweeps.planning.plan import Plan
    from runner.sweeps.progress.status import show_status
    from runner.sweeps.progress.watch import Reader

    console = Terminal()
    if (directory / PLAN).exists() or not (found := Reader().watched(directory)):
        show_status(console, Plan.read(directory), directory)
        return
    for one in found:
        if len(found) > 1:
            console.print(Text(str(one.path), style="dim"), soft_wrap=True)
        for view in one.views(ConsoleDimensions(console.width, _ENDLESS)):
            console.print(view, soft_wrap=isinstance(view, Text))


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
    _refuse_changes(chosen.directory, [given for given in chosen.trusted if override_key(given) != TRUST])
    if chosen.workers is not None and chosen.workers < 1:
        raise UserError(f"--workers {chosen.workers}: must be at least 1")
    packages = trusted_by(chosen.trusted)

    from runner.records.run_directory import RunDirectory
    from runner.sweeps.resume import resume_run, resume_sweep

    console = Terminal()
    if RunDirectory(chosen.directory).record_path.exists():
        if chosen.workers is not None or chosen.fail_fast:
            raise UserError(f"{chosen.directory}: is one run; --workers and --fail-fast are of a sweep alone")
        resume_run(chosen.directory, console, packages)
    else:
        resume_sweep(chosen.directory, console, workers=chosen.workers, fail_fast=chosen.fail_fast, trusted=packages)


def _refuse_changes(directory: Path, changes: Sequence[str]) -> None:
    """Refuse overrides of what is gone on with, and name the command that makes another run, or sweep, of them.

    Raises:
        UserError: if there are any.
    """
    if not changes or not all("=" in change for change in changes):
        return
    from runner.records.run_directory import RunDirectory
    from runner.sweeps.planning.plan import Plan

    run = RunDirectory(directory)
    is_run = run.record_path.exists()
    before = run.read_record().overrides if is_run else Plan.read(directory).command
    left_out = {override_key(change) for change in changes} | {"dry_run", "hydra.sweep.dir", "hydra.run.dir"}
    kept = [given for given in before if override_key(given) not in left_out]
    command = shlex.join(["runner", *as_typed(kept), *changes])
    text = (
        f"{' '.join(changes)}: takes no overrides but {TRUST}=[my_package], as it goes on with what was begun; "
        f"start a new {'run' if is_run else 'sweep'}, with the flags of the first (--config-dir): {command}"
    )
    if is_run:
        text += f" ({shlex.quote(f'model.init_from={directory}')} starts from the weights of a completed run)"
    raise UserError(text)
