"""Faulty disk: under a folder, writing fails at one operation, or from that operation on."""

import builtins
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.torture.results import TEMPORARY

Site = tuple[str, str]  # an operation, and the name of its file


class FaultyDisk:
    """Counter of write operations under a folder (open, write, sync, rename, mkdir), some of which it makes fail.

    It replaces the functions through which Python and its libraries write.
    """

    def __init__(self, folder: Path, error: int, first: int | None = None, *, lasting: bool = True) -> None:
        """Choose the operations to refuse.

        Args:
            error: the error number of the operating system.
            first: the first refused operation, counted from 0; None: refuse none.
            lasting: also refuse all later operations.
        """
        self._folder = str(folder.resolve())
        self._error = error
        self._first = first
        self._lasting = lasting
        self.sites: list[Site] = []

    @contextmanager
    def in_place(self) -> Iterator["FaultyDisk"]:
        """Use this disk while the block runs."""
        opened = self._opened(io.open)
        with (
            patch.object(io, "open", opened),
            patch.object(builtins, "open", opened),
            patch.object(os, "open", self._os_opened(os.open)),
            patch.object(os, "fsync", self._synced(os.fsync)),
            patch.object(os, "replace", self._checked("rename", os.replace)),
            patch.object(os, "mkdir", self._checked("mkdir", os.mkdir)),
        ):
            yield self

    def meet(self, operation: str, path: Any) -> None:
        """Record an operation, and raise OSError if it is refused."""
        if isinstance(path, int):
            path = Path(f"/proc/self/fd/{path}").readlink()
        text = os.path.abspath(os.fspath(path))  # noqa: PTH100 - resolve() would itself open files
        if not text.startswith(self._folder):
            return
        number = len(self.sites)
        self.sites.append((operation, _final_name(Path(text).name)))
        if self._first is not None and (number >= self._first if self._lasting else number == self._first):
            # As in the operating system, errors from writing and syncing contain no file name.
            names = (text,) if operation in ("open", "rename", "mkdir") else ()
            raise OSError(self._error, os.strerror(self._error), *names)

    def _opened(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(
            file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, errors: Any = None,
            newline: Any = None, closefd: bool = True, opener: Any = None,
        ) -> Any:  # fmt: skip
            if isinstance(file, int) or not set(mode) & set("wax+"):
                return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
            self.meet("open", file)
            raw = _Raw(self, file, mode.replace("b", "").replace("t", ""), closefd, opener)
            binary = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return binary if "b" in mode else io.TextIOWrapper(binary, encoding or "utf-8", errors, newline)

        return opened

    def _os_opened(self, real: Callable[..., int]) -> Callable[..., int]:
        def opened(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if flags & os.O_CREAT:
                self.meet("open", path)
            return real(path, flags, *rest, **more)

        return opened

    def _synced(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def synced(descriptor: int) -> None:
            self.meet("sync", descriptor)
            real(descriptor)

        return synced

    def _checked(self, operation: str, real: Callable[..., None]) -> Callable[..., None]:
        def checked(path: Any, *rest: Any, **more: Any) -> None:
            self.meet(operation, path)
            real(path, *rest, **more)

        return checked


class _Raw(io.FileIO):
    def __init__(self, disk: FaultyDisk, file: Any, mode: str, closefd: bool, opener: Any) -> None:
        super().__init__(file, mode, closefd, opener)
        self._disk = disk
        self._file = file

    def write(self, content: Any) -> int:
        self._disk.meet("write", self._file)
        return super().write(content)


def _final_name(name: str) -> str:
    """Return the final name of a file."""
    found = TEMPORARY.fullmatch(name)
    return name[1:].rpartition(".")[0].rpartition(".")[0] + found[1] if found and found[1] else name
