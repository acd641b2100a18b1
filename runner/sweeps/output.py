"""Where the process writes what is printed, also by native code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def output_in(path: Path) -> Iterator[TextIO]:
    """Append all output of this process, and of those that it starts in the block, to a file; yield the file."""
    sys.stdout.flush()
    sys.stderr.flush()
    terminal = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    with path.open("a", encoding="utf-8") as stream:
        try:
            for descriptor in terminal:
                os.dup2(stream.fileno(), descriptor)
            yield stream
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, original in terminal.items():
                os.dup2(original, descriptor)
                os.close(original)
