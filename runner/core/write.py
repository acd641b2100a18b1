"""Atomic writing: a file appears complete or not at all."""

import csv
import io
import json
import os
import platform
import re
import shutil
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from runner.core.csv_cells import inert
from runner.core.errors import writing

_TEMPORARY = re.compile(r"\..+\.([0-9a-f]{8})-(\d+)(\.\w+)?")  # .NAME.MACHINE-PROCESS.SUFFIX


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`, which is renamed to `path` if the block succeeds.

    The temporary name keeps the suffix, from which some writers choose their format.

    Raises:
        EnvironmentFault: if the file cannot be written; an existing file is kept.
    """
    temporary = path.with_name(f".{path.stem}.{_machine()}-{os.getpid()}{path.suffix}")
    with writing(path):
        temporary.unlink(missing_ok=True)  # in an untrusted directory, it may be a link
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`, for a new directory that replaces `path` if the block succeeds.

    Raises:
        EnvironmentFault: if the directory cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{_machine()}-{os.getpid()}")
    with writing(path):
        try:
            yield temporary
            if path.exists():
                shutil.rmtree(path)
            temporary.replace(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def set_aside(directory: Path) -> Path:
    """Rename a directory to a temporary name in the same place before its removal; return the new path."""
    return directory.rename(directory.with_name(f".{directory.name}.{_machine()}-{os.getpid()}"))


def leftovers(directory: Path) -> list[Path]:
    """Return the temporary files and directories that killed processes on this machine left in a directory."""
    return [path for path in directory.glob(".*") if _is_leftover(path.name)]


def _is_leftover(name: str) -> bool:
    found = _TEMPORARY.fullmatch(name)
    return found is not None and found[1] == _machine() and not psutil.pid_exists(int(found[2]))


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files that killed processes on this machine left in a directory."""
    for path in leftovers(directory):
        if path.is_symlink() or not path.is_dir():
            with writing(path):
                path.unlink(missing_ok=True)


def _machine() -> str:
    """Return 8 hexadecimal digits that distinguish this machine from others that write into the same directory."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write a file."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file."""
    write_bytes(path, text.encode())


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays to a .npz file, without pickles."""
    content = io.BytesIO()  # in memory: on a full disk, an open archive fails again when it is deleted
    np.savez(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getbuffer())


def write_json(path: Path, value: Any) -> None:
    """Write standard JSON; raise ValueError for a number that is not finite."""
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """Return the text of a JSON file; raise ValueError for a number that is not finite."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a CSV file whose columns are the rows' keys, in order of first appearance."""
    write_text(path, csv_text(rows))


def csv_text(rows: Iterable[Mapping[str, Any]], first: Iterable[str] = ()) -> str:
    """Return the text of a CSV file whose columns are the rows' keys, in order of first appearance.

    Args:
        first: columns that come first, even if no row has them.
    """
    table = list(rows)
    columns = list(dict.fromkeys([*first, *(column for row in table for column in row)]))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns)
    writer.writeheader()
    writer.writerows({column: inert(value) for column, value in row.items()} for row in table)
    return stream.getvalue()
