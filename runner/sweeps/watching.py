"""Watching runs that other processes or machines train, until all have ended: `runner report --watch`."""

import shlex
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.live import Live
from rich.text import Text

from runner.config.errors import UserError
from runner.sweeps.watched import Reader, Watched

_PATIENCE = 60.0  # seconds for a command that was started at the same time to make its directory
_PATIENCE_WITH_CHECKS = 600.0  # for a sweep that has begun, but checks all its variants before it writes its plan


def watch(directories: Sequence[Path], console: Console, interval: float) -> None:
    """Show how far the runs in the directories are, until all have ended; without a terminal wait in silence.

    Args:
        interval: seconds between two looks.

    Raises:
        UserError: if one of the directories holds no run and no sweep, after a while.
    """
    reader = Reader()
    started = time.monotonic()
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    with live or nullcontext():
        while True:
            looks = {path: reader.watched(path) for path in _directories(directories)}
            if live:
                live.update(_view(looks, console.size), refresh=True)
            if all(found and all(one.is_over for one in found) for found in looks.values()):
                return
            _lose_patience([path for path, found in looks.items() if not found], time.monotonic() - started)
            time.sleep(interval)


def _directories(paths: Sequence[Path]) -> list[Path]:
    """Return the paths that may hold runs: a pattern such as SWEEP/* names files too, as the report knows."""
    return [path for path in paths if len(paths) == 1 or not path.is_file()]


def _lose_patience(empty: Sequence[Path], seconds: float) -> None:
    for path in empty:
        is_checked = (path / "multirun.yaml").exists()
        if path.is_file() or seconds > (_PATIENCE_WITH_CHECKS if is_checked else _PATIENCE):
            raise UserError(f"{path}: nothing to watch (no plan of a sweep, no run in or below it)")


def _view(looks: dict[Path, list[Watched]], screen: ConsoleDimensions) -> RenderableType:
    found = [one for watched in looks.values() for one in watched]
    views: list[RenderableType] = [
        Text(f"{path}: no run yet; waiting for one", style="yellow") for path, watched in looks.items() if not watched
    ]
    for one in found:
        views += [Text(str(one.path), style="dim")] if len(found) > 1 else []
        views += one.views(ConsoleDimensions(screen.width, screen.height // len(found)))
    open_ones = [one for one in found if not one.is_over]
    if open_ones and all(one.is_idle for one in open_ones):
        command = shlex.join(["runner", "resume", str(open_ones[0].path)])
        views.append(Text(f"nothing trains at the moment; {command} goes on", style="yellow"))
    if open_ones:
        views.append(Text("Ctrl-C ends the watching, not the runs", style="dim"))
    return Group(*views)
