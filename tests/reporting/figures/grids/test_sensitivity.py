from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.reporting.comparison.folds import SEEDS
from runner.reporting.figures.drawing.axes import (
    Axis,
    is_grid,
    overrides_frame,
    points_along,
    rest_of,
    sensitivity_axis,
    varying_axes,
)
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.grids.good_range import GOOD, noise_of_seeds
from runner.reporting.figures.grids.sensitivity import sensitivity
from runner.reporting.sentences.figure_captions import _of_good


class Record:
    def __init__(self, *asked):
        self.asked = list(asked)


def frame(*runs):
    return overrides_frame([Record(*run.split()) for run in runs])


GRID = [f"optimizer={name} optimizer.learning_rate={rate}" for name in ("sgd", "adam") for rate in ("0.1", "1e-2", "1")]


def test_the_axes_of_a_grid_are_what_every_run_overrides_in_more_than_one_way():
    optimizer, rate = varying_axes(frame(*(f"{run} model=mlp" for run in GRID)))
    assert (optimizer.key, optimizer.levels, optimizer.is_number) == ("optimizer", ["sgd", "adam"], False)
    assert (rate.key, rate.levels, rate.is_number) == ("optimizer.learning_rate", ["1e-2", "0.1", "1"], True)


def test_what_only_some_runs_override_is_no_axis():
    assert varying_axes(frame("optimizer=sgd", "optimizer=adam optimizer.beta_1=0.8"))[0].key == "optimizer"
    assert len(varying_axes(frame("optimizer=sgd", "optimizer=adam optimizer.beta_1=0.8"))) == 1


def test_two_crossed_axes_are_a_grid_and_three_arms_of_a_study_are_not():
    assert is_grid(varying_axes(frame(*GRID)), frame(*GRID))
    arms = frame("optimizer=sgd optimizer.learning_rate=1", "optimizer=adam optimizer.learning_rate=0.1")
    assert not is_grid(varying_axes(arms), arms)
    three = frame(*(f"{run} regularizer={own}" for run in GRID for own in ("[]", "[l2]")))
    assert not is_grid(varying_axes(three), three)


def test_the_learning_rate_is_the_axis_of_a_sensitivity_curve():
    axes = varying_axes(frame(*(f"{run} model.width={n}" for n, run in enumerate(GRID))))
    assert sensitivity_axis(axes).key == "optimizer.learning_rate"
    assert (
        sensitivity_axis([Axis("model.width", ["1", "2"]), Axis("model.depth", ["1", "2", "3"])]).key == "model.depth"
    )
    assert sensitivity_axis([Axis("model.width", ["1", "2"])]) is None


def test_sensitivity_draws_a_line_a_group_over_the_rates_and_marks_what_was_chosen():
    overrides = frame(*GRID, *GRID)
    scores = pd.Series([0.5, 0.6, 0.1, 0.7, 0.9, np.nan] * 2)
    points = points_along(varying_axes(overrides)[1], overrides, scores)
    figure = sensitivity(
        points, "optimizer.learning_rate", "val_accuracy", "", {"optimizer=adam": (0.01, "optimizer=adam")}
    )
    sgd, seeds, adam, _, star, lost, *_ = figure.axes[0].lines
    assert list(seeds.get_ydata()) == [0.6, 0.6, 0.5, 0.5, 0.1, 0.1]
    assert not figure.axes[0].collections
    assert (list(sgd.get_xdata()), list(sgd.get_ydata())) == ([0.01, 0.1, 1], [0.6, 0.5, 0.1])
    assert (list(adam.get_xdata()), list(adam.get_ydata())) == ([0.01, 0.1], [0.9, 0.7])
    assert (list(star.get_xdata()), list(star.get_ydata())) == ([0.01], [0.9])
    assert (lost.get_marker(), list(lost.get_xdata())) == ("x", [1])
    assert "no run completed" in [text.get_text() for text in figure.legends[0].texts]
    assert figure.axes[0].get_xscale() == "log"


def test_a_line_joins_points_that_differ_in_one_key_and_other_points_are_dots():
    runs = [
        "lr=0.1 decay=0", "lr=1 decay=0", "lr=0.1 decay=0.5", "lr=1 decay=0.50", "lr=0.3 decay=0.7",
    ]  # fmt: skip
    overrides = frame(*runs)
    points = pd.DataFrame(
        {
            "group": "sgd",
            "rest": [rest_of(row, "lr") for row in overrides.to_dict("records")],
            "value": overrides["lr"].astype(float),
            "score": [0.1, 0.2, 0.3, 0.4, 0.5],
        }
    )
    figure = sensitivity(points, "lr", "val_accuracy", "", {"sgd": (1.0, rest_of({"lr": "1", "decay": "0"}, "lr"))})
    none, star, half, alone, _ = figure.axes[0].lines
    assert [list(line.get_ydata()) for line in (none, star, half, alone)] == [[0.1, 0.2], [0.2], [0.3, 0.4], [0.5]]
    assert (none.get_linestyle(), half.get_linestyle(), alone.get_linestyle()) == ("-", "-", "None")
    assert not figure.axes[0].collections
    assert [text.get_text() for text in figure.legends[0].texts] == ["sgd", "chosen"]


def along(values):
    points = pd.DataFrame({"group": "", "rest": "", "value": values, "score": 0.5})
    figure = sensitivity(points, "optimizer.learning_rate", "val_accuracy", "", {})
    figure.draw_without_rendering()
    low, high = figure.axes[0].get_xlim()
    labels = figure.axes[0].get_xticklabels()
    return [label for label in labels if label.get_text() and low <= label.get_position()[0] <= high]


@pytest.mark.parametrize("values", [[0.01, 0.1, 1], [1, 2, 3, 4, 5, 6, 7, 8], [1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1]])
def test_the_values_of_a_small_grid_are_its_ticks(values):
    assert [label.get_text() for label in along(values)] == [f"{value:g}" for value in values]


@pytest.mark.parametrize(
    "values",
    [
        [0.00141359, 0.00205107, 0.00213774, 0.0119132, 0.0124562, 0.0348919, 0.0712206],
        [0.0129063, 0.0195577, 0.0202461, 0.0236697, 0.0460443],
        [0.01, 0.0101, 0.1],
        [10.0**-power for power in range(18)],
        [0.1],
    ],
    ids=["search", "search in a decade", "neighbours", "many decades", "one"],
)
def test_the_names_of_values_never_lie_on_each_other(values):
    boxes = [label.get_window_extent() for label in along(values)]
    assert boxes
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


@pytest.mark.parametrize(
    ("values", "highest"), [([0.001, 0.01], 0.1), ([0.001, 0.01], 1), ([0.001, 0.01], 0.0101), ([-1.0, 0.0], 0.5)]
)
def test_the_axis_holds_a_value_at_which_no_run_completed(values, highest):
    points = pd.DataFrame({"group": "", "rest": "", "value": [*values, highest], "score": [0.5, 0.6, np.nan]})
    (axes,) = sensitivity(points, "optimizer.learning_rate", "val_accuracy", "", {}).axes
    assert axes.get_xlim()[1] > highest
    assert axes.get_ylim()[0] > 0.4


def test_variants_keep_their_styles_and_no_band_leads_beyond_100_percent():
    points = pd.DataFrame(
        {"group": [*"aaaabbbb"], "rest": "", "value": [1.0] * 4 + [2.0] * 4, "score": [0.9, 1.0] * 2 + [0.8, 0.9] * 2}
    )
    styles = {"a": Style("red", "-", "o"), "b": Style("blue", "-", "o"), "c": Style("green", "-", "o")}
    (axes,) = sensitivity(points, "lr", "val_accuracy", "", {}, styles=styles).axes
    assert [*dict.fromkeys(line.get_color() for line in axes.lines)][:2] == ["red", "blue"]
    assert axes.get_ylim()[1] == pytest.approx(1.004)


def test_a_value_far_beyond_what_completed_is_in_the_legend_alone():
    points = pd.DataFrame({"group": "", "rest": "", "value": [0.001, 0.01, 1e12], "score": [0.5, 0.6, np.nan]})
    figure = sensitivity(points, "optimizer.learning_rate", "val_accuracy", "", {})
    assert figure.axes[0].get_xlim()[1] < 1
    assert "no run completed at 1e+12 (off the axis)" in [text.get_text() for text in figure.legends[0].texts]


def test_more_than_four_groups_have_panels_of_their_own_in_which_the_others_are_grey():
    names = [f"v{number}" for number in range(5)]
    rows = [(name, value, 0.5 + place / 10) for place, name in enumerate(names) for value in (0.1, 1.0)]
    points = pd.DataFrame(rows, columns=["group", "value", "score"]).assign(rest="")
    figure = sensitivity(points, "lr", "val_accuracy", "", {"v0": (0.1, "")})
    assert [axes.get_title(loc="left") for axes in figure.axes] == names
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    for axes, name in zip(figure.axes, names, strict=True):
        colored = [line for line in axes.lines if line.get_color() != "0.8" and line.get_marker() != "*"]
        assert [line.get_ydata()[0] for line in colored if len(line.get_ydata())] == [0.5 + names.index(name) / 10]
        assert sum(line.get_color() == "0.8" and len(line.get_ydata()) > 0 for line in axes.lines) == 4
    assert len(sensitivity(points[points["group"] != "v4"], "lr", "val_accuracy", "", {}).axes) == 1


def test_values_with_equal_ratios_have_a_logarithmic_axis():
    for values, scale in (((16, 32, 64), "log"), ((16, 32, 48), "linear"), ((1, 2), "linear"), ((0, 1, 2), "linear")):
        points = pd.DataFrame({"group": "", "rest": "", "value": map(float, values), "score": 0.5})
        (axes,) = sensitivity(points, "training.batch_size", "val_accuracy", "", {}).axes
        assert axes.get_xscale() == scale
        assert axes.get_xlabel() == "batch size"


@pytest.mark.parametrize(("seeds", "has_band"), [(3, False), (4, True)])
def test_up_to_three_seeds_are_dots_in_place_of_a_band(seeds, has_band):
    rows = [("a", "", value, 0.9 + value / 100 + seed / 1000) for value in (1.0, 2.0, 3.0) for seed in range(seeds)]
    figure = sensitivity(pd.DataFrame(rows, columns=["group", "rest", "value", "score"]), "lr", "val_accuracy", "", {})
    assert bool(figure.axes[0].collections) == has_band
    assert ("one seed" in [text.get_text() for text in figure.legends[0].texts]) != has_band


@pytest.mark.parametrize(
    ("metric", "worst", "marker", "side"), [("val_accuracy", 0.1, "v", "below"), ("val_loss", 9.0, "^", "above")]
)
def test_a_point_far_behind_the_others_is_a_triangle_at_the_edge(metric, worst, marker, side):
    scores = [worst, 0.90, 0.91, 0.92, 0.91, 0.90]
    points = pd.DataFrame({"group": "a", "rest": "", "value": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "score": scores})
    figure = sensitivity(points, "lr", metric, "", {})
    low, high = figure.axes[0].get_ylim()
    assert 0.8 < low < 0.9 < 0.92 < high < 1.1
    (mark, _) = [line for line in figure.axes[0].lines if line.get_marker() == marker]
    assert list(mark.get_xdata()) == [1.0]
    assert f"{side} the axis" in [text.get_text() for text in figure.legends[0].texts]


def test_of_many_groups_those_with_the_lowest_loss_are_highlighted():
    rows = [
        (f"v{place}", value, place + spread) for place in range(9) for value, spread in ((0.1, 0.0), (1.0, -place / 2))
    ]
    points = pd.DataFrame([*rows, ("best", 0.1, 99.0), ("best", 1.0, -1.0)], columns=["group", "value", "score"])
    figure = sensitivity(points.assign(rest=""), "lr", "val_loss", "", {})
    headings = [axes.get_title(loc="left") for axes in figure.axes]
    assert "best" in headings
    assert "v8" not in headings


def noisy(**means):
    """Four seeds with a standard deviation of 0.01 at the values 0.01, 0.1, 1 and 10 of each group."""
    rows = [
        {"group": group, "rest": "", "value": 10.0**place, "score": mean + noise}
        for group, own in means.items()
        for place, mean in enumerate(own, start=-2)
        for noise in np.array([-1, 1, -1, 1]) * 0.01 * np.sqrt(3 / 4)
    ]
    return pd.DataFrame(rows)


def strokes(figure):
    return [[*line.get_xdata()] for axes in figure.axes for line in axes.lines if line.get_label() == hidden_name(GOOD)]


def test_a_stroke_marks_the_values_that_the_noise_of_the_seeds_cannot_tell_from_the_best():
    points = noisy(sgd=[0.5, 0.895, 0.9, 0.89], adam=[0.9, 0.7, 0.9, 0.6])
    noise = stats.t.ppf(0.975, 4 * 3) * 0.01 * np.sqrt(2 / 4)  # of the four better points
    figure = sensitivity(points, "lr", "val_accuracy", "", {})
    assert noise_of_seeds(points, 1, SEEDS) == pytest.approx(noise)
    assert strokes(figure) == [[0.1, 1, 10], [0.01]]  # not the equally good value beyond a worse one
    texts = [text.get_text().replace("\n", " ") for text in figure.legends[0].texts]
    assert f"within {100 * noise:.2g} percentage points of its best (noise)" in texts


def test_a_margin_replaces_the_noise_and_a_loss_is_good_where_it_is_low():
    points = noisy(sgd=[0.5, 0.105, 0.1, 0.2])
    figure = sensitivity(points, "lr", "val_loss", "", {}, margin=0.002)
    assert strokes(figure) == [[1]]
    assert strokes(sensitivity(points, "lr", "val_loss", "", {}, margin=0.15)) == [[0.1, 1, 10]]
    assert "within 0.002 of its best (the margin)" in [text.get_text() for text in figure.legends[0].texts]
    assert [*_of_good(figure)] == [
        "Broad strokes mark the part of a line that is at most 0.002 worse than its best: the margin."
    ]


def test_one_seed_has_no_noise_and_so_no_stroke():
    figure = sensitivity(noisy(sgd=[0.5, 0.8, 0.9, 0.6])[::4], "lr", "val_accuracy", "", {})
    assert not strokes(figure)
    assert not any("its best" in text.get_text() for text in figure.legends[0].texts)


def test_panels_name_the_good_range():
    figure = sensitivity(noisy(**{name: [0.5, 0.895, 0.9, 0.6] for name in "abcde"}), "lr", "val_accuracy", "", {})
    assert [axes.get_title(loc="right") for axes in figure.axes] == ["0.1 to 1"] * 5
