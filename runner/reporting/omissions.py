"""What a report could not read, and why: files may be damaged, or made to do harm."""

import logging
from collections.abc import Callable
from typing import TypeVar

from runner.core.errors import UserError
from runner.core.text import printable

_LOG = logging.getLogger(__name__)
Value = TypeVar("Value")


class LeftOut:
    """The reasons, each told once, and logged as it comes up."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def add(self, reason: str) -> None:
        """Note one, which names its file."""
        line = printable(reason)
        if line not in self.reasons:
            self.reasons.append(line)
            _LOG.warning("left out: %s", line)

    def unless_read(self, read: Callable[[], Value]) -> Value | None:
        """Return what is read; None where there is no such file, or one that is left out."""
        try:
            return read()
        except FileNotFoundError:
            return None
        except (UserError, ValueError) as error:
            self.add(str(error))
            return None
