"""Redirection of standard output and standard error, including what native code prints."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from runner.core.errors import UserError, writing


@contextmanager
def output_in(path: Path) -> Iterator[TextIO]:
    """Append all output of this process, and of those that it starts in the block, to a file; yield the file."""
    with writing(path):
        stream = path.open("a", encoding="utf-8")
    try:
        with _redirected(stream.fileno(), 1, 2):
            yield stream
    finally:
        with suppress(OSError):
            stream.close()


@contextmanager
def errors_held_back() -> Iterator[None]:
    """Hold back what the block writes to standard error, and show it only if the block fails unexpectedly."""
    with tempfile.TemporaryFile() as held, _redirected(held.fileno(), 2) as originals:
        try:
            yield
        except UserError:
            raise
        except Exception:
            held.seek(0)
            os.write(originals[2], held.read())
            raise


@contextmanager
def _redirected(target: int, *descriptors: int) -> Iterator[Mapping[int, int]]:
    """Redirect file descriptors to a single one; yield a duplicate of each original."""
    _flush()
    originals = {descriptor: os.dup(descriptor) for descriptor in descriptors}
    try:
        for descriptor in descriptors:
            os.dup2(target, descriptor)
        yield originals
    finally:
        _flush()
        for descriptor, original in originals.items():
            os.dup2(original, descriptor)
            os.close(original)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # a full disk: the results matter, the messages do not
            stream.flush()
