"""Omissions: files that could not be read because they are damaged or hostile, each with its reason."""

import logging
from collections.abc import Callable
from typing import TypeVar

from runner.core.errors import UserError
from runner.core.text import printable

_LOG = logging.getLogger(__name__)
Value = TypeVar("Value")


class LeftOut:
    """List of reasons without repetition; each is logged when it is added."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def add(self, reason: str) -> None:
        """Add a reason, which names its file."""
        line = printable(reason)
        if line not in self.reasons:
            self.reasons.append(line)
            _LOG.warning("left out: %s", line)

    def unless_read(self, read: Callable[[], Value]) -> Value | None:
        """Return the result of `read`; None if the file is missing, or unreadable and therefore left out."""
        try:
            return read()
        except FileNotFoundError:
            return None
        except (UserError, ValueError) as error:
            self.add(str(error))
            return None
