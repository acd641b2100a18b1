"""Files that the server may send: files of runs, sweeps and reports below one directory, with listed suffixes.

A request's path is split once, and each part is opened below its parent without following links. Therefore neither
`..`, encoded or not, nor a link can escape the directory, even if the link appears during the request.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from runner.gallery.answer import HTML
from runner.gallery.entries import RECORD
from runner.gallery.findings import AGGREGATE
from runner.records.sweep_directory import PLAN, PLAN_TABLE

# Model and array files are excluded: browsers cannot show them, and loading an untrusted pickle or model can run code.
KINDS = {
    ".html": HTML,
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
} | dict.fromkeys((".csv", ".json", ".log", ".md", ".tex", ".yaml"), "text/plain; charset=utf-8")
_OWN = (RECORD, PLAN, PLAN_TABLE, AGGREGATE)  # a directory without any of these is not served
_DIGITS = re.compile(r"(\d+)")
_LARGEST = 256 * 2**20  # bytes


class NotServed(Exception):
    """A path that is not served."""


def parts_of(path: str) -> tuple[str, ...]:
    """Return the names in a URL's path, decoded once.

    Raises:
        NotServed: if a name is empty, hidden or `..`, or contains a separator or a control character.
    """
    if not path.startswith("/"):
        raise NotServed
    names = path[1:].removesuffix("/").split("/") if path != "/" else []
    decoded = tuple(unquote(name, errors="surrogateescape") for name in names)
    for name in decoded:
        if not name or name.startswith(".") or any(letter in "/\\\0" or ord(letter) < 32 for letter in name):
            raise NotServed
    return decoded


def read_file(root: Path, parts: Sequence[str]) -> tuple[bytes, str]:
    """Return a file's content and its media type.

    Raises:
        NotServed: if the file is not served.
    """
    if not parts or (kind := KINDS.get(Path(parts[-1]).suffix)) is None:
        raise NotServed
    with _directory(root, parts[:-1]) as folder:
        if not _is_ours(folder):
            raise NotServed
        with _opened(parts[-1], os.O_RDONLY | os.O_NONBLOCK, folder) as file:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                raise NotServed
            with open(file, "rb", closefd=False) as stream:
                return stream.read(_LARGEST), kind


def list_files(root: Path, parts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names of the served files in a served directory, and of the served directories below it.

    Raises:
        NotServed: if the directory is not served.
    """
    with _directory(root, parts) as folder:
        if not _is_ours(folder):
            raise NotServed
        with os.scandir(folder) as found:
            entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=_in_order)
        files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        below = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        return [name for name in files if Path(name).suffix in KINDS], [name for name in below if _is_one(folder, name)]


def _in_order(entry: os.DirEntry[str]) -> list[tuple[int, str]]:
    """Return a natural sort key: seed=2 before seed=1000."""
    parts = _DIGITS.split(entry.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _is_one(folder: int, name: str) -> bool:
    try:
        with _opened(name, os.O_RDONLY | os.O_DIRECTORY, folder) as below:
            return _is_ours(below)
    except NotServed:
        return False


def _is_ours(folder: int) -> bool:
    return any(_exists(name, folder) for name in _OWN)


def _exists(name: str, folder: int) -> bool:
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


@contextmanager
def _directory(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """Yield the descriptor of a directory below the root."""
    if not parts:
        with _opened(root, os.O_RDONLY | os.O_DIRECTORY, None, link=0) as folder:
            yield folder
        return
    with _directory(root, parts[:-1]) as above, _opened(parts[-1], os.O_RDONLY | os.O_DIRECTORY, above) as folder:
        yield folder


@contextmanager
def _opened(name: str | Path, flags: int, folder: int | None, link: int = os.O_NOFOLLOW) -> Iterator[int]:
    try:
        descriptor = os.open(name, flags | link | os.O_CLOEXEC, dir_fd=folder)
    except (OSError, ValueError) as error:
        raise NotServed from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
