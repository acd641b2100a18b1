from types import SimpleNamespace

import pytest
from rich.console import Console

from runner.core.errors import ConfigError, EnvironmentFault, UserError
from runner.core.lock import run_lock
from runner.records.run_directory import RunDirectory
from runner.run.ending import Attempt
from runner.run.execute import _is_alone, _write_ending, _write_results, run_in_new_directory
from runner.run.request import Request
from tests.sweeps.made_up import job, record


@pytest.mark.parametrize(("error", "stays"), [(ConfigError("no data"), False), (EnvironmentFault("full disk"), True)])
def test_only_a_refused_run_leaves_no_directory(tmp_path, monkeypatch, error, stays):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("runner.run.execute.run", refuse)
    with pytest.raises(type(error)):
        run_in_new_directory({}, Request(tmp_path / "new", {}, [], in_sweep=True), Console(quiet=True))
    assert (tmp_path / "new" / "run.log").exists() == (tmp_path / "new").exists() == stays


def test_a_directory_in_use_keeps_its_log(tmp_path):
    (tmp_path / "run.log").write_text("of another process")
    with run_lock(tmp_path), pytest.raises(UserError, match="in use by another process"):
        run_in_new_directory({}, Request(tmp_path, {}, [], in_sweep=True), Console(quiet=True))
    assert (tmp_path / "run.log").read_text() == "of another process"


def test_what_is_drawn_at_the_end_is_of_a_run_with_its_status(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "runner.reporting.run_report.report_run", lambda _, record, left_out: drawn.append(record.status)
    )
    attempt = Attempt(record(job(), "running"))
    attempt.status = "diverged"
    parts = SimpleNamespace(examples=None)
    _write_results(attempt, parts, RunDirectory(tmp_path), Console(quiet=True), figures=True)
    assert drawn == ["diverged"]


EXHAUSTED = """
import keras
import tensorflow as tf

class Exhausted(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        raise tf.errors.ResourceExhaustedError(None, None, "Graph execution error:\\n\\nOOM\\n [Op:__inference_f_1]")
"""


def test_a_run_without_enough_memory_says_so_in_a_line(cli, tmp_path):
    (tmp_path / "exhausted.py").write_text(EXHAUSTED)
    (tmp_path / "own" / "callbacks").mkdir(parents=True)
    (tmp_path / "own" / "callbacks" / "exhausted.yaml").write_text("exhausted:\n  _target_: exhausted.Exhausted\n")
    done = cli(
        "dataset=digits", "callbacks=[exhausted]", "trusted_packages=[exhausted]", "--config-dir", "own",
        "hydra.run.dir=run", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    record = RunDirectory(tmp_path / "run").read_record()
    assert record.error_line in done.stdout
    assert record.error_line.endswith("or fewer runs at a time (OOM)")


def test_a_ctrl_c_while_a_tracker_hangs_leaves_a_completed_run_complete(tmp_path):
    directory, done, found = RunDirectory(tmp_path), record(job(), "completed"), []

    def hang(_):
        found.append(directory.read_record())
        raise KeyboardInterrupt

    _write_ending(directory, done, SimpleNamespace(end=hang), found.append)
    assert found == [done]
    assert directory.read_record() == done


class Foreign:
    """The user's own callback, which may import anything while another thread imports."""


@pytest.mark.parametrize(
    ("callbacks", "tracking", "idle_core", "alone"),
    [([], {}, True, True), ([], {}, False, False), ([], {"mlflow": {}}, True, False), ([Foreign()], {}, True, False)],
)
def test_modules_are_imported_ahead_only_beside_code_that_imports_none(callbacks, tracking, idle_core, alone):
    prepared = SimpleNamespace(
        parts=SimpleNamespace(callbacks=callbacks),
        settings=SimpleNamespace(tracking=tracking),
        device=SimpleNamespace(leaves_a_core=idle_core),
    )
    assert _is_alone(prepared) == alone
