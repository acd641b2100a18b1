"""The import of TensorFlow, without what Python does beside it in vain."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Import in the block without garbage collections, unless TensorFlow is there already.

    They take a sixth of the time that importing it takes, and find nothing. What is there at the end is left out of all
    later collections: a training of seconds spends a tenth of them there.
    """
    if "tensorflow" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
