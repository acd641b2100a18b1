import shutil

import numpy as np
import pandas as pd
import pytest

from runner.config.errors import UserError
from runner.reporting.report import report


def test_a_sweep_gets_its_tables_and_comparisons(make_run, tmp_path):
    make_run("sweep/0", overrides=["optimizer=sgd"], seed=0)
    make_run("sweep/1", overrides=["optimizer=adam"], seed=0, accuracies=[0.9])
    written = report([tmp_path / "sweep"], tmp_path / "out").written
    assert [path.name for path in written] == [
        "summary.csv", "history.csv", "aggregate.csv", "comparisons.csv", "table.md", "table.tex", "table.csv",
        "accuracy.svg", "accuracy.png", "loss.svg", "loss.png", "test_accuracy.svg", "test_accuracy.png",
        "generalization_gap.svg", "generalization_gap.png", "index.html",
    ]  # fmt: skip
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


@pytest.mark.parametrize(
    ("rates", "drawn"), [([0.1, 0.1], False), ([0.1, 0.05], True)], ids=["a constant rate", "a changing rate"]
)
def test_a_learning_rate_is_drawn_if_it_changes(make_run, rates, drawn):
    directory = make_run("run")
    pd.read_csv(directory / "history.csv").assign(learning_rate=rates).to_csv(directory / "history.csv", index=False)
    assert (directory / "learning_rate.png" in report([directory], directory).written) is drawn


@pytest.mark.parametrize(
    ("rates", "drawn"),
    [([1e-3, 1e-2, 1e-1], True), ([1e-3, 1e-3, 1e-1], False), ([1e-1, 1e-2, 1e-3], False), ([1e-3], False)],
)
def test_a_range_test_is_drawn_where_the_rate_rises_from_step_to_step(make_run, rates, drawn):
    directory = make_run("run")
    steps = pd.DataFrame({"step": range(1, len(rates) + 1), "learning_rate": rates, "loss": 1.0})
    steps.to_csv(directory / "steps.csv", index=False)
    assert (directory / "learning_rate_range.png" in report([directory], directory).written) is drawn


def test_a_run_with_all_files_gets_all_figures(make_run):
    labels, probabilities = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])
    directory = make_run(
        "run",
        predictions={
            "test_probabilities": probabilities,
            "test_labels": labels,
            "validation_probabilities": probabilities,
            "validation_labels": labels,
        },
    )
    (directory / "gradients.csv").write_text("epoch,hidden.gradient,hidden.weight\n1,0.5,3\n2,0.25,4\n")
    written = [path.name for path in report([directory], directory).written]
    assert written == ["summary.csv", "accuracy.png", "loss.png", "gradients.png", "confusion_matrix.png"]
    assert (directory / "gradients.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["gradients.csv", "steps.csv"])
@pytest.mark.parametrize("text", ["", "step,loss\n1,high\n"], ids=["empty", "words"])
def test_a_file_that_is_no_table_of_numbers_is_named(make_run, name, text):
    directory = make_run("run")
    (directory / name).write_text(text)
    with pytest.raises(UserError, match=rf"{name}: not a table of numbers"):
        report([directory], directory)
