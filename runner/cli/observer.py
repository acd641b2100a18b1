"""Observer of a command: callbacks that get its directory, or the composed run instead of training it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.run.request import Request


def _ignore(_: Path) -> None:
    pass


@dataclass(frozen=True)
class Observer:
    """Functions that a command calls.

    Args:
        begun: called with the directory of the run or sweep before the first file is written there.
        composed: called with the resolved configuration and the request of a single run, instead of training it.
    """

    begun: Callable[[Path], None] = _ignore
    composed: "Callable[[dict[str, Any], Request], None] | None" = None
