"""Removal of the items that `runner clean` found: whole runs only, each under its lock."""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

from runner.core.errors import UserError
from runner.core.lock import run_lock
from runner.core.write import set_aside
from runner.sweeps.cleaning.found import Item, record_version


def remove(item: Item, directory: Path) -> None:
    """Remove an item; nothing happens if it is already gone.

    If the process is killed during the removal, it leaves either a whole run, or a directory with a temporary name and
    no record, which is ignored by reports and found by the next `find`.

    Args:
        directory: nothing outside it is removed.

    Raises:
        UserError: if its run is in use or has changed since it was found, or a link now points elsewhere.
        OSError: if the operating system refuses the removal.
    """
    if not os.path.lexists(item.path):
        return
    inside = item.path == directory or Path(os.path.realpath(item.path.parent)).is_relative_to(directory.resolve())
    if not inside or (item.path.is_symlink() and item.kind != "temporary"):
        raise UserError(f"{item.path}: now points outside {directory}")
    with run_lock(item.run) if item.run else nullcontext():
        if item.run and record_version(item.run) != item.version:
            raise UserError(f"{item.run}: has changed since the search; run the command again")
        _delete(item)


def _delete(item: Item) -> None:
    match item.kind:
        case "failed":
            _delete_run(set_aside(item.path))
        case "empty":
            for name in ("run.log", ".lock"):
                (item.path / name).unlink(missing_ok=True)
            item.path.rmdir()  # fails if something was written in the meantime
        case _ if item.path.is_symlink() or not item.path.is_dir():
            item.path.unlink(missing_ok=True)
        case _:
            _delete_run(item.path)


def _delete_run(directory: Path) -> None:
    """Delete a run's directory, its record first: without a record, a directory is not a run."""
    (directory / "record.json").unlink(missing_ok=True)
    shutil.rmtree(directory)
