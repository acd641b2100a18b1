import contextlib
import os
import signal

import keras
import pytest
from rich.console import Console

from runner.app import run
from runner.attempt import Attempt
from runner.interruption import Interruption
from runner.records.run_directory import RunDirectory
from runner.request import Request
from tests.composed import config


def test_an_interruption_whose_exception_was_dropped_is_raised_at_the_next_check():
    before = signal.getsignal(signal.SIGINT)
    with Interruption(lambda: None) as interruption:
        interruption.check()
        with contextlib.suppress(KeyboardInterrupt):  # as Python does while it deletes an object
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
    assert signal.getsignal(signal.SIGINT) is before


def end_in_an_error_of_its_own():
    with Interruption(lambda: None):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:  # as TensorFlow may do while it compiles
            raise TypeError("in the middle of something") from None


def test_an_error_that_an_interruption_ends_in_is_that_interruption():
    with pytest.raises(KeyboardInterrupt):
        end_in_an_error_of_its_own()


def test_what_fails_after_an_interruption_leaves_the_run_interrupted():
    attempt = Attempt(None)
    with attempt.guard():
        raise KeyboardInterrupt
    with attempt.guard():
        raise NotImplementedError("numpy() is only available when eager execution is enabled")
    assert (attempt.status, attempt.error) == ("interrupted", None)


def interrupt(epoch, logs=None):
    if epoch == 2:
        raise KeyboardInterrupt


def test_a_resumed_run_has_its_history_on_disk_while_it_goes_on(tmp_path, monkeypatch):
    chosen = config("dataset=mnist_5k", "dataset.train_size=200", "training.epochs=3", "model.hidden_units=[4]")
    request = Request(tmp_path, {}, [], in_sweep=True)
    stop = keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)
    assert run(chosen, request, Console(quiet=True), callbacks=[stop]).status == "interrupted"
    rows = RunDirectory(tmp_path).read_history()
    assert len(rows) == 2
    written = []
    real = RunDirectory.write_history
    monkeypatch.setattr(RunDirectory, "write_history", lambda self, rows: written.append(len(rows)) or real(self, rows))
    record = run(chosen, request, Console(quiet=True), callbacks=[keras.callbacks.LambdaCallback()])
    assert record.status == "completed"
    assert min(written) == 2
    assert RunDirectory(tmp_path).read_history()[:2] == rows
