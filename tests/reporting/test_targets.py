import numpy as np
import pandas as pd
import pytest

from runner.reporting.comparison.aggregate import aggregate_frame, comparison_frame
from runner.reporting.comparison.best import best_marks, bests_by_variant
from runner.reporting.sentences.verdicts import verdicts
from runner.reporting.tables.paper_table import paper_table
from runner.reporting.targets import (
    is_easy,
    runs_lost,
    runs_with_value,
    target_columns,
    usual_final,
    usual_target,
    with_compilation,
    with_targets,
)

SUMMARY = pd.DataFrame({"variant": ["a", "a", "b"], "status": ["completed"] * 3, "val_accuracy": [0.8, 0.6, 0.9]})
HISTORY = pd.DataFrame(
    {
        "position": [0, 0, 0, 1, 1, 2],
        "epoch": [1, 2, 3, 1, 2, 1],
        "val_accuracy": [0.5, 0.8, 0.7, 0.5, 0.6, 0.9],
        "val_loss": [0.5, 0.2, 0.3, 0.5, 0.4, 0.1],
        "seconds": [1.0, 2.0, 4.0, 1.5, 1.5, 0.5],
    }
)


def test_a_target_is_reached_at_its_first_epoch_and_time_adds_up():
    found = with_targets(SUMMARY, HISTORY, "val_accuracy", 0.7)
    assert found["epochs_to_target"].tolist()[::2] == [2, 1]
    assert found["seconds_to_target"].tolist()[::2] == [3.0, 0.5]
    assert np.isnan(found["epochs_to_target"][1])


def test_an_epoch_without_seconds_takes_none_of_a_later_epoch():
    found = with_targets(SUMMARY, HISTORY.assign(seconds=[1.0, np.nan, 4.0, 1.5, 1.5, 0.5]), "val_accuracy", 0.65)
    assert found["epochs_to_target"][0] == 2
    assert np.isnan(found["seconds_to_target"][0])


def test_without_compilation_the_first_epoch_lasts_as_long_as_the_median_of_the_later_ones():
    """The first run's later epochs take 2 and 4 s; a single-epoch run has no later epochs."""
    found = with_targets(SUMMARY, HISTORY.assign(seconds=[9.0, 2.0, 4.0, 5.0, 1.5, 0.5]), "val_accuracy", 0.7)
    assert found["seconds_to_target"].tolist()[::2] == [11.0, 0.5]
    assert found["warm_seconds_to_target"].tolist()[::2] == [5.0, 0.5]
    assert np.isnan(found["warm_seconds_to_target"][1])


def test_a_single_epoch_is_noted_where_its_seconds_are_compared():
    epochs = pd.DataFrame({"epochs": [3, 1]})
    (note,) = with_compilation(epochs, "warm_seconds_to_target")
    assert note.startswith("1 run trained a single epoch, whose time may include compilation")
    assert with_compilation(epochs, "seconds_to_target") == with_compilation(epochs + 1, "warm_seconds_to_target") == []


def test_a_loss_reaches_its_target_from_above():
    assert with_targets(SUMMARY, HISTORY, "val_loss", 0.4)["epochs_to_target"].tolist() == [2, 2, 1]


def test_the_usual_target_is_reached_by_every_completed_run_of_the_baseline():
    """Only half of the runs reach the mean of the final values, 0.65."""
    for metric, worst in (("val_accuracy", 0.6), ("val_loss", 0.4)):
        assert usual_target(SUMMARY, HISTORY, "a", metric) == worst
        found = with_targets(SUMMARY, HISTORY, metric, worst)
        assert found["epochs_to_target"].notna()[:2].all()
    diverged = SUMMARY.assign(status=["completed", "diverged", "completed"])
    assert usual_target(diverged, HISTORY, "a", "val_accuracy") == 0.7
    assert usual_target(SUMMARY, HISTORY, "gone", "val_accuracy") is None


def test_a_target_far_from_the_best_final_value_is_easy():
    assert usual_final(SUMMARY, HISTORY, "a", "val_accuracy") == pytest.approx(0.65)
    assert usual_final(SUMMARY, HISTORY, "gone", "val_accuracy") is None
    assert is_easy(0.2, 0.92, "val_accuracy")
    assert not is_easy(0.9, 0.96, "val_accuracy")
    assert is_easy(2.0, 0.3, "val_loss")
    assert not is_easy(0.5, 0.3, "val_loss")


def run(variant, seed, epochs):
    return {
        "variant": variant, "seed": seed, "status": "completed", "epochs": 9, "train_seconds": 1.0, "parameters": 3,
        "dataset": "mnist", "epochs_to_target": epochs, "seconds_to_target": 2.0,
        "warm_seconds_to_target": 1.5,
    }  # fmt: skip


def test_a_run_that_never_reached_the_target_lost_the_comparison_by_the_time_to_it():
    """b reaches it in six of seven seeds, each time an epoch sooner; a reaches it in all seeds."""
    reached = {"a": [5.0] * 7, "b": [4.0] * 6 + [np.nan]}
    rows = [run(name, seed, epochs) for name, own in reached.items() for seed, epochs in enumerate(own)]
    summary = pd.DataFrame(rows)
    aggregate = aggregate_frame(summary, "epochs_to_target", 0.9)
    compared = comparison_frame(summary, "epochs_to_target", "a")
    (row,) = compared.to_dict("records")
    assert (row["test"], row["n"], row["lost"]) == ("paired sign, exact", 7, 1)
    assert round(7 * row["win_probability"], 9) == 6  # fewer epochs are better
    sentence = verdicts(aggregate, compared, {"a": "a", "b": "a"})["b"]
    assert sentence == (
        "b is undecided, with no significant difference from a in the time to the target: 1 epoch "
        "fewer (median; 95% CI -1 to "
        "+infinity; p = 0.125, paired sign test; sooner in 6 and later in 1 of 7 seeds; 1 of 7 runs of b missed "
        "the target)."
    )
    marks = best_marks(bests_by_variant(summary, aggregate), compared)
    shown = paper_table(summary, aggregate, compared, marks, None, "validation accuracy of 90.00%")
    assert "Target: validation accuracy of 90.00%." in shown.caption
    assert shown.marks == ["best", "as good"]
    assert "Bold: best mean over the runs that reached the target, among variants with the fewest lost" in shown.caption


def test_where_no_run_reached_the_target_the_caption_claims_no_seed():
    runs = pd.DataFrame([run("a", seed, np.nan) for seed in range(3)])
    aggregate = aggregate_frame(runs, "epochs_to_target", 0.99)
    caption = paper_table(runs, aggregate, comparison_frame(runs, "epochs_to_target", "a"), {}, None).caption
    assert caption.startswith("No run reached the target, mnist.")


def test_a_run_that_reached_the_target_and_then_diverged_lost():
    runs = pd.DataFrame(
        {
            "status": ["completed", "completed", "diverged", "failed"],
            "epochs_to_target": [3.0, np.nan, 1.0, 1.0],
            "seconds_to_target": [6.0, np.nan, 2.0, 2.0],
            "warm_seconds_to_target": [5.0, np.nan, 1.0, 1.0],
        }
    )
    row = {"completed": 2, "diverged": 1, **target_columns(runs, {"a": range(4)}, 0.7)["a"]}
    assert row["reached"] == 1
    assert np.isnan(row["epochs_to_target"])  # two of three are infinitely slow
    assert [count(row, "epochs_to_target") for count in (runs_with_value, runs_lost)] == [1, 2]
