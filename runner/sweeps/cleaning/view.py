"""Display of the items that `runner clean` has found, and their removal on request."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from runner.core.errors import EXIT_FAILED, EnvironmentFault, Stopped, UserError
from runner.core.terminal import say
from runner.core.text import counted
from runner.sweeps.cleaning.found import Found, Item, Kind, Wish, find, total
from runner.sweeps.cleaning.removal import remove

_TITLES: dict[Kind, str] = {
    "temporary": "temporary files of killed processes",
    "checkpoint": "checkpoints of finished runs",
    "empty": "empty directories of runs that never started",
    "failed": "failed runs",
    "model": "models (model.keras)",
}
_FLAGS: dict[Kind, str] = {"failed": "--failed", "model": "--models"}


def clean(directory: Path, wish: Wish, console: Console, *, command: str, confirmed: bool) -> None:
    """Show the items that a selection would remove below a directory, with their sizes; if confirmed, remove them.

    Args:
        command: the command for this selection, without confirmation.

    Raises:
        UserError: if there is no such directory, or it is a link.
        Stopped: at the end, with exit code 1, if something could not be removed.
    """
    if ".." in directory.parts:  # the last part of such a path may not be a name
        directory = directory.resolve()
    found = find(directory, wish)
    for path, reason in found.kept.items():
        console.print(f"kept: {path}: {reason}", soft_wrap=True)
    failed = _removed(found.items, directory, console) if confirmed else {}
    gone = [item for item in found.items if item not in failed]
    for item in gone:
        console.print(f"{decimal(item.size):>10}  {item.path}", soft_wrap=True)
    if gone:
        console.print(_table(gone, "removed" if confirmed else "to remove"))
    if found.items and not confirmed:
        say(console, f"nothing was removed; to remove these: {command} --yes")
    elif not found.items:
        say(console, f"nothing to remove in {directory}")
    for flag, text in _unasked(found):
        say(console, f"with {flag}: {text} more")
    for item, reason in failed.items():
        console.print(f"not removed: {item.path}: {reason}", soft_wrap=True, style="red")
    if failed:
        raise Stopped(EXIT_FAILED)


def _removed(items: Iterable[Item], directory: Path, console: Console) -> dict[Item, str]:
    """Remove items; return those that could not be removed, with the reason."""
    failed: dict[Item, str] = {}
    with console.status("removing"):
        for item in items:
            try:
                remove(item, directory)
            except EnvironmentFault as error:  # the advice in its text is for runs
                failed[item] = str(error).partition(";")[0]
            except UserError as error:
                failed[item] = str(error)
            except OSError as error:
                failed[item] = f"{error.strerror} ({error.filename})"
    return failed


def _table(items: Sequence[Item], heading: str) -> Table:
    table = Table(heading, box=None, pad_edge=False)
    for name in ("number", "size"):
        table.add_column(name, justify="right")
    for kind, title in _TITLES.items():
        if own := [item for item in items if item.kind == kind]:
            table.add_row(title, str(len(own)), decimal(total(own)))
    table.add_row("total", str(len(items)), decimal(total(items)), style="bold")
    return table


def _unasked(found: Found) -> Iterable[tuple[str, str]]:
    for kind, flag in _FLAGS.items():
        if own := [item for item in found.unasked if item.kind == kind]:
            noun = "failed run" if kind == "failed" else "model"
            yield flag, f"up to {counted(len(own), noun)}, {decimal(total(own))}"
