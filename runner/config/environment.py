"""What the machine refuses: a full disk, a directory that is gone. One message, exit code 3; no run is at fault."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.config.errors import EXIT_ENVIRONMENT, UserError

_START_AGAIN = "then start again: what is written is kept"
_ELSEWHERE = "choose another directory (hydra.run.dir=..., hydra.sweep.dir=... or --out)"
_OPEN_FILES = f"raise the limit (ulimit -n) or take fewer workers (hydra.launcher.workers=1), {_START_AGAIN}"
_LOOK = "see whether the disk, or the network share, is all right"
_DISK = f"{_LOOK}, {_START_AGAIN}"
# Whatever is done meets these, also what is not ours: each run would fail like the one before.
_MACHINE = {
    errno.ENOSPC: f"no space left on the disk; make room, {_START_AGAIN}",
    errno.EDQUOT: f"the disk quota is used up; make room, {_START_AGAIN}",
    errno.EROFS: f"the file system is read-only; {_ELSEWHERE}",
    errno.EMFILE: f"too many open files; {_OPEN_FILES}",
    errno.ENFILE: f"too many open files on this machine; {_OPEN_FILES}",
    errno.EFBIG: f"the file grows larger than it may; raise the limit (ulimit -f), {_START_AGAIN}",
    errno.EIO: f"the disk does not work; {_DISK}",
    errno.ESTALE: f"the file is no longer what it was; {_DISK}",
}
_FILES = {
    errno.EACCES: f"permission denied; {_ELSEWHERE}",
    errno.EPERM: f"permission denied; {_ELSEWHERE}",
    errno.ENAMETOOLONG: "the name is too long; choose a directory with a shorter one (hydra.run.dir=...)",
}


class EnvironmentFault(UserError):
    """The machine does not let the program go on; the same command does so once that is mended."""

    exit_code = EXIT_ENVIRONMENT


def fault(error: OSError, path: str | Path | None = None) -> EnvironmentFault:
    """Return what to tell of the operating system's error.

    Args:
        path: what was being written, if it is not the error's own file.
    """
    path = path or error.filename
    said = (_MACHINE | _FILES).get(error.errno or 0, f"{error.strerror}; {_ELSEWHERE}")
    if path and error.errno == errno.ENOENT and not Path(path).parent.is_dir():
        path, said = Path(path).parent, f"the directory is gone; if nobody removed it, {_LOOK}, then start again"
    return EnvironmentFault(f"{path}: {said}" if path else said)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn whatever the operating system refuses in the block into an EnvironmentFault about the path."""
    try:
        yield
    except Exception as error:  # libraries wrap what they are told, or fail once more while they clean up
        if (refused := _refused(error)) is None:
            raise
        raise fault(refused, path) from error


@contextmanager
def machine_faults() -> Iterator[None]:
    """Turn what would meet every other run too, whoever it was told, into an EnvironmentFault."""
    try:
        yield
    except EnvironmentFault:
        raise
    except Exception as error:
        if (refused := _refused(error)) is None or refused.errno not in _MACHINE:
            raise
        raise fault(refused) from error


def _refused(error: BaseException | None) -> OSError | None:
    """Return the operating system's error that an error is, or came from."""
    seen: list[BaseException] = []  # what is raised again may come from itself
    while error is not None and error not in seen:
        if isinstance(error, OSError) and error.errno is not None:
            return error
        seen.append(error)
        error = error.__cause__ or error.__context__
    return None
