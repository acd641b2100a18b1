import math
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from runner.cli.commands.report import ensemble_command
from runner.core.errors import UserError
from runner.reporting.ensemble import ensemble_frame, read_members, size_frame
from runner.reporting.figures.of_ensemble import ensemble_figure, ensemble_table, gain_text

LABELS = np.array([0, 1, 0, 1])
# One is unsure and wrong about the second example, and the other is sure and right; the reverse holds for the third.
ONE = np.array([[0.9, 0.1], [0.6, 0.4], [0.9, 0.1], [0.1, 0.9]])
OTHER = np.array([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6], [0.1, 0.9]])


def predictions(test, labels=LABELS, validation=ONE, validation_labels=LABELS):
    return {
        "test_probabilities": test.astype(np.float32),
        "test_labels": labels,
        "validation_probabilities": validation,
        "validation_labels": validation_labels,
    }


@pytest.fixture
def two(make_run, tmp_path):
    make_run("sweep/0", overrides=["optimizer=sgd"], predictions=predictions(ONE))
    make_run("sweep/1", overrides=["optimizer=adam"], seed=1, predictions=predictions(OTHER, validation=OTHER))
    return tmp_path / "sweep"


def test_two_members_that_mend_each_others_errors_are_right_together(two):
    frame = ensemble_frame(read_members([two]))
    assert frame["role"].tolist() == ["member", "member", "mean", "ensemble"]
    assert frame["test_accuracy"].tolist() == [0.75, 0.75, 0.75, 1.0]
    assert frame["val_accuracy"].tolist() == [0.75, 0.75, 0.75, 1.0]
    member = -(3 * math.log(0.9) + math.log(0.4)) / 4
    together = -(2 * math.log(0.9) + 2 * math.log(0.65)) / 4
    assert frame["test_negative_log_likelihood"].tolist() == pytest.approx([member, member, member, together])


def test_members_weigh_the_same(make_run, tmp_path):
    for number, probability in enumerate((0.1, 0.1, 0.7)):
        row = np.array([[1 - probability, probability]])
        given = predictions(row, np.array([1]), row, np.array([1]))
        make_run(f"sweep/{number}", seed=number, predictions=given)
    ensemble = ensemble_frame(read_members([tmp_path])).iloc[-1]
    assert ensemble["test_negative_log_likelihood"] == pytest.approx(-math.log(0.3))


def test_the_accuracy_by_size_is_the_mean_over_the_subsets(two, make_run):
    make_run("sweep/2", overrides=["optimizer=lion"], seed=2, predictions=predictions(ONE))
    frame = size_frame(read_members([two]))
    assert frame["members"].tolist() == [1, 2, 3]
    assert frame["subsets"].tolist() == [3, 3, 1]
    assert frame["mean"].tolist() == pytest.approx([0.75, (1 + 0.75 + 1) / 3, 1.0])
    assert (frame["min"][1], frame["max"][1]) == (0.75, 1.0)


def test_only_completed_runs_are_members(two, make_run):
    make_run("sweep/2", status="diverged")
    assert len(read_members([two])) == 2


def test_members_with_other_validation_examples_have_no_common_validation_accuracy(make_run, tmp_path):
    make_run("sweep/0", predictions=predictions(ONE))
    make_run("sweep/1", seed=1, predictions=predictions(OTHER, validation_labels=1 - LABELS))
    frame = ensemble_frame(read_members([tmp_path]))
    assert frame["val_accuracy"].tolist() == pytest.approx([0.75, 0.25, 0.5, np.nan], nan_ok=True)
    assert frame["test_accuracy"].iloc[-1] == 1.0
    assert "the validation examples of the members differ" in gain_text(frame)


def refused(make_run, tmp_path, **second) -> str:
    make_run("sweep/0", predictions=predictions(ONE))
    make_run("sweep/1", **({"seed": 1, "predictions": predictions(OTHER)} | second))
    with pytest.raises(UserError) as refusal:
        ensemble_frame(read_members([tmp_path / "sweep"]))
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_fewer_than_two_completed_runs_are_refused(make_run, tmp_path):
    assert "needs at least two completed runs; found 2 runs, 1 of them completed" in refused(
        make_run, tmp_path, status="failed"
    )


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (["completed"], "found 1 run, which is completed"),
        (["failed"], "found 1 run, which is not completed"),
        (["failed", "diverged"], "found 2 runs, none of them completed"),
    ],
)
def test_the_refusal_counts_the_runs_in_words_that_fit(make_run, tmp_path, statuses, said):
    for seed, status in enumerate(statuses):
        make_run(f"sweep/{seed}", seed=seed, status=status)
    with pytest.raises(UserError, match=f"{said}$"):
        read_members([tmp_path / "sweep"])


def test_runs_on_different_data_are_refused(make_run, tmp_path):
    said = refused(make_run, tmp_path, fingerprint="a" * 64, dataset="mnist_5k")
    assert re.search(r"sweep/1 was trained on different data than .*sweep/0 \(mnist_5k, fingerprint a{12}\)", said)


@pytest.mark.parametrize("labels", [1 - LABELS, LABELS[:3]], ids=["other labels", "fewer"])
def test_runs_tested_on_other_examples_are_refused(make_run, tmp_path, labels):
    said = refused(make_run, tmp_path, predictions=predictions(OTHER[: len(labels)], labels))
    assert re.search(r"sweep/1 was tested on different examples than .*sweep/0", said)


def test_a_run_without_predictions_is_refused(make_run, tmp_path):
    assert "sweep/1: contains no predictions.npz" in refused(make_run, tmp_path, predictions=None)


def test_predictions_that_lack_an_array_are_refused(make_run, tmp_path):
    said = refused(make_run, tmp_path, predictions={"test_labels": LABELS})
    assert "predictions.npz: cannot be read" in said
    assert "test_probabilities" in said


def test_what_is_no_probability_is_refused_by_name(make_run, tmp_path):
    said = refused(make_run, tmp_path, predictions=predictions(2 * OTHER))
    assert "sweep/1/predictions.npz: row 0 of the probabilities" in said


def test_the_table_shows_members_mean_ensemble_and_gain_in_80_columns(two, capsys):
    ensemble_command([str(two)])
    shown = capsys.readouterr().out
    lines = [re.split(r"\s*│\s*", line)[1:-1] for line in shown.splitlines() if line.startswith("│")]
    accuracies = {cells[0]: cells[2:4] for cells in lines}
    assert accuracies == {
        "optimizer=sgd": ["75.00", "75.00"],
        "optimizer=adam": ["75.00", "75.00"],
        "mean of the members": ["75.00", "75.00"],
        "ensemble": ["100.00", "100.00"],
        "ensemble - mean": ["+25.00", "+25.00"],
    }
    assert "+25.00 percentage points relative to the mean of its" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_long_variant_does_not_push_the_figures_out_of_the_table():
    variant = "optimizer.learning_rate=0.03,regularizer=[l2,dropout],model.units=[512,256,128]"
    measures = dict.fromkeys(("val_accuracy", "test_accuracy"), 1.0) | dict.fromkeys(
        ("test_negative_log_likelihood", "test_expected_calibration_error"), 12.3456
    )
    frame = pd.DataFrame(
        [{"role": role, "variant": variant, "seed": 0} | measures for role in ("member", "member", "mean", "ensemble")]
    )
    console = Console(width=80)
    with console.capture() as shown:
        console.print(ensemble_table(frame, "ensemble"))
    assert shown.get().count("100.00 │   100.00 │  12.3456 │  12.3456 │") == 4


def test_the_fair_rival_is_the_member_that_is_best_on_validation():
    frame = pd.DataFrame(
        {
            "role": ["member", "member", "mean", "ensemble"],
            "val_accuracy": [0.90, 0.80, 0.85, 0.95],
            "test_accuracy": [0.91, 0.93, 0.92, 0.94],
        }
    )
    text = gain_text(frame)
    assert "+2.00 percentage points relative to the mean" in text
    assert "+3.00 relative to the member that is best on validation" in text


def test_it_is_a_command_that_refuses_in_one_line(two, cli):
    done = cli("ensemble", str(two), cwd=two)
    assert done.returncode == 0, done.stderr
    assert "ensemble of 2 runs on mnist" in done.stdout
    done = cli("ensemble", "0", cwd=two)
    assert done.returncode == 2
    assert done.stderr == "runner: an ensemble needs at least two completed runs; found 1 run, which is completed\n"


def test_out_that_is_a_file_is_refused(two, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"^--out .*file: not a directory$"):
        ensemble_command([str(two), "--out", str(tmp_path / "file")])


def test_out_receives_a_table_and_a_figure(two, tmp_path, capsys):
    ensemble_command([str(two), "--out", str(tmp_path / "new" / "out")])
    frame = pd.read_csv(tmp_path / "new" / "out" / "ensemble.csv")
    assert frame["test_accuracy"].tolist() == [0.75, 0.75, 0.75, 1.0]
    assert frame["seed"].tolist() == pytest.approx([0, 1, np.nan, np.nan], nan_ok=True)
    assert (tmp_path / "new" / "out" / "ensemble.png").read_bytes().startswith(b"\x89PNG")
    assert "ensemble.png" in capsys.readouterr().out


def test_the_figure_has_a_row_a_variant_below_the_ensembles(two):
    left, right = ensemble_figure(ensemble_frame(read_members([two])), "").axes
    members, ensemble = left.lines[-2:]
    assert members.get_xdata().tolist() == [0.75, 0.75]
    assert list(members.get_ydata()) == [1.5, 2.5]
    assert list(left.get_yticks()) == [0.5, 1.5, 2.5]
    assert list(ensemble.get_xdata()) == [1.0]
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == ["ensemble", "optimizer=sgd", "optimizer=adam"]
    assert left.yaxis_inverted()
    assert right.get_xlabel() == "test negative log likelihood"


def test_runs_that_tell_apart_other_classes_are_refused(make_run, tmp_path):
    wider = np.pad(OTHER, [(0, 0), (0, 1)])
    said = refused(make_run, tmp_path, predictions=predictions(wider))
    assert re.search(r"sweep/1 has different classes than .*sweep/0", said)
