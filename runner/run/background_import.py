"""Background import, during training, of the modules that a run needs at its end."""

from contextlib import suppress
from threading import Thread


def import_ahead() -> Thread:
    """Start importing the modules for a run's test and figures, which takes a second; return the thread.

    An epoch is one compiled call, during which Python is idle.
    """
    thread = Thread(target=_import, daemon=True)
    thread.start()
    return thread


def _import() -> None:
    with suppress(Exception):  # an error recurs where the module is used
        import runner.reporting.run_report  # noqa: F401
