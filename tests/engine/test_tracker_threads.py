from threading import Event, current_thread

import pytest

from runner.engine.tracker_threads import Trackers
from runner.engine.tracking import Tracker
from tests.engine.test_tensorboard import RECORD


class Noting(Tracker):
    """Tracker that records its notifications, and fails or blocks on demand."""

    def __init__(self, failing=(), waiting=None, error=None):
        self.told = []
        self.threads = set()
        self._failing, self._waiting = failing, waiting
        self._error = error or OSError("no route to host")

    def _note(self, what):
        self.told.append(what)
        self.threads.add(current_thread())
        if self._waiting:
            self._waiting.wait()
        if what in self._failing:
            raise self._error

    def begin(self, record):
        self._note("begin")

    def epoch(self, row, diagnostics):
        self._note(int(row["epoch"]))

    def end(self, record):
        self._note("end")


def warnings_of(trackers, epochs=(1, 2)):
    trackers.begin(RECORD)
    found = [warning for epoch in epochs for warning in trackers.epoch({"epoch": float(epoch)}, [])]
    return found + trackers.end(RECORD)


def test_several_trackers_are_told_everything_in_order_each_in_its_own_thread():
    one, other = Noting(), Noting()
    assert warnings_of(Trackers({"one": one, "other": other})) == []
    assert one.told == other.told == ["begin", 1, 2, "end"]
    assert len(one.threads) == len(other.threads) == len(one.threads | other.threads | {current_thread()}) - 2


@pytest.mark.parametrize(("failing", "told"), [(["begin"], ["begin", "end"]), ([1], ["begin", 1, "end"])])
def test_a_tracker_that_fails_is_told_of_the_end_only_and_costs_one_warning(failing, told):
    failed, other = Noting([*failing, "end"]), Noting()
    warnings = warnings_of(Trackers({"tracking=mlflow": failed, "other": other}))
    assert warnings == [
        "tracking=mlflow: OSError: no route to host. The run is trained and recorded without this tracker."
    ]
    assert failed.told == told
    assert other.told == ["begin", 1, 2, "end"]


def test_a_tracker_that_wants_to_end_the_process_ends_its_own_work_only():
    (warning,) = warnings_of(Trackers({"one": Noting(["begin"], error=SystemExit(3))}))
    assert "SystemExit: 3" in warning


def test_a_run_waits_for_a_tracker_that_hangs_no_longer_than_its_patience():
    never = Event()
    hanging, other = Noting(waiting=never), Noting()
    warnings = warnings_of(Trackers({"hanging": hanging, "other": other}, patience=0.05))
    assert warnings == ["hanging: no response within 0.05 s. The run is trained and recorded without this tracker."]
    assert other.told == ["begin", 1, 2, "end"]
    assert all(thread.daemon for thread in hanging.threads)  # the thread does not keep the process alive
    never.set()
    for thread in hanging.threads:
        thread.join(10)


def test_the_end_of_a_run_that_did_not_begin_is_silent():
    tracker = Noting()
    assert Trackers({"one": tracker}).end(RECORD) == []
    assert tracker.told == []
