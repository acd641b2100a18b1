"""Ctrl-C that is not lost, and SIGTERM and SIGHUP, which are taken for it."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from runner.core.errors import EXIT_INTERRUPTED, EXIT_TERMINATED

_ENDS = (signal.SIGTERM, signal.SIGHUP)  # of a cluster or container, and of a terminal that is closed
_PATIENCE = 4.0  # seconds from SIGTERM to the end; clusters and containers kill what is there after 5 or more


class Interruption:
    """Notes a SIGINT, beside raising KeyboardInterrupt; a context manager.

    Python drops an exception that is raised while an object is being deleted, and TensorFlow's objects are deleted in
    Python code all the time: an interruption that comes just then would have no effect.
    """

    def __init__(self, last_words: Callable[[], None]) -> None:
        """Take what is to be done if the process must end at once, in another thread, while the block goes on."""
        self._noted = False
        self._last_words = last_words
        self._speaking = threading.Lock()

    def __enter__(self) -> Self:
        self._in_charge = _in_main_thread()  # others may not set handlers
        if self._in_charge:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._in_charge:
            with self._speaking:  # what follows the block must not be mixed up with them
                signal.signal(signal.SIGINT, self._before)
        if self._noted and isinstance(error, Exception):  # what was interrupted may end in an error of its own
            raise KeyboardInterrupt from error

    def check(self) -> None:
        """Raise KeyboardInterrupt if there was one."""
        if self._noted:
            raise KeyboardInterrupt

    def _note(self, *_: object) -> None:
        self._noted = True
        raise KeyboardInterrupt

    def end_process(self, exit_code: int) -> None:
        """End the process; with the last words, if the block goes on."""
        with self._speaking:
            try:
                if signal.getsignal(signal.SIGINT) == self._note:
                    self._last_words()
            finally:
                os._exit(exit_code)


class Termination:
    """Takes SIGTERM for a Ctrl-C, and ends the process if it is still there some seconds later; a context manager.

    So it does with SIGHUP, unless that is ignored (`nohup`).
    Python's handlers wait for native code to return, and an epoch is one call of it. So it is a thread that sees to the
    end, woken by what the interpreter writes into a socket at once. It does so also after the block.
    """

    def __init__(self) -> None:
        self._noted = False

    def __enter__(self) -> Self:
        self._in_charge = _in_main_thread()
        if self._in_charge:
            ear, self._mouth = socket.socketpair()
            self._mouth.setblocking(False)
            self._mouth_before = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
            heeded = [end for end in _ENDS if signal.getsignal(end) != signal.SIG_IGN]
            self._before = {end: signal.signal(end, self._interrupt) for end in heeded}
            threading.Thread(target=_listen, args=(ear,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._in_charge:
            for end, handler in self._before.items():
                signal.signal(end, handler)
            signal.set_wakeup_fd(self._mouth_before)
            self._mouth.close()  # which ends the thread, if there was no such signal

    def exit_code(self, code: int) -> int:
        """Return the exit code to end with: that of an interruption by SIGTERM or SIGHUP is not that by Ctrl-C."""
        return EXIT_TERMINATED if self._noted and code == EXIT_INTERRUPTED else code

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._noted = True
        handler = signal.getsignal(signal.SIGINT)  # ignored in a shell's background, where SIGTERM is not
        (handler if callable(handler) else signal.default_int_handler)(number, frame)


def _listen(ear: socket.socket) -> None:
    with ear:
        while heard := ear.recv(64):
            if any(end in heard for end in _ENDS):
                time.sleep(_PATIENCE)
                in_charge = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
                if isinstance(in_charge, Interruption):
                    in_charge.end_process(EXIT_TERMINATED)
                os._exit(EXIT_TERMINATED)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
