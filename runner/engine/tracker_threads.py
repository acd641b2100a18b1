"""Threads of a run's trackers: neither an error nor a delay in one of them affects the run."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from threading import Thread

from runner.core.text import shortened
from runner.engine.tracking import Table, Tracker
from runner.records.record import Row, RunRecord

PATIENCE = 60.0  # seconds that a run waits at its end; importing MLflow and creating its database may take 20


class Trackers:
    """The trackers of a run, notified together. A tracker that fails or hangs only causes a warning."""

    def __init__(self, trackers: Mapping[str, Tracker], patience: float = PATIENCE) -> None:
        """Set the trackers, by their names for warnings, and the seconds to wait for them at the end."""
        self._trackers = trackers
        self._patience = patience
        self._threads: list[_TrackerThread] = []

    def begin(self, record: RunRecord) -> None:
        """Notify the trackers of a run that begins or is resumed."""
        self._threads = [_TrackerThread(name, tracker) for name, tracker in self._trackers.items()]
        for thread in self._threads:
            thread.start()
            thread.notify(partial(thread.tracker.begin, record))

    def epoch(self, row: Row, diagnostics: Sequence[Table]) -> list[str]:
        """Notify the trackers of a completed epoch; return a warning for each that has failed since the last call."""
        for thread in self._threads:
            thread.notify(partial(thread.tracker.epoch, dict(row), diagnostics))
        return self._new_warnings()

    def end(self, record: RunRecord) -> list[str]:
        """Notify the trackers of the run's end, and wait for them; return warnings as `epoch` does."""
        for thread in self._threads:
            thread.finish(partial(thread.tracker.end, record))
        deadline = time.monotonic() + self._patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                thread.problem = thread.problem or f"no response within {self._patience:g} s"
        return self._new_warnings()

    def _new_warnings(self) -> list[str]:
        return [warning for thread in self._threads if (warning := thread.new_warning())]


class _TrackerThread(Thread):
    """Thread that calls one tracker; it does not keep the process from ending."""

    def __init__(self, name: str, tracker: Tracker) -> None:
        super().__init__(name=name, daemon=True)
        self.tracker = tracker
        self.problem: str | None = None
        self._is_told = False
        self._calls: SimpleQueue[tuple[Callable[[], None], bool]] = SimpleQueue()

    def notify(self, call: Callable[[], None]) -> None:
        self._calls.put((call, False))

    def finish(self, call: Callable[[], None]) -> None:
        self._calls.put((call, True))

    def new_warning(self) -> str | None:
        if self.problem is None or self._is_told:
            return None
        self._is_told = True
        return f"{self.name}: {self.problem}. The run is trained and recorded without this tracker."

    def run(self) -> None:
        is_last = False
        while not is_last:
            call, is_last = self._calls.get()
            if self.problem is None or is_last:
                self._attempt(call)

    def _attempt(self, call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:  # errors from any library; SystemExit ends only this thread
            self.problem = self.problem or shortened(f"{type(error).__name__}: {error}").rstrip(".")
