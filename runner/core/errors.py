"""Errors shown as one short message without a traceback, and the program's exit codes."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXIT_FAILED = 1
EXIT_USER_ERROR = 2
EXIT_ENVIRONMENT = 3
EXIT_INTERRUPTED = 130
EXIT_UNREAD = 141  # a shell's exit code for a program killed by SIGPIPE
EXIT_TERMINATED = 143


class UserError(Exception):
    """An error that the user can fix; its text is the whole message."""

    exit_code = EXIT_USER_ERROR


class ConfigError(UserError):
    """A configuration that cannot be run."""


class Stopped(SystemExit):
    """Exception that ends the process with an exit code; Hydra does not catch it, and the CLI shows its cause."""


_START_AGAIN = "then start again: files already written are kept"
_ELSEWHERE = "choose another directory (hydra.run.dir=..., hydra.sweep.dir=... or --out)"
_OPEN_FILES = f"raise the limit (ulimit -n) or use fewer workers (hydra.launcher.workers=1), {_START_AGAIN}"
_LOOK = "check the disk or network share"
_DISK = f"{_LOOK}, {_START_AGAIN}"
# Any operation may raise these, even inside a library, and every later run would fail in the same way.
_MACHINE = {
    errno.ENOSPC: f"no space left on the disk; make room, {_START_AGAIN}",
    errno.EDQUOT: f"the disk quota is used up; make room, {_START_AGAIN}",
    errno.EROFS: f"the file system is read-only; {_ELSEWHERE}",
    errno.EMFILE: f"too many open files; {_OPEN_FILES}",
    errno.ENFILE: f"too many open files on this machine; {_OPEN_FILES}",
    errno.EFBIG: f"the file exceeds the size limit; raise the limit (ulimit -f), {_START_AGAIN}",
    errno.EIO: f"input/output error; {_DISK}",
    errno.ESTALE: f"stale file handle; {_DISK}",
}
_FILES = {
    errno.EACCES: f"permission denied; {_ELSEWHERE}",
    errno.EPERM: f"permission denied; {_ELSEWHERE}",
    errno.ENAMETOOLONG: "the name is too long; choose a directory with a shorter name (hydra.run.dir=...)",
}


class EnvironmentFault(UserError):
    """A machine fault that stops the program; the same command works once it is fixed."""

    exit_code = EXIT_ENVIRONMENT


def fault(error: OSError, path: str | Path | None = None) -> EnvironmentFault:
    """Translate an operating system error into an EnvironmentFault.

    Args:
        path: the file being written, if the error contains a different one.
    """
    path = path or error.filename
    said = (_MACHINE | _FILES).get(error.errno or 0, f"{error.strerror}; {_ELSEWHERE}")
    if path and error.errno == errno.ENOENT and not Path(path).parent.is_dir():
        path, said = Path(path).parent, f"the directory is gone; if nobody removed it, {_LOOK}, then start again"
    return EnvironmentFault(f"{path}: {said}" if path else said)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Translate operating system errors in the block into an EnvironmentFault that names the path."""
    try:
        yield
    except Exception as error:  # libraries wrap the error, or fail again during cleanup
        if (refused := _refused(error)) is None:
            raise
        raise fault(refused, path) from error


@contextmanager
def machine_faults() -> Iterator[None]:
    """Turn errors that would affect every other run into an EnvironmentFault."""
    try:
        yield
    except EnvironmentFault:
        raise
    except Exception as error:
        if (refused := _refused(error)) is None or refused.errno not in _MACHINE:
            raise
        raise fault(refused) from error


def _refused(error: BaseException | None) -> OSError | None:
    """Return the first operating system error among an error and its causes, else None."""
    seen: list[BaseException] = []  # a re-raised error may be its own cause
    while error is not None and error not in seen:
        if isinstance(error, OSError) and error.errno is not None:
            return error
        seen.append(error)
        error = error.__cause__ or error.__context__
    return None
