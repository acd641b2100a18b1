import numpy as np
import pandas as pd
import pytest

from runner.reporting.comparison.time_profiles import PROFILE_COLUMNS, time_profile
from runner.reporting.figures.drawing.canvas import as_svg


def runs(times, dataset="mnist", cell="", **others):
    """Return a summary with the epochs to the target of each variant's seeds; NaN for a miss."""
    rows = [
        {"arm": arm, "dataset": dataset, "cell": cell, "seed": seed, "status": "completed", "epochs_to_target": epochs}
        for arm, own in times.items()
        for seed, epochs in enumerate(own)
    ]
    frame = pd.DataFrame(rows).assign(seconds_to_target=9.0, warm_seconds_to_target=1.0)
    return frame.assign(**others)


def test_the_median_over_the_seeds_counts_on_each_data_set_and_most_misses_are_a_miss():
    summary = pd.concat(
        [
            runs({"sgd": [4, 6, 8], "adam": [3, 3, np.nan]}, "a"),
            runs({"sgd": [5, np.nan, np.nan], "adam": [2, 2, 9]}, "b"),
            runs({"sgd": [2, 2, 2], "adam": [4, 5, 6]}, "c"),
        ]
    )
    found = time_profile(summary, "epochs_to_target")
    assert list(found.frame) == PROFILE_COLUMNS
    ratios = found.frame.pivot_table("ratio", "variant", "dataset").loc[["sgd", "adam"]]
    assert ratios.to_numpy().tolist() == [[2, np.inf, 1], [1, 1, 2.5]]
    assert found.scores == pytest.approx({"sgd": (2 / 3 + 0 + 1) / 3, "adam": (1 + 1 + 0.5) / 3})
    assert set(found.frame["runs"]) == {3}
    assert (found.workloads, found.workload) == (3, "data set")


def test_with_fewer_than_three_data_sets_or_cells_every_seed_is_a_workload():
    found = time_profile(runs({"sgd": [4, 6, 8], "adam": [3, 3, np.nan]}), "epochs_to_target")
    assert (found.workloads, found.workload) == (3, "seed")
    assert found.frame["ratio"].tolist() == [4 / 3, 2, 1, 1, 1, np.inf]
    assert found.frame["seed"].tolist() == [0, 1, 2] * 2


def test_cells_of_a_grid_are_workloads():
    frames = [runs({"sgd": [4, 6], "adam": [3, 3]}, cell=f"model={name}") for name in "xyz"]
    found = time_profile(pd.concat(frames), "epochs_to_target")
    assert (found.workloads, found.workload) == (3, "cell")


def test_a_workload_without_a_run_of_some_variant_is_left_out():
    times = {"sgd": [4, 6, 8, 5], "adam": [3, 3, 3, 3]}
    failed = ["completed"] * 4 + ["completed", "failed", "completed", "completed"]
    found = time_profile(runs(times, status=failed), "epochs_to_target")
    assert found.frame["seed"].tolist() == [0, 2, 3] * 2
    assert time_profile(runs({"sgd": [4, 6], "adam": [3, 3]}), "epochs_to_target") is None
    assert time_profile(runs({"sgd": [4, 6, 3]}), "epochs_to_target") is None


def test_where_no_run_reached_the_target_there_is_no_profile():
    assert time_profile(runs({"sgd": [np.nan] * 3, "adam": [np.nan] * 3}), "epochs_to_target") is None


def test_a_run_that_diverged_after_it_reached_the_target_is_a_miss():
    found = time_profile(
        runs({"sgd": [4, 6, 8], "adam": [3] * 3}, status=["diverged"] + ["completed"] * 5), "epochs_to_target"
    )
    assert found.frame["time"].tolist()[0] == np.inf


def test_the_profile_of_another_metric_is_by_seconds_without_compilation():
    summary = runs({"sgd": [4, 6, 8], "adam": [3, 3, 3]})
    assert set(time_profile(summary, "test_accuracy").frame["metric"]) == {"warm_seconds_to_target"}


def test_the_figure_draws_each_profile_to_its_end_and_names_its_score():
    found = time_profile(runs({"sgd": [30, 3, 8], "adam": [3, 3, np.nan]}), "epochs_to_target")
    figure = found.draw("Profile")
    (axes,) = figure.axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert drawn == {
        "sgd (score 0.67)": [[1, 2 / 3], [10, 1], [10, 1]],
        "adam (score 0.67)": [[1, 2 / 3], [4, 2 / 3]],
    }
    assert axes.get_ylabel() == "share of seeds (%)"
    assert b"</svg>" in as_svg(figure)


def test_among_many_variants_the_best_stand_out_and_the_others_share_a_name():
    found = time_profile(runs({f"v{n}": [n + 3] * 3 for n in range(15)}), "epochs_to_target")
    names = [text.get_text() for text in found.draw("Profile").legends[0].get_texts()]
    assert names == [*(f"v{n} (score {found.scores[f'v{n}']:.2f})" for n in range(6)), "9 other variants"]
