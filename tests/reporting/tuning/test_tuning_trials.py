import numpy as np
import pandas as pd
import pytest

from runner.records.sweep_directory import TUNING_COLUMNS, Question, tuned_metric
from runner.records.tuned_axes import TunedAxes, TunedAxis
from runner.reporting.tuning.selection_optimism import read_tuning
from runner.reporting.tuning.tuning_trials import point_values, tuning_trials

ASKED = Question(tuned_axes=TunedAxes({"+rate": TunedAxis(low=0.01, high=1.0, log=True)}), variants=("sgd",))


def table(points, scores, **others):
    rows = {"variant": "sgd", "point": points, "val_accuracy": scores, "seeds": 1, "scored": 1, "chosen": False}
    return pd.DataFrame(rows | {"on_edge": False, "budget": len(points)} | others)


def test_a_point_is_taken_apart_at_its_overrides():
    point = "optimizer.rate=0.1 +model.units=[64,64] note=a b regularizer@x/y.l2=null"
    assert point_values(point) == {
        "optimizer.rate": "0.1", "model.units": "[64,64]", "note": "a b", "regularizer@x/y.l2": "null",
    }  # fmt: skip


def test_trials_have_their_values_scales_and_scores():
    (trials,) = tuning_trials(table(["+rate=0.1 norm=a", "+rate=1 norm=a"], [0.5, np.nan]), ASKED)
    assert trials.overrides["rate"].tolist() == ["0.1", "1"]
    assert trials.axes == {"rate": TunedAxis(low=0.01, high=1.0, log=True)}  # norm does not vary
    assert trials.places["rate"].tolist() == pytest.approx([0.5, 1])
    assert trials.table["state"].tolist() == ["completed", "no score"]
    assert trials.table["trial"].tolist() == [1, 2]
    assert trials.best == 0.5


def test_the_table_says_in_which_order_trials_were_asked_for_and_how_they_ended():
    tuning = table(
        ["rate=1", "rate=2", "rate=3"], [0.5, 0.9, np.nan], trial=[2, 0, 1], state=["completed", "pruned", ""]
    )
    (trials,) = tuning_trials(tuning, ASKED)
    assert trials.table["trial"].tolist() == [1, 2, 3]
    assert trials.overrides["rate"].tolist() == ["2", "3", "1"]
    assert trials.scored["trial"].tolist() == [3]  # the score of a pruned trial does not belong to its planned epochs
    assert trials.best == 0.5


def test_a_key_that_is_not_set_has_no_place():
    (trials,) = tuning_trials(table(["norm=a", "norm=b momentum=0.9", "norm=b momentum=0.5"], [0.1, 0.2, 0.3]), ASKED)
    assert np.isnan(trials.places["momentum"]).tolist() == [True, False, False]


def test_a_score_beyond_all_measure_is_none():
    (trials,) = tuning_trials(
        table(["rate=1", "rate=2"], [0.5, float("inf")]).rename(columns={"val_accuracy": "val_loss"}), ASKED
    )
    assert trials.best == 0.5
    assert len(trials.scored) == 1


def test_the_columns_of_trials_are_no_metric(tmp_path):
    extra = {"trial": [0, 1], "state": ["completed", "pruned"], "epochs": [3, 1], "planned_epochs": 3, "run_ids": "a b"}
    assert {*extra} < {*TUNING_COLUMNS}
    table(["rate=1", "rate=2"], [0.5, np.nan], **extra).to_csv(tmp_path / "tuning.csv", index=False)
    tuning = read_tuning(tmp_path)
    assert tuned_metric(tuning) == "val_accuracy"
    assert tuning["state"].tolist() == ["completed", "pruned"]


def test_a_table_whose_trials_have_no_numbers_is_refused(tmp_path):
    table(["rate=1", "rate=2"], [0.5, 0.6], trial=["a", "b"]).to_csv(tmp_path / "tuning.csv", index=False)
    with pytest.raises(ValueError, match=r"not a tuning table \(trial holds "):
        read_tuning(tmp_path)
