from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from runner.core.omissions import LeftOut
from runner.records.sweep_directory import Question
from runner.records.tuned_axes import TunedAxes, TunedAxis
from runner.reporting.collection.collect import Run, find_runs
from runner.reporting.result_reader import Wish, read_results
from runner.reporting.tuning.tuning_curves import (
    TUNING_CURVE_COLUMNS,
    is_unsettled,
    pruning_sentences,
    tuning_curve_frame,
    tuning_sentences,
)

NAMES = ["sgd", "adam", "lion"]


def tuning(scores, metric="val_accuracy"):
    """Return a tuning table with the scores of the points of each variant; None: no score."""
    rows = [(variant, f"lr={place}", score) for variant, own in scores.items() for place, score in enumerate(own)]
    return pd.DataFrame(rows, columns=["variant", "point", metric]).assign(
        seeds=2, scored=2, chosen=False, on_edge=False, budget=3
    )


def said(scores, names=NAMES, metric="val_accuracy"):
    return tuning_sentences(tuning_curve_frame(tuning(scores, metric), [], names), names)


def test_each_variant_has_a_row_for_each_budget_and_a_place_among_the_others():
    curves = tuning_curve_frame(tuning({"sgd": [0.1, 0.2, 0.9], "adam": [0.7, 0.8]}), [], NAMES)
    assert list(curves) == TUNING_CURVE_COLUMNS
    assert curves["budget"].tolist() == [1, 2, 3, 1, 2]
    assert curves["expected"].tolist() == pytest.approx([0.4, 2 / 3, 0.9, 0.75, 0.8])
    # Three points of sgd have no counterpart.
    assert curves["place"].fillna(0).tolist() == [2, 2, 0, 1, 1]


def test_the_leader_is_named_with_the_budget_from_which_it_leads_and_the_order_holds():
    (sentence,) = said({"sgd": [0.1, 0.5, 0.9], "adam": [0.7, 0.75, 0.8], "lion": [0.3, 0.3, 0.3]})
    assert sentence == (
        "Tuning budget: sgd leads at 3 points in expected best validation accuracy of points picked at random "
        "(90.00% at 3 points, adam 80.00%); "
        "before that adam at 1 to 2 points. The order of all 3 variants still changes at the last budget."
    )
    (sentence,) = said({"sgd": [0.1, 0.9, 0.9], "adam": [0.7, 0.75, 0.8], "lion": [0.3, 0.3, 0.3]})
    assert "sgd leads from 2 points on" in sentence
    assert "before that adam at 1 point. The order of all 3 variants is the same from 2 points on." in sentence


@pytest.mark.parametrize(("highest", "unsettled"), [(0.9, True), (0.7, False)])
def test_tuning_is_unsettled_if_the_order_changes_at_the_last_budget(highest, unsettled):
    scores = {"sgd": [0.1, 0.5, highest], "adam": [0.7, 0.75, 0.8], "lion": [0.05, 0.05, 0.05]}
    assert is_unsettled(tuning_curve_frame(tuning(scores), [], NAMES), NAMES) == unsettled
    assert not is_unsettled(tuning_curve_frame(tuning({"sgd": [0.1]}), [], NAMES), NAMES)
    late = tuning_curve_frame(tuning(scores), [], NAMES)
    late.loc[late["budget"] < 3, "place"] = None  # ranks at one budget alone
    assert not is_unsettled(late, NAMES)


def test_one_leader_at_every_budget_and_ties_are_said():
    (sentence,) = said({"sgd": [0.1, 0.5], "adam": [0.7, 0.8]})
    assert sentence.startswith("Tuning budget: adam leads at every budget in expected")
    assert sentence.endswith("(80.00% at 2 points, sgd 50.00%).")
    (sentence,) = said({"sgd": [0.7, 0.8], "adam": [0.8, 0.7], "lion": [0.1, 0.2]})
    assert sentence.startswith("Tuning budget: sgd and adam lead at every budget")
    assert "(80.00% at 2 points, lion 20.00%)" in sentence


def test_many_changes_of_the_leader_are_counted():
    highs = {"a": (0.5, 12), "b": (0.66, 6), "c": (0.76, 4), "d": (0.84, 3), "e": (0.9, 2)}
    scores = {variant: [high] * count + [0.0] * (12 - count) for variant, (high, count) in highs.items()}
    (sentence,) = said(scores, list(highs))
    assert "e leads from 9 points on" in sentence
    assert "before that the lead changes 4 times." in sentence


def test_a_low_loss_leads():
    (sentence,) = said({"sgd": [0.1, 0.5], "adam": [0.7, 0.8]}, metric="val_loss")
    assert "sgd leads at every budget in expected best validation loss" in sentence


def test_a_variant_whose_draws_may_lack_a_score_ranks_behind():
    (sentence,) = said({"sgd": [0.9, 0.9, None], "adam": [0.7, 0.75, 0.8]})
    assert "sgd leads from 2 points on" in sentence
    assert (
        "before that adam at 1 point. A variant ranks behind those with fewer draws in which no point has a score."
        in sentence
    )
    (sentence,) = said({"sgd": [0.9, 0.9, None], "adam": [0.7, 0.75, None]})
    assert "has a score" not in sentence  # equal shares decide nothing


def test_variants_are_compared_within_their_cell_of_the_grid():
    cells = {
        "sgd,width=8": [0.1, 0.2],
        "adam,width=8": [0.3, 0.4],
        "sgd,width=9": [0.9, 0.8],
        "adam,width=9": [0.1, 0.2],
    }
    first, second = said(cells)
    assert first.startswith("Tuning budget (width=8): adam leads at every budget")
    assert second.startswith("Tuning budget (width=9): sgd leads at every budget")
    assert "adam 20.00%" in second


@pytest.mark.parametrize(
    "scores",
    [{}, {"sgd": [0.1, 0.2]}, {"sgd": [0.1], "adam": [0.2]}, {"sgd": [np.nan, np.nan], "adam": [np.nan, np.nan]}],
)
def test_nothing_is_said_without_two_variants_two_points_and_a_score(scores):
    assert said(scores) == []


def test_a_damaged_table_with_a_point_twice_has_its_curve():
    points = pd.concat([tuning({"sgd": [0.7, 0.8]})] * 2, ignore_index=True)
    assert tuning_curve_frame(points, [], NAMES)["expected"].tolist() == pytest.approx([0.75, 0.75 + 1 / 30, 0.8, 0.8])


def test_the_test_score_is_the_mean_over_the_tuning_runs_of_the_winner(make_run):
    points, runs = tuning({"sgd": [0.7, 0.8], "adam": [0.8, 0.7]}), []
    for variant, scores in {"sgd": [0.6, 0.5], "adam": [0.4, 0.9]}.items():
        for place, score in enumerate(scores):
            for seed in (0, 1):
                broken = (variant, place, seed) == ("adam", 1, 1)
                overrides = ["lr=0", f"optimizer={variant}", f"lr={place}", f"seed={seed}"]  # lr=0: from the base
                run = make_run(
                    f"{variant}{place}{seed}", overrides, seed, label=variant,
                    status="diverged" if broken else "completed", test={"accuracy": score + seed / 10},
                )  # fmt: skip
                runs.append(Run.read(run))
    found = tuning_curve_frame(points, runs, NAMES)["expected_test"].tolist()
    # Half of the draws of one point are the first point. The second point of adam has only one of its two test scores.
    assert found == pytest.approx([(0.65 + 0.55) / 2, 0.55, float("nan"), 0.45], nan_ok=True)


def test_a_run_that_two_variants_share_counts_for_both(make_run):
    """The run's overrides are those of the first variant; the second variant has them in a different order."""
    points = tuning({"sgd": [0.7], "momentum": [0.8]}).assign(seeds=1, run_ids=["00000000e123", "00000000e123"])
    make_run("shared", ["momentum=0", "lr=0", "seed=0"], label="sgd", run_id="00000000e123", test={"accuracy": 0.6})
    run = Run.read(make_run("other", run_id="00000000e124", test={"accuracy": 0.1}))
    shared = Run.read(run.directory.path.parent / "shared")
    curves = tuning_curve_frame(points, [run, shared, shared.named("momentum")], NAMES)
    assert curves["expected_test"].tolist() == [0.6, 0.6]


def test_trials_that_depend_on_each_other_have_the_best_so_far():
    curves = tuning_curve_frame(
        tuning({"sgd": [0.1, 0.9, 0.2], "adam": [0.7, None, 0.8]}), [], NAMES, is_independent=False
    )
    assert curves["expected"].tolist() == [0.1, 0.9, 0.9, 0.7, 0.7, 0.8]
    assert set(curves["kind"]) == {"so_far"}
    (sentence,) = tuning_sentences(curves, NAMES)
    assert sentence == (
        "Tuning budget: sgd leads from 2 points on in best validation accuracy so far, in one search (90.00% at "
        "3 points, adam 80.00%); before that adam at 1 point."
    )


def test_what_a_pruner_saved_is_said():
    states = tuning({"sgd": [0.1, None], "adam": [0.7, None]}).assign(
        state=["completed", "pruned"] * 2, epochs=[1000, 300] * 2, planned_epochs=1000
    )
    said = "Pruning (successive halving): 2 of 4 trials ended early; 2,600 of 4,000 epochs were trained."
    assert pruning_sentences(states, "successive_halving") == [said]
    assert pruning_sentences(states, "none") == []
    assert pruning_sentences(tuning({"sgd": [0.1]}), "median") == []  # from an earlier version


@pytest.mark.parametrize(
    ("axis", "is_said"), [(TunedAxis(0.1, 10.0), True), (TunedAxis(choices=[0, 1, 2]), False), (None, False)]
)
def test_a_report_warns_about_an_unsettled_tuning_over_ranges(make_run, tmp_path, axis, is_said):
    for variant in ("sgd", "adam"):
        make_run(f"sweep/{variant}", label=variant)
    left_out, paths = LeftOut(), [tmp_path / "sweep"]
    results = read_results(find_runs(paths, left_out), paths, Wish(), left_out)
    asked = Question(tuned_axes=TunedAxes({"lr": axis} if axis else {}), variants=("sgd", "adam"))
    found = replace(results, asked=asked, tuning=tuning({"sgd": [0.1, 0.5, 0.9], "adam": [0.7, 0.75, 0.8]}))
    assert any("still changes at the last tuning budget" in caution for caution in found.cautions) == is_said
