"""Cross-validated variants in a report."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.comparison.aggregate import aggregate_frame, comparison_frame
from runner.reporting.comparison.decision import LOST_FOLD, OTHER_FOLDS
from runner.reporting.comparison.folds import folds_of, folds_text, refuse_mixed_folds, unit_of, units_of
from runner.reporting.comparison.power import PowerWish, power_frame
from runner.reporting.ensemble import read_members
from runner.reporting.report import results_table
from runner.reporting.result_reader import Wish, read_results
from runner.reporting.sentences.verdicts import cautions, verdicts
from runner.reporting.statistics.significance.corrected_t import compare_folds
from runner.reporting.statistics.significance.names_of_tests import CORRECTED_T

TEN = [0.91, 0.88, 0.93, 0.90, 0.92, 0.89, 0.94, 0.90, 0.91, 0.93]
LESS = [value - 0.02 - 0.001 * place for place, value in enumerate(TEN)]


def runs(variant, values, folds=5, statuses=None, draws=(0, 1)):
    """Return a summary with 5 folds for each seed; every draw has its own held-out examples."""
    places = [(draw, fold) for draw in draws for fold in range(folds)][: len(values)]
    return pd.DataFrame(
        {
            "variant": variant,
            "seed": [draw for draw, _ in places],
            "status": statuses or ["completed"] * len(values),
            "test_accuracy": values,
            "folds": folds,
            "fold": [fold for _, fold in places],
            "held_out": [f"{folds}.{draw}.{fold}" for draw, fold in places],
            "epochs": 5,
            "train_seconds": 1.0,
            "parameters": 10,
            "dataset": "digits",
            "fingerprint": "f",
        }
    )


def compared(*variants, **options):
    frame = comparison_frame(pd.concat(variants, ignore_index=True), "test_accuracy", "a", **options)
    return frame.to_dict("records")


def test_the_folds_are_the_pairs_and_the_test_is_the_corrected_one():
    (row,) = compared(runs("a", TEN), runs("b", LESS))
    expected = compare_folds(LESS, TEN, 5)
    assert (row["test"], row["n"], row["verdict"]) == (CORRECTED_T, 10, "lower")
    assert row["p_value"] == row["p_adjusted"] == pytest.approx(expected.p_value)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((expected.ci_low, expected.ci_high))
    assert row["detectable"] > 0


def test_runs_are_paired_by_their_fold_in_whatever_order_they_come():
    shuffled = runs("b", LESS).sample(frac=1, random_state=0)
    (row,) = compared(runs("a", TEN), shuffled)
    assert row["p_value"] == pytest.approx(compare_folds(LESS, TEN, 5).p_value)


def test_other_initial_weights_or_training_examples_do_not_part_a_pair():
    one, other = (runs(name, TEN).assign(split=name, weight_shapes="s", initial_weights=name) for name in "ab")
    (row,) = compared(one, other.assign(test_accuracy=LESS))
    assert (row["test"], row["n"], row["unmatched"]) == (CORRECTED_T, 10, 0)


def test_five_folds_can_decide_although_five_seeds_cannot():
    (row,) = compared(runs("a", TEN[:5]), runs("b", LESS[:5]))
    assert (row["n"], row["verdict"]) == (5, "lower")


def test_several_comparisons_are_adjusted_by_holm_although_max_t_was_asked_for():
    rows = compared(runs("a", TEN), runs("b", LESS), runs("c", [*LESS[:5], *TEN[5:]]), correction="max_t")
    assert {row["correction"] for row in rows} == {"Holm"}
    least, most = sorted(rows, key=lambda row: row["p_value"])
    assert least["p_adjusted"] == pytest.approx(min(1, 2 * least["p_value"]))
    assert most["p_adjusted"] == pytest.approx(max(most["p_value"], least["p_adjusted"]))


def test_equivalence_is_that_of_the_corrected_test():
    near = [value + 0.001 * (-1) ** place for place, value in enumerate(TEN)]
    (row,) = compared(runs("a", TEN), runs("b", near), margin=0.01)
    assert row["verdict"] == "equivalent"
    assert row["p_equivalence"] == pytest.approx(compare_folds(near, TEN, 5, margin=0.01).p_equivalence)


def test_intervals_and_claims_that_take_folds_for_independent_are_empty():
    (row,) = compared(runs("a", TEN), runs("b", LESS))
    for name in ("bca_low", "exact_low", "repeated_low", "win_low"):
        assert math.isnan(row[name])
    assert row["win_claim"] is None


def test_a_diverged_fold_leaves_a_difference_and_no_claim():
    statuses = ["diverged", *["completed"] * 9]
    (row,) = compared(runs("a", TEN), runs("b", [math.nan, *LESS[1:]], statuses=statuses))
    assert (row["verdict"], row["reason"], row["lost"]) == ("undecided", LOST_FOLD, 1)
    assert row["difference"] == pytest.approx(np.mean(np.subtract(LESS, TEN)[1:]))
    assert math.isnan(row["p_adjusted"])


def test_a_failed_fold_is_left_out_of_the_pairs():
    statuses = ["failed", *["completed"] * 9]
    (row,) = compared(runs("a", TEN), runs("b", [math.nan, *LESS[1:]], statuses=statuses))
    assert row["n"] == 9
    assert row["p_value"] == pytest.approx(compare_folds(LESS[1:], TEN[1:], 5).p_value)


def test_variants_with_other_folds_are_not_tested():
    summary = [runs("a", TEN), runs("b", LESS, draws=(2, 3))]
    (row,) = compared(*summary)
    assert (row["verdict"], row["reason"]) == ("undecided", OTHER_FOLDS)
    assert math.isnan(row["p_value"])
    aggregate = aggregate_frame(pd.concat(summary), "test_accuracy")
    frame = comparison_frame(pd.concat(summary), "test_accuracy", "a")
    said = verdicts(aggregate, frame, {"a": "a", "b": "a"})["b"]
    assert "versus a: fewer than two common folds, so there is no test" in said
    assert cautions(aggregate, frame, [], []) == []


def test_seeds_that_share_their_folds_count_once():
    sides = [("a", TEN), ("b", LESS)]
    draws = [runs(name, values[:5]).assign(seed=seed) for name, values in sides for seed in (0, 1)]
    (row,) = compared(*draws)
    assert row["n"] == 5
    assert row["p_value"] == pytest.approx(compare_folds(LESS[:5], TEN[:5], 5).p_value)
    assert math.isnan(unit_of(pd.concat(draws, ignore_index=True)).overlap)  # figures have no common interval


def test_the_interval_of_a_mean_allows_for_overlapping_training_sets():
    (row,) = aggregate_frame(runs("a", TEN), "test_accuracy").to_dict("records")
    assert row["n"] == 10
    assert row["standard_error"] == pytest.approx(np.std(TEN, ddof=1) * math.sqrt(1 / 10 + 1 / 4))


def test_runs_that_failed_before_they_knew_their_fold_leave_the_others_their_interval():
    failed = runs("a", TEN, statuses=["failed"] * 2 + ["completed"] * 8)
    failed.loc[:1, ["folds", "held_out"]] = None
    assert unit_of(failed) == unit_of(runs("a", TEN[2:]))
    assert unit_of(failed).overlap == 1 / 4


def test_units_are_folds_or_seeds():
    plain = runs("a", TEN[:2]).drop(columns=["folds", "fold", "held_out"])
    assert units_of(plain).tolist() == [0, 0]
    assert units_of(runs("a", TEN[:2])).tolist() == ["5.0.0", "5.0.1"]
    assert (folds_of(plain), folds_of(runs("a", TEN)), folds_text(plain)) == (None, 5, "")
    assert folds_text(runs("a", TEN)) == "5-fold cross-validation, repeated 2 times"
    assert folds_text(runs("a", TEN[:5])) == "5-fold cross-validation"


def test_runs_with_and_without_folds_are_not_mixed():
    plain = runs("b", TEN).drop(columns=["folds", "fold", "held_out"])
    with pytest.raises(UserError, match="these runs have 5 folds and no folds, so they were tested on different exam"):
        refuse_mixed_folds(pd.concat([runs("a", TEN), plain]))
    with pytest.raises(UserError, match="these runs have 5 folds and 10 folds"):
        refuse_mixed_folds(pd.concat([runs("a", TEN), runs("b", TEN, folds=10)]))
    failed = plain.assign(status="failed")  # a run that ended before it loaded its data
    refuse_mixed_folds(pd.concat([runs("a", TEN), failed]))


@pytest.fixture
def study(make_run):
    """Runs of two variants on 5 folds with the same sequence of test labels."""
    labels = np.array([0, 1], np.int32)
    predictions = {"test_labels": labels, "test_probabilities": np.eye(2), "validation_labels": labels,
                   "validation_probabilities": np.eye(2)}  # fmt: skip
    for variant, accuracies in (("none", TEN), ("l2", LESS)):
        for fold in range(5):
            data = {"name": "digits", "fingerprint": "f" * 64, "test": 2, "folds": 5, "fold": fold}
            made = make_run(
                f"study/{variant}{fold}", [f"dataset.fold={fold}"], accuracies=[accuracies[fold]], label=variant,
                predictions=predictions,
            )  # fmt: skip
            change(made, dataset=data | {"held_out": f"{fold}" * 12})
    return made.parent


def change(directory, **fields):
    path = directory / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def read(study, **wish):
    left_out = LeftOut()
    return read_results(find_runs([study], left_out), [study], Wish(baseline="none", **wish), left_out)


def test_a_report_says_that_it_compares_folds(study):
    results = read(study)
    assert results.variants == ["l2", "none"]
    assert "paired corrected t; n = 5" in results.verdicts["l2"]
    assert results.cautions[0] == "5-fold cross-validation: intervals and tests allow for overlapping training sets."
    caption = results_table(results).caption
    assert "over n = 5 folds (5-fold cross-validation), digits" in caption
    assert "95% intervals of the corrected t-test" in caption


def test_nothing_is_said_of_one_common_test_set(study):
    results = read(study)
    assert results.predicted.ensembles == {}
    assert results.comparisons["test_set_error"].isna().all()
    assert results.comparisons["new_images_low"].isna().all()
    with pytest.raises(UserError, match="was tested on different examples than"):
        read_members([study])


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            {"metric": "epochs_to_target", "target": 0.5},
            "--metric epochs_to_target: times are compared by the sign test",
        ),
        ({"rope": 0.01}, "--bayesian-rope 0.01: not available for folds of cross-validation"),
    ],
)
def test_what_needs_independent_runs_is_refused(study, wish, said):
    with pytest.raises(UserError, match=said):
        read(study, **wish)


def test_the_power_of_more_seeds_is_not_computed_from_folds(study):
    with pytest.raises(UserError, match="these are folds of cross-validation"):
        power_frame(read(study), PowerWish())
