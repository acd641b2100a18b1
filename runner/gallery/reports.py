"""Reports that the server makes on request, in a separate process, and keeps until their files change."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from runner.core.errors import UserError
from runner.gallery.entries import Key

_REST = 4.0  # a new report waits this many times as long as the last one took
_MOST_KEPT = 20
_SECONDS = 300  # time limit for one report
_NICENESS = 10  # training has priority

Make = Callable[[Path], str]


@dataclass(frozen=True)
class _Made:
    key: Key
    page: str
    seconds: float
    at: float  # time when it was finished


@dataclass
class Reports:
    """Pages by directory. Only one is made at a time; other requests wait."""

    make: Make
    clock: Callable[[], float] = time.monotonic
    _made: dict[Path, _Made] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)
    _building: tuple[Path, Key] | None = None

    def key(self, directory: Path, key: Key) -> Key:
        """Return the key of the files behind the page that `page` would return."""
        building, made = self._building, self._made.get(directory)
        if building and building[0] == directory:
            return building[1]
        return key if made is None or self._is_due(made, key) else made.key

    def page(self, directory: Path, key: Key) -> str:
        """Return the page of a report on these files, or the previous page if it was made only recently.

        Args:
            key: key of the directory's files.

        Raises:
            UserError: if there is nothing to report, or the report could not be made.
        """
        with self._making:
            made = self._made.get(directory)
            if made is not None and not self._is_due(made, key):
                return made.page
            began, self._building = self.clock(), (directory, key)
            try:
                page = self.make(directory)
            finally:
                self._building = None
            self._made.pop(directory, None)
            self._made[directory] = _Made(key, page, self.clock() - began, self.clock())
            if len(self._made) > _MOST_KEPT:
                self._made.pop(next(iter(self._made)))
            return page

    def _is_due(self, made: _Made, key: Key) -> bool:
        return made.key != key and self.clock() - made.at >= _REST * made.seconds


class Maker:
    """Separate process that generates reports, so that neither Matplotlib nor a crash can harm the server."""

    def __init__(self) -> None:
        """Create the report generator; its process starts on first use."""
        self._pool = ProcessPool(max_workers=1, context=get_context("spawn"), initializer=_prepare)

    def __call__(self, directory: Path) -> str:
        """Return the page of a report on a directory.

        Raises:
            UserError: if there is nothing to report, or the report could not be made.
        """
        try:
            page: str = self._pool.schedule(_page, args=(directory,), timeout=_SECONDS).result()
        except UserError:
            raise
        except (ProcessExpired, TooLong) as error:
            raise UserError(f"{directory}: the report took too long or too much memory ({error})") from error
        except Exception as error:
            raise UserError(f"{directory}: the report could not be made ({error}); see runner report") from error
        return page

    def close(self) -> None:
        """End the process at once."""
        self._pool.stop()
        self._pool.join()


def _prepare() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends the process on shutdown
    os.nice(_NICENESS)


def _page(directory: Path) -> str:
    from runner.reporting.report import report_page  # it takes seconds, for which the server need not wait

    return report_page([directory], directory)
