import math

import numpy as np
import pandas as pd
import pytest

import runner
from runner.reporting.comparison.tasks import PERFORMANCE_COLUMNS, TASK_COLUMNS, arm_baselines, compare_over_datasets
from runner.reporting.statistics.significance.dataset_tests import signed_rank_p

pytestmark = pytest.mark.usefixtures("few_resamples")

DATASETS = [f"d{number}" for number in range(8)]


def runs(gains, metric="test_accuracy", datasets=DATASETS, seeds=3):
    """Return a summary with three runs per variant and data set; a gain is added to all scores of a variant."""
    rows = [
        (arm, dataset, "completed", 0.5 + 0.05 * number + 0.011 * seed + gain * (1 + number / 10))
        for arm, gain in gains.items()
        for number, dataset in enumerate(datasets)
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows, columns=["arm", "dataset", "status", metric])


def compared(summary, metric="test_accuracy", baseline="a", rope=None, datasets=DATASETS):
    baselines = dict.fromkeys(summary["arm"], baseline)
    return compare_over_datasets(summary, datasets, metric, baselines, rope)


def lose(summary, arm, dataset, count):
    """Make the first runs of a variant on a data set diverge."""
    places = summary.index[(summary["arm"] == arm) & (summary["dataset"] == dataset)][:count]
    summary.loc[places, ["status", "test_accuracy"]] = "diverged", np.nan
    return summary


def test_columns_are_those_that_others_rely_on():
    tasks = compared(runs({"a": 0.0, "b": 0.02}))
    assert list(tasks.frame) == TASK_COLUMNS
    assert list(tasks.profile) == PERFORMANCE_COLUMNS


def test_a_variant_that_is_better_on_all_of_eight_data_sets_is_better():
    frame = compared(runs({"a": 0.0, "b": 0.02, "c": -0.02})).frame.set_index("variant")
    assert frame["verdict"].to_dict() == {"a": "", "b": "better", "c": "worse"}
    assert frame["baseline"].to_dict() == {"a": "", "b": "a", "c": "a"}
    assert frame.loc["b", "wilcoxon_p"] == 2 / 2**8
    assert frame.loc["b", "wilcoxon_holm"] == 2 * 2 / 2**8
    assert frame.loc["b", "improvement"] > 0.75 > 0.25 > frame.loc["c", "improvement"]
    assert frame.loc["b", "iqm"] > frame.loc["a", "iqm"] > frame.loc["c", "iqm"]
    assert frame.loc["a", ["improvement", "wilcoxon_p", "p_better"]].isna().all()


def test_less_is_better_of_a_loss_which_is_not_averaged_over_data_sets():
    tasks = compared(runs({"a": 0.0, "b": 0.02}, "test_loss"), "test_loss", rope=0.01)
    found = tasks.frame.set_index("variant").loc["b"]
    assert found["verdict"] == "worse"
    assert found["improvement"] < 0.5
    assert found["p_worse"] > 0.9
    assert tasks.frame[["iqm", "mean", "median"]].isna().all(axis=None)
    assert tasks.profile.empty


def test_five_data_sets_cannot_decide_and_say_so():
    found = compared(runs({"a": 0.0, "b": 0.1}), datasets=DATASETS[:5]).frame.set_index("variant").loc["b"]
    assert (found["verdict"], found["reason"]) == ("undecided", "5 data sets are too few (6 needed)")
    assert found["datasets"] == 5
    assert found["runs"] == 15


def test_equal_variants_show_no_difference():
    found = compared(runs({"a": 0.0, "b": 0.0})).frame.set_index("variant").loc["b"]
    assert (found["verdict"], found["reason"]) == ("undecided", "no significant difference")
    assert (found["improvement"], found["wilcoxon_p"]) == (0.5, 1)


@pytest.mark.parametrize("summary", [runs({"a": 0.0, "b": 0.1}, datasets=DATASETS[:2]), runs({"a": 0.0})])
def test_below_three_data_sets_or_two_variants_there_is_no_comparison(summary):
    assert compared(summary, datasets=list(dict.fromkeys(summary["dataset"]))[: len(summary)]) is None


def test_lost_runs_count_against_their_variant_whatever_its_mean():
    summary = lose(runs({"a": 0.0, "b": 0.02}), "b", "d7", 1)
    found = compared(summary).frame.set_index("variant").loc["b"]
    assert found["lost"] == 1
    differences = np.array([0.02 * (1 + number / 10) for number in range(7)] + [-np.inf])
    assert found["wilcoxon_p"] == signed_rank_p(differences)
    assert found["verdict"] == "undecided"
    assert not math.isnan(found["iqm"])


def test_a_data_set_on_which_every_run_diverged_leaves_no_mean():
    found = compared(lose(runs({"a": 0.0, "b": 0.02}), "b", "d7", 3)).frame.set_index("variant")
    assert found["lost"].to_dict() == {"a": 0, "b": 3}
    assert math.isnan(found.loc["b", "mean"])
    assert not math.isnan(found.loc["b", "iqm"])
    both = lose(lose(runs({"a": 0.0, "b": 0.02}), "b", "d7", 3), "a", "d7", 3)
    assert compared(both).frame.set_index("variant").loc["b", "wilcoxon_p"] == 2 / 2**7  # the last is a tie


def test_a_baseline_without_errors_on_a_data_set_has_a_note_that_names_it():
    summary = runs({"a": 0.0, "b": -0.02})
    assert not compared(summary).notes
    summary.loc[(summary["arm"] == "a") & (summary["dataset"] == "d2"), "test_accuracy"] = 1.0
    (note,) = compared(summary).notes
    assert note.endswith("because no completed run of the baseline a makes an error on d2.")
    assert not compared(summary, baseline="b").notes
    assert not compared(summary.rename(columns={"test_accuracy": "test_loss"}), "test_loss").notes


def test_the_note_on_a_baseline_without_errors_is_a_caution_of_the_report(make_run, tmp_path):
    for arm, gain in (("a", 0.0), ("b", -0.1)):
        for dataset in ("digits", "wine", "mnist"):
            accuracies = [(1.0 if dataset == "wine" else 0.9) + gain]
            make_run(f"s/{arm}{dataset}", label=arm, dataset=dataset, fingerprint=dataset, accuracies=accuracies)
    found = [text for text in runner.load(tmp_path / "s").cautions if "relative errors" in text]
    assert len(found) == 1
    assert "baseline a makes an error on wine" in found[0]


def test_failed_runs_are_missing():
    summary = runs({"a": 0.0, "b": 0.02})
    summary.loc[summary.index[0], "status"] = "failed"
    assert compared(summary).frame["runs"].tolist() == [23, 24]


def test_profile_begins_with_all_runs_and_ends_with_none():
    profile = compared(lose(runs({"a": 0.0, "b": 0.02}), "b", "d0", 1)).profile.groupby("variant")["share"]
    assert profile.first().to_dict() == {"a": 1, "b": pytest.approx(23 / 24)}  # a lost run is never above a score
    assert profile.last().to_dict() == {"a": 0, "b": 0}


def test_both_profiles_are_side_by_side_and_the_scores_alone_without_relative_errors():
    summary = runs({"a": 0.0, "b": 0.02})
    tasks = compared(summary)
    columns = ["relative_error", "relative_share", "relative_share_low", "relative_share_high"]
    assert list(tasks.profiles.columns) == [*PERFORMANCE_COLUMNS, *columns]
    pd.testing.assert_frame_equal(tasks.profiles[PERFORMANCE_COLUMNS], tasks.profile)
    beside = tasks.profiles[["variant", *columns]].set_axis(PERFORMANCE_COLUMNS, axis="columns")
    pd.testing.assert_frame_equal(beside, tasks.relative_profile)
    perfect = summary.assign(test_accuracy=summary["test_accuracy"].where(summary["arm"] == "b", 1.0))
    assert compared(perfect).profiles[columns].isna().all(axis=None)


def test_region_of_equivalence_adds_the_bayesian_test():
    frame = compared(runs({"a": 0.0, "b": 0.02, "c": 0.001}), rope=0.01).frame.set_index("variant")
    assert frame["rope"].tolist() == [0.01] * 3
    assert frame.loc["b", "p_better"] > 0.95
    assert frame.loc["c", "p_within"] > 0.95


def test_baseline_of_an_arm_is_the_same_on_all_data_sets():
    summary = pd.DataFrame({"variant": ["a [d]", "b [d]", "a [e]", "b [e]"], "arm": ["a", "b", "a", "b"]})
    same = {"a [d]": "a [d]", "b [d]": "a [d]", "a [e]": "a [e]", "b [e]": "a [e]"}
    assert arm_baselines(summary, same) == {"a": "a", "b": "a"}
    assert arm_baselines(summary, same | {"a [e]": "b [e]", "b [e]": "b [e]"}) == {}
    absent = {"a [d]": "x [d]", "b [d]": "x [d]", "a [e]": "x [e]", "b [e]": "x [e]"}
    assert arm_baselines(summary, absent) == {}
