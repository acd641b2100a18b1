"""Resuming of an interrupted sweep or run from its directory."""

import logging
import os
import shlex
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console

from runner.config.ablation import as_typed
from runner.config.overrides import override_key
from runner.config.schema import check
from runner.config.trust import TRUST, refuse_strangers
from runner.core.errors import ConfigError, Stopped, UserError
from runner.core.lock import run_lock
from runner.core.read import walk
from runner.core.terminal import say, show_warning
from runner.records.provenance import code_state
from runner.records.record import DONE
from runner.records.run_directory import RunDirectory, logged_by
from runner.records.sweep_directory import PLAN
from runner.run.execute import exit_code, run
from runner.run.objects import refuse_objects
from runner.run.request import Request
from runner.sweeps.hydra_launchers import LAUNCHERS, PoolLauncher
from runner.sweeps.planning.plan import Plan
from runner.sweeps.pool_training import finished
from runner.sweeps.run_plan import conduct


def refuse_changes(directory: Path, changes: Sequence[str]) -> None:
    """Refuse overrides of a resumed run or sweep, and show the command that starts a new one with them.

    Raises:
        UserError: if there are any.
    """
    if not changes or not all("=" in change for change in changes):
        return
    run = RunDirectory(directory)
    is_run = run.record_path.exists()
    before = run.read_record().overrides if is_run else Plan.read(directory).command
    left_out = {override_key(change) for change in changes} | {"dry_run", "hydra.sweep.dir", "hydra.run.dir"}
    kept = [given for given in before if override_key(given) not in left_out]
    command = shlex.join(["runner", *as_typed(kept), *changes])
    text = (
        f"{' '.join(changes)}: only {TRUST}=[my_package] is allowed, because resuming keeps the configuration; "
        f"start a new {'run' if is_run else 'sweep'}, with the original flags (--config-dir): {command}"
    )
    if is_run:
        text += f" ({shlex.quote(f'model.init_from={directory}')} starts from the weights of a completed run)"
    raise UserError(text)


def resume(directory: Path, console: Console, *, workers: int | None, fail_fast: bool, trusted: Sequence[str]) -> None:
    """Continue the run or sweep in a directory; see `resume_run` and `resume_sweep`."""
    if not RunDirectory(directory).record_path.exists():
        resume_sweep(directory, console, workers=workers, fail_fast=fail_fast, trusted=trusted)
        return
    if workers is not None or fail_fast:
        raise UserError(f"{directory}: is a single run; --workers and --fail-fast apply only to sweeps")
    resume_run(directory, console, trusted)


def resume_sweep(
    directory: Path, console: Console, *, workers: int | None, fail_fast: bool, trusted: Sequence[str]
) -> None:
    """Train the missing runs of a sweep's plan, with its original launcher, and write its report again.

    Args:
        trusted: packages whose classes the plan may name.

    Raises:
        UserError: if the directory has no plan, a plan that names untrusted classes or would write files elsewhere, or
            a search, which only its own command can resume.
        Stopped: as for `conduct`.
    """
    plan = Plan.read(directory)
    if any(job.phase == "trial" for job in plan.jobs):
        if not plan.to_come and {job.run_id for job in plan.jobs} == finished(plan.jobs, directory).keys():
            _say_done(console, directory, "completed")
            return
        raise UserError(f"{directory}: a search of an earlier version of runner, which this version cannot resume")
    if plan.is_growing:
        command = shlex.join(["runner", *as_typed(plan.command)])
        raise UserError(f"{directory}: its tuning has not ended; to resume it, repeat its command: {command}")
    refuse_links_out(directory)
    for job in plan.jobs:
        refuse_strangers(job.config, trusted)
        check(job.config)
    launcher = _launcher(plan.launcher | ({"workers": workers} if workers else {}))
    with closing(launcher.pool()) as pool:
        conduct(plan, directory, pool, console, dry_run=False, fail_fast=fail_fast)


def resume_run(path: Path, console: Console, trusted: Sequence[str]) -> None:
    """Resume one run from its checkpoint, or else from its start; a finished run stays unchanged.

    Raises:
        UserError: if its record or its configuration cannot be read, another process uses it, or it is a trial that a
            search may stop early.
        Stopped: if it fails or is interrupted again.
    """
    directory = RunDirectory(path)
    directory.read_record()  # without a record, nothing may be written, not even a lock
    refuse_links_out(path)
    with run_lock(path):
        before = directory.read_record()  # its process may have ended it in the meantime
        if before.status in DONE:
            directory.remove_checkpoint()  # still there if the process was killed just after it recorded its end
            _say_done(console, path, before.status)
            return
        refuse_objects(before, path, "resumed")
        config = directory.read_config()
        refuse_strangers(config, trusted)
        if before.code.get("commit") != code_state().get("commit"):
            show_warning(console, "this run started with different code; its result may match neither version.")
        _refuse_pruned_trial(path)
        request = Request.of_record(before, path, in_sweep=(path.parent / PLAN).exists())
        with logged_by(logging.FileHandler(path / "run.log", encoding="utf-8")):
            record = run(config, request, console)
    if code := exit_code(record):
        raise Stopped(code)


def _say_done(console: Console, path: Path, status: str) -> None:
    say(console, f"{path}: already {status}; nothing left to do")


def _refuse_pruned_trial(path: Path) -> None:
    """Raise UserError for a trial with pruning, because only its search can decide when to stop it."""
    home = path.resolve()
    try:
        jobs = Plan.read(home.parent).jobs
    except UserError:  # there is no sweep, or its plan cannot be read
        return
    if any(job.pruning and job.directory == home.name for job in jobs):
        raise UserError(f"{path}: to resume a trial that a pruner may stop, resume its sweep")


def refuse_links_out(directory: Path) -> None:
    """Raise UserError if a link in a directory points outside it, because files would be written elsewhere."""
    home = directory.resolve()
    for folder, below, files in walk(directory):
        for path in (folder / entry for entry in [*below, *files]):
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(
                home
            ):  # resolve() raises for a loop
                raise UserError(f"{path}: a link that points outside {directory}")


def _launcher(spec: dict[str, Any]) -> PoolLauncher:
    name = str(spec.pop("_target_", "")).rpartition(".")[2]
    launchers: dict[str, Any] = {launcher.__name__: launcher for launcher in LAUNCHERS}
    if name in launchers:
        try:
            launcher: PoolLauncher = launchers[name](**spec)
        except TypeError as error:
            raise ConfigError(f"the sweep's launcher: {error}") from error
        return launcher
    raise ConfigError(f"unknown launcher of the sweep: {name}")
