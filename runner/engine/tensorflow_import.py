"""Import of TensorFlow without garbage collections and without its native log."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from runner.core.errors import UserError


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


@contextmanager
def native_log_held_back() -> Iterator[None]:
    """Hold back output to file descriptor 2, and show it only if the block fails unexpectedly."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except UserError:
            raise
        except Exception:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
