import contextlib
import os
import shutil
import signal
from dataclasses import replace

import keras
import pytest
from rich.console import Console

from runner.core import signals as interruption
from runner.core.errors import UserError
from runner.core.signals import FirstInterruption, Interruption, Termination
from runner.records.run_directory import RunDirectory
from runner.run import build
from runner.run.build import build_dataset
from runner.run.ending import Attempt
from runner.run.execute import run
from runner.run.request import Request
from tests.composed import config, settings


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


TINY = ("dataset=mnist_5k", "dataset.train_size=200", "training.epochs=3", "model.hidden_units=[4]")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run that was interrupted after two epochs of three: its directory and its record."""
    folder = tmp_path_factory.mktemp("interrupted")
    stop = keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)
    record = run(config(*TINY), Request(folder, {}, [], in_sweep=True), Console(quiet=True), callbacks=[stop])
    assert record.status == "interrupted"
    return folder, record


@pytest.fixture
def interrupted(stopped, tmp_path):
    """A copy of that run in `tmp_path`: configuration, request and record."""
    folder, record = stopped
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return config(*TINY), Request(tmp_path, {}, [], in_sweep=True), record


def test_a_run_does_not_go_on_with_other_data(interrupted, tmp_path, monkeypatch):
    chosen, request, record = interrupted
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    negative = 255 - build_dataset(settings(*TINY)).train_inputs
    monkeypatch.setattr(build, "build_dataset", lambda own: replace(build_dataset(own), train_inputs=negative))
    with pytest.raises(UserError, match=f"started with data mnist_5k {record.dataset['fingerprint'][:12]}"):
        run(chosen, request, Console(quiet=True))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_ended_before_it_saw_any_data_says_nothing_of_them(interrupted, tmp_path):
    chosen, request, record = interrupted
    RunDirectory(tmp_path).write_record(replace(record, dataset={"name": "mnist_5k", "fingerprint": ""}))
    assert run(chosen, request, Console(quiet=True)).status == "completed"


def test_a_resumed_run_has_the_history_and_seconds_of_all_its_attempts_also_while_it_goes_on(
    interrupted, tmp_path, monkeypatch
):
    chosen, request, record = interrupted
    directory = RunDirectory(tmp_path)
    directory.write_record(replace(record, seconds={"total": 1000.0}))
    rows = directory.read_history()
    assert len(rows) == 2
    written = []
    real = RunDirectory.write_history
    monkeypatch.setattr(RunDirectory, "write_history", lambda self, rows: written.append(len(rows)) or real(self, rows))
    ended = run(chosen, request, Console(quiet=True), callbacks=[keras.callbacks.LambdaCallback()])
    assert ended.status == "completed"
    assert ended.seconds["total"] > 1000
    assert min(written) == 2
    assert directory.read_history()[:2] == rows


def test_the_total_of_a_record_without_one_is_its_seconds_of_training(stopped):
    _, record = stopped
    assert Attempt(replace(record, seconds={"train": 20.0})).finished(5.0).seconds["total"] == 20


def deafly(ear):
    """Replace the function that would end this process."""
    with ear:
        while ear.recv(64):
            pass


@pytest.mark.parametrize("ignored", [False, True])
def test_a_closed_terminal_interrupts_what_does_not_ignore_it(monkeypatch, ignored):
    monkeypatch.setattr(interruption, "_listen", deafly)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        ended = contextlib.nullcontext() if ignored else pytest.raises(KeyboardInterrupt)
        with Termination() as termination, ended:
            os.kill(os.getpid(), signal.SIGHUP)
        assert termination.exit_code(130) == (130 if ignored else 143)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_block_in_the_background_heeds_sigterm_but_not_sigint(monkeypatch):
    monkeypatch.setattr(interruption, "_listen", deafly)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Termination(), FirstInterruption():
            os.kill(os.getpid(), signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)
