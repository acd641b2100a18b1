"""User errors: shown as one short message, exit code 2 (or 3), no traceback."""

from collections.abc import Iterable
from difflib import get_close_matches

EXIT_FAILED = 1
EXIT_USER_ERROR = 2
EXIT_ENVIRONMENT = 3
EXIT_INTERRUPTED = 130
EXIT_UNREAD = 141  # what a shell says of a program that SIGPIPE ended
EXIT_TERMINATED = 143

_LISTED = 25  # more names would not help
_LONGEST = 300  # characters that a message quotes from a file or a library


class UserError(Exception):
    """An error that the user can fix; its text is the whole message."""

    exit_code = EXIT_USER_ERROR


class ConfigError(UserError):
    """A configuration that cannot be run."""


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return `; did you mean X? (allowed: X, Y, Z)`, without X if none is near, without the list if it is long."""
    names = sorted(allowed)
    close = get_close_matches(name, names, n=1, cutoff=0.5) or [one for one in names if one.lower() == name.lower()]
    suggestion = f"; did you mean {close[0]}?" if close else ""
    return f"{suggestion} (allowed: {', '.join(names)})" if 0 < len(names) <= _LISTED else suggestion


def printable(text: str) -> str:
    """Escape what a terminal would interpret: control characters and line breaks."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter == "\N{NO-BREAK SPACE}" else letter.encode("unicode_escape").decode()
        for letter in text
    )


def shortened(text: str) -> str:
    """Return text from a file or a library for a message: on one line, printable, cut to a limit."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


class Stopped(SystemExit):
    """Ends the process with an exit code; Hydra does not catch it, and the command line shows its cause."""
