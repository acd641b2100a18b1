"""Import of TensorFlow without garbage collections."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Suspend garbage collection in the block, unless TensorFlow is already imported.

    Collections take a sixth of the import time and free nothing. Objects that exist at the end are excluded from later
    collections, which would take a tenth of a short training.
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
