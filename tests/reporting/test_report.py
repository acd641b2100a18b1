import shutil

import pandas as pd
import pytest

from runner.config.errors import UserError
from runner.reporting.report import report


def test_a_sweep_gets_its_tables_and_comparisons(make_run, tmp_path):
    make_run("sweep/0", overrides=["optimizer=sgd"], seed=0)
    make_run("sweep/1", overrides=["optimizer=adam"], seed=0, accuracies=[0.9])
    written = report([tmp_path / "sweep"], tmp_path / "out")
    assert [path.name for path in written] == ["summary.csv", "history.csv", "accuracy.png", "loss.png"]
    long = pd.read_csv(tmp_path / "out" / "history.csv")
    chosen = long[(long["variant"] == "optimizer=sgd") & (long["metric"] == "val_accuracy")]
    assert list(chosen["value"]) == [0.5, 0.75]


def test_runs_that_were_copied_elsewhere_give_the_same_report(make_run, tmp_path):
    make_run("sweep/0", overrides=["optimizer=sgd"])
    make_run("sweep/1", overrides=["optimizer=adam"])
    shutil.copytree(tmp_path / "sweep", tmp_path / "elsewhere" / "copied")
    report([tmp_path / "sweep"], tmp_path / "a")
    report([tmp_path / "elsewhere"], tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_failed_and_running_runs_have_a_row_too(make_run, tmp_path):
    make_run("sweep/0", status="completed")
    (make_run("sweep/1", status="failed", seed=1) / "history.csv").unlink()
    report([tmp_path / "sweep"], tmp_path / "out")
    assert list(pd.read_csv(tmp_path / "out" / "summary.csv")["status"]) == ["completed", "failed"]


def test_a_report_is_not_written_into_another_run(make_run, tmp_path):
    one, other = make_run("one"), make_run("other")
    before = (other / "history.csv").read_bytes()
    with pytest.raises(UserError, match="is itself a run"):
        report([one], other)
    assert (other / "history.csv").read_bytes() == before


def test_unreadable_predictions_are_named(make_run, tmp_path):
    directory = make_run("run")
    (directory / "predictions.npz").write_bytes(b"no archive")
    with pytest.raises(UserError, match=r"predictions\.npz"):
        report([directory], directory)
