"""Where the process writes what is printed, also by native code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from runner.core.errors import writing


@contextmanager
def output_in(path: Path) -> Iterator[TextIO]:
    """Append all output of this process, and of those that it starts in the block, to a file; yield the file."""
    with writing(path):
        stream = path.open("a", encoding="utf-8")
    _flush()
    terminal = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    try:
        for descriptor in terminal:
            os.dup2(stream.fileno(), descriptor)
        yield stream
    finally:
        _flush()
        for descriptor, original in terminal.items():
            os.dup2(original, descriptor)
            os.close(original)
        with suppress(OSError):
            stream.close()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # of a full disk: the results are what matters, not what was said
            stream.flush()
