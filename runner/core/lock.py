"""Lock on a run directory: one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from runner.core.errors import UserError, writing

_FILE = ".lock"
_PATIENCE = 0.5  # seconds; `is_locked` in another process holds the lock for an instant


class Locked(UserError):
    """A run that is in use by another process."""


@contextmanager
def run_lock(directory: Path, *, wait: bool = False, of: str = "run") -> Iterator[None]:
    """Hold the run's lock in the block. The operating system releases it if the holder dies.

    If the file is removed during the wait, `filelock` retries with a new one.

    Args:
        wait: whether to wait while another process uses the run.
        of: content of the directory, for the message.

    Raises:
        Locked: if another process uses it, and `wait` is false.
        EnvironmentFault: if the lock file cannot be written.
    """
    lock = FileLock(directory / _FILE, timeout=-1 if wait else _PATIENCE)
    try:
        with writing(directory / _FILE):
            lock.acquire()
    except Timeout as error:
        raise Locked(f"{directory}: this {of} is in use by another process") from error
    try:
        yield
    finally:
        _release(lock, directory / _FILE)


@contextmanager
def waiting_lock(file: Path) -> Iterator[None]:
    """Wait for the lock of a file, and hold it in the block; the file is removed afterwards.

    Raises:
        EnvironmentFault: if the file cannot be written.
    """
    lock = FileLock(file)
    with writing(file):
        lock.acquire()
    try:
        yield
    finally:
        _release(lock, file)


def _release(lock: BaseFileLock, file: Path) -> None:
    with suppress(OSError):  # a leftover file blocks nobody
        file.unlink()
    lock.release()


def is_locked(directory: Path) -> bool:
    """Return whether a process uses the run.

    It is called repeatedly during a run. Unlike `FileLock`, it never creates the file, even if the lock vanishes at
    that moment, and needs no write permission.
    """
    try:
        # The directory may be untrusted: do not follow a link or wait for a pipe.
        descriptor = os.open(directory / _FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return isinstance(error, PermissionError)  # the lock exists and belongs to another user
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
