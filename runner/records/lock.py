"""One process at a time for a run directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_FILE = ".lock"
_PATIENCE = 0.5  # seconds; who only asks whether a run is going on holds the lock for an instant


class Locked(Exception):
    """Another process is at the run."""


@contextmanager
def run_lock(directory: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the run's lock in the block. The operating system lets go of it when its holder dies.

    Who waits for a file that is removed meanwhile tries again with a new one (`filelock` sees to that).

    Args:
        wait: for as long as another process is at the run.

    Raises:
        Locked: if another process is at it, without `wait`.
    """
    lock = FileLock(directory / _FILE, timeout=-1 if wait else _PATIENCE)
    try:
        lock.acquire()
    except Timeout as error:
        raise Locked(f"{directory}: another process is at this run") from error
    try:
        yield
    finally:
        (directory / _FILE).unlink(missing_ok=True)
        lock.release()


def is_locked(directory: Path) -> bool:
    """Say whether a process is at the run."""
    if not (directory / _FILE).exists():
        return False
    lock = FileLock(directory / _FILE, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False
