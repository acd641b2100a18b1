"""Import of TensorFlow and Keras without garbage collections, and without parts of Keras that no run uses."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from runner.core.garbage import no_collections
from runner.engine.setup.deferred_import import unused_parts_deferred


@contextmanager
def quick_import() -> Iterator[None]:
    """Suspend garbage collection in the block and defer unused parts of Keras, unless TensorFlow is already imported.

    Collections take a sixth of the import time and free nothing. Objects that exist at the end are excluded from later
    collections, which would take a tenth of a short run.
    """
    if "tensorflow" in sys.modules or not gc.isenabled():
        yield
        return
    with no_collections(), unused_parts_deferred():
        yield
