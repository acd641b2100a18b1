import pandas as pd
import pytest

from runner.records.sweep_directory import Question
from runner.records.tuned_axes import TunedAxes, TunedAxis
from runner.reporting.tuning.selection_optimism import SELECTION_COLUMNS, selection_frame, selection_warnings
from runner.reporting.tuning.tuning_trials import tuning_trials

TUNING = pd.DataFrame(
    {
        "variant": ["adam", "adam", "sgd"],
        "point": ["lr=0.1", "lr=0.01", "lr=1"],
        "val_accuracy": [0.5, 0.9294, 0.8],
        "seeds": 1,
        "scored": 1,
        "chosen": [False, True, True],
        "on_edge": [False, False, True],
        "budget": [2, 2, 1],
    }
)


def summary(**figures):
    rows = [
        ("adam", "completed", 0.92),
        ("adam", "completed", 0.9256),
        ("adam", "diverged", 0.1),
        ("sgd", "completed", 0.81),
    ]
    return pd.DataFrame(rows, columns=["variant", "status", "val_accuracy"]).assign(**figures)


def test_a_tuned_score_is_held_against_fresh_seeds():
    # DeepOBS's published runs: Adam's tuning seed scored 92.94, its fresh seeds 92.28 on average.
    found = selection_frame(TUNING, summary()).set_index("variant")
    assert list(found.reset_index()) == SELECTION_COLUMNS
    assert found.loc["adam", "fresh"] == pytest.approx(0.9228)
    assert found.loc["adam", "optimism"] == pytest.approx(0.0066)
    assert found.loc["adam", "n"] == 2
    assert found.loc["sgd", "optimism"] == pytest.approx(-0.01)


def test_a_loss_is_flattered_by_being_low():
    tuning = TUNING.rename(columns={"val_accuracy": "val_loss"}).assign(val_loss=[3.0, 0.1, 0.2])
    found = selection_frame(tuning, summary(val_loss=0.3)).set_index("variant")
    assert found.loc["adam", "optimism"] == pytest.approx(0.2)


def test_a_study_may_say_in_which_direction_its_metric_is_better():
    tuning = TUNING.rename(columns={"val_accuracy": "val_loss"}).assign(val_loss=[3.0, 0.1, 0.2])
    found = selection_frame(tuning, summary(val_loss=0.3), "max").set_index("variant")
    assert found.loc["adam", "optimism"] == pytest.approx(-0.2)


def test_edges_and_unequal_budgets_are_named():
    edge, budget = selection_warnings(selection_frame(TUNING, summary()))
    assert edge.startswith("sgd: lr=1 lies at the edge")
    assert "unequal budgets (adam 2, sgd 1 points tried)" in budget
    several = selection_frame(TUNING.replace({"point": {"lr=1": "lr=1 beta=0.5"}}), summary())
    assert selection_warnings(several)[0].startswith("sgd: lr=1 beta=0.5 has a value at the edge of the search;")


def test_the_key_at_the_edge_is_named():
    points = [f"optimizer.lr={rate} beta={beta} momentum=0.5" for rate in (0.1, 1) for beta in (0.2, 0.5, 0.8)]
    rows = {"variant": "sgd", "point": points, "val_accuracy": 0.8, "seeds": 1, "scored": 1, "on_edge": True}
    tuning = pd.DataFrame(rows).assign(chosen=[False] * 4 + [True, False], budget=6)
    selection = selection_frame(tuning, summary(), None, tuning_trials(tuning, Question()))
    assert selection["edge_keys"].tolist() == ["optimizer.lr"]
    (warning,) = selection_warnings(selection)
    assert warning == "sgd: optimizer.lr=1 lies at the edge of the search; a better value may lie beyond."
    plan = Question(tuned_axes=TunedAxes({"optimizer.lr": TunedAxis(0.01, 1000, True), "beta": TunedAxis(0.2, 0.8)}))
    selection = selection_frame(tuning, summary(), None, tuning_trials(tuning, plan))
    assert selection["edge_keys"].tolist() == [""]  # the middle of both ranges


def test_a_budget_that_was_not_used_up_is_named():
    selection = selection_frame(TUNING, summary())
    assert "budget of 2 points was not used up: sgd has only 1 point." in selection_warnings(selection, 2)[-1]
    search = selection[selection["variant"] == "sgd"].assign(variant="search")
    assert "budget of 2 points was not used up: only 1 point could be tried." in selection_warnings(search, 2)[-1]
    assert selection_warnings(selection, 1) == selection_warnings(selection)
