"""A run's log, run.log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"  # as conf/hydra/job_logging has it


@contextmanager
def logged_by(handler: logging.Handler) -> Iterator[None]:
    """Send what is logged in the block to a handler alone, as Hydra does for a run that it starts."""
    root = logging.getLogger()
    before = root.handlers, root.level
    handler.setFormatter(logging.Formatter(_LINE))
    root.handlers, root.level = [handler], logging.INFO
    try:
        yield
    finally:
        root.handlers, root.level = before
        with suppress(OSError):  # of a full disk: the results are what matters
            handler.close()
