import base64
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import runner
from runner.core.lock import run_lock
from tests.interface.made import made_runs
from tests.reporting.conftest import run_maker

FIRST = "outputs/sweeps/optimizers/0"


@pytest.fixture
def run(once, monkeypatch):
    monkeypatch.chdir(once("runs of the interface's examples", made_runs))
    return runner.Run(FIRST)


@pytest.fixture
def make_run(tmp_path):
    return run_maker(tmp_path)


def test_a_run_is_what_its_files_say(run):
    assert run.directory == Path(FIRST)
    assert run.record == json.loads(Path(FIRST, "record.json").read_text())
    pd.testing.assert_frame_equal(run.history, pd.read_csv(Path(FIRST, "history.csv")))
    assert run.history["epoch"].dtype == int
    assert {name: array.shape for name, array in run.predictions().items()} == {
        "test_probabilities": (4, 2), "test_labels": (4,), "validation_probabilities": (4, 2),
        "validation_labels": (4,),
    }  # fmt: skip


def test_the_summary_is_the_row_of_summary_csv_with_numbers_as_numbers(make_run, tmp_path):
    make_run("s/0", ["optimizer.learning_rate=1e-1", "optimizer=sgd", "seed=3"], seed=3, run_id="000000000012")
    summary = runner.Run(tmp_path / "s/0").summary
    row = runner.load(tmp_path / "s").runs.iloc[0]
    assert summary["optimizer.learning_rate"] == 0.1
    assert (summary["run_id"], summary["seed"], summary["optimizer"]) == ("000000000012", 3, "sgd")
    shared = [name for name in summary.index if name != "variant"]  # without an override that all runs share
    pd.testing.assert_series_equal(summary[shared], row[shared], check_names=False)


def test_a_run_without_an_epoch_has_an_empty_history(make_run):
    directory = make_run("s/0", status="failed", error="Boom <b>\n")
    (directory / "history.csv").unlink()
    run = runner.Run(directory)
    assert (len(run.history), run.history["epoch"].dtype) == (0, int)
    assert "Boom &lt;b&gt;" in run._repr_html_()


def test_a_killed_run_counts_as_interrupted_and_a_running_one_is_read_as_it_grows(make_run):
    directory = make_run("s/0", status="running")
    run = runner.Run(directory)
    assert run.status == "interrupted"
    with run_lock(directory):
        assert (run.status, len(run.history)) == ("running", 2)
        history = (directory / "history.csv").read_text()
        (directory / "history.csv").write_text(history + "3,0.3,0.8,0.6,0.9\n")
        assert len(run.history) == 3
        record = json.loads((directory / "record.json").read_text()) | {"status": "completed"}
        (directory / "record.json").write_text(json.dumps(record))
    assert run.status == "completed"


def test_files_are_read_again_only_after_a_change(run, monkeypatch):
    assert run.status == "completed"
    monkeypatch.setattr("runner.records.run_directory.RunDirectory.read_record", lambda _: pytest.fail("read again"))
    assert run.summary["status"] == run.status == "completed"


def test_keys_of_another_version_stay_in_the_record(make_run):
    assert runner.Run(make_run("s/0", format=2, invented={"a": 1})).record["invented"] == {"a": 1}


def test_changing_what_was_read_changes_nothing(run):
    run.record["seed"] = 5
    history = run.history
    history["epoch"] = 0
    assert (run.record["seed"], run.history["epoch"].tolist()) == (0, [1, 2])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda run: run.predictions(), "contains no predictions.npz$"),
        (lambda run: run.model(), "contains no model.keras$"),
        (lambda _: runner.Run("nowhere"), "^nowhere: no such directory$"),
        (lambda _: runner.Run(".."), r"^\.\.: contains no run \(no record.json in it\)$"),
    ],
)
def test_what_is_absent_is_named(make_run, monkeypatch, ask, message):
    directory = make_run("s/0")
    monkeypatch.chdir(directory)
    with pytest.raises(runner.UserError, match=message):
        ask(runner.Run(directory))


def test_a_damaged_record_is_an_error_but_no_failed_display(make_run):
    directory = make_run("s/0")
    run = runner.Run(directory)
    (directory / "record.json").write_text("{}")
    with pytest.raises(runner.UserError, match=r"record\.json: not a valid run record"):
        run.status  # noqa: B018
    assert "not a valid run record" in repr(run)
    assert "not a valid run record" in run._repr_html_()


def test_a_notebook_shows_facts_and_the_curve_escaped(make_run):
    run = runner.Run(make_run("s/0", label="<i>mine</i>"))
    page = run._repr_html_()
    assert "<i>" not in page
    assert "<td>&lt;i&gt;mine&lt;/i&gt;</td>" in page
    assert "<th>test accuracy</th><td>75.00%</td>" in page
    (picture,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert b"<svg" in base64.b64decode(picture)


def test_a_diverged_run_is_shown_too(make_run):
    directory = make_run("s/0", status="diverged")
    (directory / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy\n1,nan,0.1,inf,0.1\n")
    run = runner.Run(directory)
    assert np.isnan(run.history["loss"][0])
    assert "diverged" in run._repr_html_()
