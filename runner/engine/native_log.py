"""Suppression of the native log that TensorFlow's C++ code writes to stderr while it loads."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from runner.config.errors import UserError


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
