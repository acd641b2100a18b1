import numpy as np
import pandas as pd
import pytest

from runner.records.sweep_directory import Question
from runner.reporting.tuning.importances import IMPORTANCE_COLUMNS, importances
from runner.reporting.tuning.tuning_trials import tuning_trials


def trials_of(points, scores, variant="adam", **others):
    rows = {"variant": variant, "point": points, "val_accuracy": scores, "chosen": False, "budget": len(points)}
    tuning = pd.DataFrame(rows | {"seeds": 1, "scored": 1, "on_edge": False} | others)
    return tuning_trials(tuning, Question())


@pytest.fixture(scope="module")
def search():
    """24 trials: the rate determines the score, the choice has no effect, and half of the trials set a momentum."""
    draws = np.random.default_rng(3).random((24, 2))
    points, scores = [], []
    for number, (rate, momentum) in enumerate(draws):
        extra = f" norm=batch momentum={momentum:.3f}" if number % 2 else " norm=none"
        points.append(f"rate={rate:.4f}{extra}")
        scores.append(1 - (rate - 0.4) ** 2)
    return importances(trials_of(points, scores))


def test_each_key_has_its_share_with_a_range_the_largest_first(search):
    frame = search.frame
    assert list(frame) == IMPORTANCE_COLUMNS
    assert frame["key"].tolist() == ["rate", "norm", "momentum"]
    assert frame["importance"][0] > 0.8
    assert (frame["importance"][1:] < 0.1).all()
    assert ((frame["low"] <= frame["importance"]) & (frame["importance"] <= frame["high"])).all()
    assert (frame["importance"] <= frame["with_interactions"] + 0.02).all()
    assert frame["r_squared"][0] > 0.5


def test_a_conditional_key_is_judged_by_the_trials_that_set_it(search):
    assert search.frame["trials"].tolist() == [24, 24, 12]
    assert search.notes == ["adam: the importance of momentum is based on the 12 of 24 trials that set it."]


def test_trials_that_depend_on_earlier_results_are_called_so():
    variants = trials_of([f"rate={n} beta={n % 3}" for n in range(12)], np.arange(12.0))
    assert "earlier results" not in " ".join(importances(variants).notes)
    assert importances(variants, is_independent=False).notes[-1].startswith("The sampler or the pruner used earlier")


def test_too_few_trials_are_named():
    found = importances(trials_of([f"rate={n} beta={n % 3}" for n in range(9)], np.arange(9.0)))
    assert found.frame.empty
    assert found.notes == ["Importances need 10 trials with a score, and 4 for each key: too few in adam 9 of 10."]


def test_trials_without_a_score_are_named_and_do_not_count():
    points = [f"rate={n} beta={n % 3}" for n in range(14)]
    found = importances(trials_of(points, [*range(12), np.nan, 12], state=["completed"] * 13 + ["pruned"]))
    assert found.frame["trials"].tolist() == [12, 12]
    assert "adam: importances are based on the 12 of 14 trials that have a score." in found.notes


def test_importances_that_predict_nothing_are_called_so():
    draws = np.random.default_rng(0).random((12, 3))
    found = importances(trials_of([f"rate={a:.3f} beta={b:.3f}" for a, b, _ in draws], draws[:, 2]))
    assert (found.frame["r_squared"] <= 0).all()
    assert found.notes[0].startswith(
        "adam: the importances mean little, because the forest predicts unseen trials no better"
    )


def test_equal_scores_have_no_importances():
    found = importances(trials_of([f"rate={n} beta={n % 3}" for n in range(12)], [0.5] * 12))
    assert found.frame.empty
    assert found.notes == ["adam: no importances, because all scores are equal."]


@pytest.mark.parametrize("points", [[f"rate={n}" for n in range(20)], ["rate=1 beta=2"] * 20, [""] * 20])
def test_a_single_key_is_not_worth_a_word(points):
    found = importances(trials_of(points, np.arange(20.0)))
    assert found.frame.empty
    assert found.notes == []


def test_of_many_variants_the_best_are_analysed():
    variants = [trials_of(["rate=1 beta=1", "rate=2 beta=2"], [0.1 * n, 0.0], f"v{n}")[0] for n in range(40)]
    kept, few = importances(variants).notes
    assert kept == "Importances are those of the 30 best of 40 variants."
    assert "too few in v10 2 of 10, v11" in few
