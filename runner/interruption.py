"""Ctrl-C that is not lost."""

import signal
import threading
from types import TracebackType
from typing import Self


class Interruption:
    """Notes a SIGINT, beside raising KeyboardInterrupt; a context manager.

    Python drops an exception that is raised while an object is being deleted, and TensorFlow's objects are deleted in
    Python code all the time: an interruption that comes just then would have no effect.
    """

    def __init__(self) -> None:
        self._noted = False

    def __enter__(self) -> Self:
        self._in_charge = threading.current_thread() is threading.main_thread()  # others may not set handlers
        if self._in_charge:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._in_charge:
            signal.signal(signal.SIGINT, self._before)

    def check(self) -> None:
        """Raise KeyboardInterrupt if there was one."""
        if self._noted:
            raise KeyboardInterrupt

    def _note(self, *_: object) -> None:
        self._noted = True
        raise KeyboardInterrupt
