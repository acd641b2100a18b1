"""Background import, during training, of what a run needs at its end."""

from contextlib import suppress
from threading import Thread


def import_ahead() -> Thread:
    """Start to import what the test and the figures of a run need, which takes a second; return the thread.

    One compiled call trains an epoch, and meanwhile Python is free.
    """
    thread = Thread(target=_import, daemon=True)
    thread.start()
    return thread


def _import() -> None:
    with suppress(Exception):  # any error: it comes again where the module is used
        import sklearn.metrics  # noqa: F401

        import runner.reporting.report  # noqa: F401
