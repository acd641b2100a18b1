"""Garbage collection, suspended where it takes time and frees nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collections() -> Iterator[None]:
    """Suspend garbage collection in the block, and exclude the objects that exist at its end from later collections.

    It is meant for imports, whose objects are never freed.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
