"""Log of a run, run.log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"  # same as in conf/hydra/job_logging


@contextmanager
def logged_by(handler: logging.Handler) -> Iterator[None]:
    """Send log messages in the block only to a handler, as Hydra does for a run that it starts."""
    root = logging.getLogger()
    before = root.handlers, root.level
    handler.setFormatter(logging.Formatter(_LINE))
    root.handlers, root.level = [handler], logging.INFO
    try:
        yield
    finally:
        root.handlers, root.level = before
        with suppress(OSError):  # on a full disk: the results matter more
            handler.close()
