"""Signals that arrive while a sweep trains or cleans up, without workers."""

import json
import os
import signal

import pytest
from rich.console import Console

from runner.core import signals
from runner.core.signals import Termination
from runner.sweeps.planning.study import Chosen
from runner.sweeps.pool_training import Sweep
from tests.sweeps.made_up import end, job

JOBS = [job(seed=seed) for seed in range(2)]


class Interrupted:
    """A pool in which a signal arrives after the runs have started, again at once, and again while the pool closes."""

    workers = 1

    def __init__(self, sweep, number):
        self._sweep, self._number = sweep, number

    def results(self, function, tasks, affinity):
        for one in tasks:
            end(one, self._sweep, "running")
        try:
            os.kill(os.getpid(), self._number)
            yield from ()
        finally:
            os.kill(os.getpid(), self._number)

    def close(self):
        os.kill(os.getpid(), self._number)


def deafly(ear):
    """Replace the function that would end this process."""
    with ear:
        while ear.recv(64):
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_repeated_signal_leaves_no_run_at_running(monkeypatch, tmp_path, number):
    monkeypatch.setattr(signals, "_listen", deafly)
    before = signal.getsignal(signal.SIGINT)
    sweep = Sweep(tmp_path, Interrupted(tmp_path, number), Console(quiet=True), Chosen(), fail_fast=False)
    with Termination(), pytest.raises(KeyboardInterrupt):
        sweep.train_missing(JOBS)
    records = [json.loads((one.path(tmp_path) / "record.json").read_text()) for one in JOBS]
    assert [record["status"] for record in records] == ["interrupted", "interrupted"]
    assert signal.getsignal(signal.SIGINT) is before
