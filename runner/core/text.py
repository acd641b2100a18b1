"""Text of messages: counts, durations, similar names, escaped characters, shortened quotes."""

from collections.abc import Iterable
from difflib import get_close_matches

_LISTED = 28  # a longer list of names would not help
_LONGEST = 300  # characters; messages shorten longer quotes from files and libraries
_LONGEST_WORD = 60  # a longer one, such as a path or a URL, is cut


def counted(number: int, noun: str) -> str:
    """Return `1 run` or `2 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """Return a time such as `3 min 20 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return `; did you mean X? (allowed: X, Y, Z)`, without X if none is similar, or without a long list."""
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
    """Return text from a file or a library for a message: on one line, printable, and truncated after a whole word."""
    line = printable(" ".join(text.split()))
    if len(line) <= _LONGEST:
        return line
    end = line.rfind(" ", _LONGEST - _LONGEST_WORD, _LONGEST + 1)
    return f"{line[: end if end > 0 else _LONGEST].rstrip(' ,;:.')}..."
