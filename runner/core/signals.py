"""Signal handling: no Ctrl-C is lost or interrupts a cleanup; SIGTERM and SIGHUP act like Ctrl-C."""

import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from runner.core.errors import EXIT_INTERRUPTED, EXIT_TERMINATED

_ENDS = (signal.SIGTERM, signal.SIGHUP)  # sent by a cluster or container, and by a closed terminal
_PATIENCE = 4.0  # seconds until the process ends; clusters and containers kill it 5 or more seconds after SIGTERM
_AGAIN = 1.0  # seconds within which another signal counts as a repetition of the first


class Interruption:
    """Context manager that raises KeyboardInterrupt for a SIGINT, and remembers it.

    Python drops an exception that is raised while an object is being deleted. TensorFlow deletes objects in Python code
    all the time, so a Ctrl-C at such a moment would have no effect if it were not remembered.
    """

    def __init__(self, last_words: Callable[[], None]) -> None:
        """Register a function to call, in another thread, if the process must end while the block still runs."""
        self._noted = False
        self._last_words = last_words
        self._speaking = threading.Lock()

    def __enter__(self) -> Self:
        self._in_charge = _in_main_thread()  # other threads may not set handlers
        if self._in_charge:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._in_charge:
            with self._speaking:  # the last words must not overlap with what follows the block
                signal.signal(signal.SIGINT, self._before)
        if self._noted and isinstance(error, Exception):  # the interrupted code may have raised another error
            raise KeyboardInterrupt from error

    def check(self) -> None:
        """Raise KeyboardInterrupt if a SIGINT has arrived."""
        if self._noted:
            raise KeyboardInterrupt

    def _note(self, *_: object) -> None:
        self._noted = True
        raise KeyboardInterrupt

    def end_process(self, exit_code: int) -> None:
        """End the process; if the block still runs, call `last_words` first."""
        with self._speaking:
            try:
                if signal.getsignal(signal.SIGINT) == self._note:
                    self._last_words()
            finally:
                os._exit(exit_code)


class FirstInterruption:
    """Context manager for a block that cleans up after a SIGINT: signals after the first do not interrupt it.

    A process often gets several signals: `timeout` signals the process and its group, and users press Ctrl-C again.
    """

    def __init__(self) -> None:
        self._first = -math.inf  # time of the last SIGINT that was raised
        self._is_cleaning_up = False

    def __enter__(self) -> Self:
        self._in_charge = _in_main_thread()
        if self._in_charge:
            self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._in_charge:
            signal.signal(signal.SIGINT, self._before)

    def begin_cleanup(self) -> None:
        """Ignore all further signals until the end of the block."""
        self._is_cleaning_up = True

    def _interrupt(self, number: int, _: object) -> None:
        is_ignored = number == signal.SIGINT and self._before == signal.SIG_IGN  # as in a shell's background jobs
        again = time.monotonic() - self._first < _AGAIN  # later, the first exception may have been dropped
        if not (self._is_cleaning_up or is_ignored or again):
            self._first = time.monotonic()
            raise KeyboardInterrupt


class Termination:
    """Context manager that treats SIGTERM as a Ctrl-C, and ends the process if it still runs some seconds later.

    SIGHUP is treated in the same way, unless it is ignored (`nohup`).
    Python's handlers wait for native code to return, and an epoch is one native call. Therefore a thread ends the
    process, even after the block. The interpreter wakes the thread at once, by writing the signal to a socket.
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
            self._mouth.close()  # ends the thread, unless a signal has arrived

    def exit_code(self, code: int) -> int:
        """Return the exit code; an interruption by SIGTERM or SIGHUP has a different one from Ctrl-C."""
        return EXIT_TERMINATED if self._noted and code == EXIT_INTERRUPTED else code

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._noted = True
        handler = signal.getsignal(signal.SIGINT)  # a shell's background jobs ignore SIGINT, but not SIGTERM
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
