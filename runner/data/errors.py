"""What can be wrong with data."""

from runner.config.errors import UserError

_LONGEST = 300  # characters of what a file or a library says, within a message


class DataError(UserError):
    """A file is there, but it is not what it should be; the message names it."""


class DataNotFound(UserError):
    """Nothing is there, and nothing could be downloaded."""


def shortened(text: str) -> str:
    """Return text from a file or a library as it fits into a message: on one line, not too long, all of it visible."""
    line = " ".join(text.split())
    visible = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)
    return visible if len(visible) <= _LONGEST else f"{visible[:_LONGEST]}..."
