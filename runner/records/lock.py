"""One process at a time for a run directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from runner.config.environment import writing
from runner.config.errors import UserError

_FILE = ".lock"
_PATIENCE = 0.5  # seconds; who only asks whether a run is going on holds the lock for an instant


class Locked(UserError):
    """Another process is at the run."""


@contextmanager
def run_lock(directory: Path, *, wait: bool = False, of: str = "run") -> Iterator[None]:
    """Hold the run's lock in the block. The operating system lets go of it when its holder dies.

    Who waits for a file that is removed meanwhile tries again with a new one (`filelock` sees to that).

    Args:
        wait: for as long as another process is at the run.
        of: what it is that lies in the directory.

    Raises:
        Locked: if another process is at it, without `wait`.
        EnvironmentFault: if the machine refuses.
    """
    lock = FileLock(directory / _FILE, timeout=-1 if wait else _PATIENCE)
    try:
        with writing(directory / _FILE):
            lock.acquire()
    except Timeout as error:
        raise Locked(f"{directory}: another process is at this {of}") from error
    try:
        yield
    finally:
        with suppress(OSError):  # it holds nobody up where it stays
            (directory / _FILE).unlink()
        lock.release()


def is_locked(directory: Path) -> bool:
    """Say whether a process is at the run.

    It is asked again and again while the run goes on, so it makes no file, as `FileLock` would of a lock that goes
    away just then, and needs no right to write.
    """
    try:
        # Of a stranger's directory: no link is followed, and no pipe is waited for.
        descriptor = os.open(directory / _FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return isinstance(error, PermissionError)  # there is one, of somebody else's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
