import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from runner.reporting.comparison.tasks import PERFORMANCE_COLUMNS, compare_over_datasets
from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.drawing.canvas import BASELINE_COLOR
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.of_tasks import (
    AGGREGATES,
    BAND,
    aggregate_scores,
    improvement_probability,
    performance_profile,
)


def profile(variants):
    rows = [(name, 0.1 * step, 1 - 0.1 * step, 0.9 - 0.09 * step, 1.0) for name in variants for step in range(11)]
    return pd.DataFrame(rows, columns=PERFORMANCE_COLUMNS)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_every_variant_has_its_steps_and_its_band():
    variants = ["sgd", "adam"]
    styles = variant_styles(variants, variants, "sgd")
    figure = performance_profile(profile(variants), "test_accuracy", "sgd", "", styles)
    (axes,) = figure.axes
    assert legend(figure) == [*variants, BAND]
    assert [line.get_ydata()[3] for line in axes.lines[:2]] == pytest.approx([0.7, 0.7])
    assert len(axes.collections) == 2
    assert axes.get_xlabel() == "test error / mean of sgd on the same data set (below 1: better)"


def test_among_many_variants_the_baseline_and_the_best_stand_out():
    variants = [f"v{number}" for number in range(20)]
    figure = performance_profile(profile(variants), "test_f1", "v19", "", variant_styles(variants, variants, "v19"))
    assert legend(figure) == ["13 other variants", *variants[:6], "v19", BAND]
    assert len(figure.axes[0].lines) == 20 + 1  # and the line of the baseline's mean


def compared(datasets=3):
    """The comparison of two variants on data sets with four runs each, and the scores by data set."""
    places = np.arange(4 * datasets).reshape(datasets, 4)
    scores = {"sgd": places / (8 * datasets), "adam": 0.3 + places**2 / (400 * datasets)}
    names = [f"d{number}" for number in range(datasets)]
    rows = [
        {"arm": arm, "dataset": dataset, "status": "completed", "test_accuracy": score}
        for arm, own in scores.items()
        for dataset, runs in zip(names, own, strict=True)
        for score in runs
    ]
    tasks = compare_over_datasets(pd.DataFrame(rows), names, "test_accuracy", dict.fromkeys(scores, "sgd"))
    return tasks.frame, scores, variant_styles([*scores], [*scores], "sgd")


def aggregates(datasets=3):
    frame, scores, styles = compared(datasets)
    return aggregate_scores(frame, "sgd", "", styles), scores


def test_aggregates_are_points_in_their_intervals_by_hand():
    """The middle ten of twenty runs count; each resample draws four runs of both variants from every data set."""
    figure, scores = aggregates(5)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [*AGGREGATES.values()]
    generator = np.random.default_rng(1)
    wrong = {arm: 1 - own for arm, own in scores.items()}
    drawn = {arm: np.stack([generator.choice(runs, (20_000, 4)) for runs in own], axis=1) for arm, own in wrong.items()}
    by_hand = {
        "iqm": lambda values: np.sort(values.reshape(*values.shape[:-2], 20))[..., 5:15].mean(axis=-1),
        "mean": lambda values: values.mean(axis=(-2, -1)),
        "median": lambda values: np.median(values.mean(axis=-1), axis=-1),
    }
    for axes, aggregate in zip(figure.axes, by_hand.values(), strict=True):
        intervals, points = axes.collections
        for row, arm in enumerate(scores):
            relative = wrong[arm] / wrong["sgd"].mean(axis=-1, keepdims=True)
            assert points.get_offsets()[row][0] == pytest.approx(aggregate(relative))
            ends = np.quantile(aggregate(drawn[arm] / drawn["sgd"].mean(axis=-1, keepdims=True)), [0.025, 0.975])
            assert intervals.get_segments()[row][:, 0] == pytest.approx(ends, abs=0.01)


def test_the_median_of_three_data_sets_is_not_drawn():
    figure, _ = aggregates()
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["interquartile mean (IQM)", "mean"]


def test_the_baselines_row_is_grey_and_a_narrow_figure_has_the_same_panels_below_each_other():
    figure, _ = aggregates()
    assert to_hex(figure.axes[0].collections[1].get_facecolors()[0]) == BASELINE_COLOR
    with own_style(look_of("paper", 84)):
        panels = aggregates()[0].axes
    assert [axes.get_title(loc="left") for axes in panels] == ["interquartile mean (IQM)", "mean"]
    assert len({axes.get_subplotspec().colspan.start for axes in panels}) == 1
    assert all([label.get_text() for label in axes.get_yticklabels()] == ["sgd", "adam"] for axes in panels)


def test_the_probability_of_improvement_counts_all_pairs_of_runs_of_a_data_set():
    frame, scores, styles = compared()
    (axes,) = improvement_probability(frame[frame["baseline"] != ""], "", styles).axes
    intervals, points = axes.collections

    def share_of_wins(own, others):
        wins = (own[..., :, None] > others[..., None, :]) + 0.5 * (own[..., :, None] == others[..., None, :])
        return wins.mean(axis=(-3, -2, -1))

    own, others = scores["adam"], scores["sgd"]
    assert points.get_offsets()[:, 0].tolist() == [pytest.approx(share_of_wins(own, others))]
    generator = np.random.default_rng(2)
    drawn = [np.stack([generator.choice(runs, (20_000, 4)) for runs in side], axis=1) for side in (own, others)]
    assert intervals.get_segments()[0][:, 0] == pytest.approx(
        np.quantile(share_of_wins(*drawn), [0.025, 0.975]), abs=0.02
    )
    assert [label.get_text() for label in axes.get_yticklabels()] == ["adam"]
    assert axes.get_xlabel() == "probability that a run is better than a run of sgd"
