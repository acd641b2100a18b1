import numpy as np
import pytest

from runner.reporting.figures.drawing.axes import Axis
from runner.reporting.figures.grids.interaction import interaction
from runner.reporting.grid_effects.complete_grids import VARIANT, Grid
from runner.reporting.statistics.summary import summarize

RATE = ("optimizer.learning_rate", ["0.1", "0.01", "0.001"])  # the reference first
MOMENTUM = ("optimizer.momentum", ["0", "0.9"])


def grid(*axes, seeds=5, dataset="mnist"):
    shape = (seeds, *(len(levels) for _, levels in axes))
    return Grid(dataset, [Axis(*axis) for axis in axes], np.random.default_rng(0).normal(0.9, 0.01, shape))


def drawn(*grids, metric="test_accuracy"):
    return interaction(grids, metric, "")


def lines_of(axes):
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


def test_a_line_a_level_has_the_means_over_the_seeds_by_rate_on_a_logarithmic_axis():
    own = grid(MOMENTUM, RATE)
    (axes,) = drawn(own).axes
    lines = lines_of(axes)
    assert list(lines) == ["momentum=0", "momentum=0.9", "95% interval of the mean"]
    line = lines["momentum=0.9"]
    assert list(line.get_xdata()) == [0.001, 0.01, 0.1]
    np.testing.assert_allclose(line.get_ydata(), own.scores[:, 1, ::-1].mean(axis=0))
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "learning rate"


def test_the_bars_are_the_intervals_and_lie_inside_the_panel():
    own = grid(MOMENTUM, RATE)
    figure = drawn(own)
    (axes,) = figure.axes
    bars = axes.collections[1].get_segments()
    found = [summarize(list(own.scores[:, 1, place])) for place in (2, 1, 0)]
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [(one.ci_low, one.ci_high) for one in found])
    low, high = axes.get_ylim()
    assert low < min(one.ci_low for one in found) < max(one.ci_high for one in found) < high


def test_a_third_axis_with_few_levels_has_a_panel_each_on_one_scale():
    own = grid(MOMENTUM, ("model", ["mlp", "cnn", "lenet"]), RATE)
    figure = drawn(own)
    assert [axes.get_title() for axes in figure.axes] == ["momentum=0", "momentum=0.9"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    line = lines_of(figure.axes[1])["model=cnn"]
    np.testing.assert_allclose(line.get_ydata(), own.scores[:, 1, 1, ::-1].mean(axis=0))


def test_means_are_taken_over_further_axes():
    own = grid(("a", ["x", "y"]), RATE, ("b", list("pqrst")), ("c", list("uvwxy")))
    figure = drawn(own)
    assert [axes.get_title() for axes in figure.axes] == ["a=x", "a=y"]
    line = lines_of(figure.axes[1])["b=q"]
    np.testing.assert_allclose(line.get_ydata(), own.scores[:, 1, ::-1, 1].mean(axis=(0, 2)))
    (axes,) = drawn(grid(("a", list("vwxyz")), RATE, ("b", list("pqrst")))).axes
    assert len(lines_of(axes)) == 6


def test_names_that_are_no_numbers_stand_along_the_axis_and_variants_are_named_alone():
    (axes,) = drawn(grid((VARIANT, ["plain", "nesterov"]), ("model", ["mlp", "cnn", "lenet"]))).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["mlp", "cnn", "lenet"]
    assert list(lines_of(axes))[:2] == ["plain", "nesterov"]


def test_data_sets_have_a_panel_each():
    figure = drawn(grid(MOMENTUM, RATE), grid(MOMENTUM, RATE, dataset="digits"))
    assert [axes.get_title() for axes in figure.axes] == ["mnist", "digits"]


def test_of_very_many_lines_six_stand_out_and_very_many_values_have_bands():
    levels = [str(level) for level in range(1, 31)]
    figure = drawn(grid(("model.width", levels), ("optimizer.learning_rate", levels)))
    texts = [text.get_text() for text in figure.legends[0].texts]
    assert len(texts) == 8
    assert {"24 others", "95% interval of the mean", "width=1"} <= {*texts}
    assert len(figure.axes[0].collections) == 6


@pytest.mark.parametrize("metric", ["test_accuracy", "test_loss"])
def test_equal_seeds_have_no_bar(metric):
    own = grid(MOMENTUM, RATE)
    equal = Grid("mnist", own.axes, np.tile(own.scores[:1], (5, 1, 1)))
    figure = drawn(equal, metric=metric)
    figure.draw_without_rendering()
    assert np.isfinite(figure.axes[0].get_ylim()).all()
    assert figure.axes[0].get_ylabel() == {"test_accuracy": "test accuracy (%)"}.get(metric, "test loss with penalty")


def test_no_interval_leads_beyond_0_or_100_percent():
    axes = [Axis("schedule", ["a", "b"]), Axis("units", ["8", "16"])]
    near_one = Grid("mnist", axes, np.array([[[0.9, 1.0], [0.6, 1.0]], [[1.0, 0.9], [1.0, 0.5]]]))
    low, high = drawn(near_one).axes[0].get_ylim()
    assert low >= -0.005
    assert high <= 1.005


def test_three_seeds_are_dots_in_place_of_a_bar():
    own = grid(MOMENTUM, RATE, seeds=3)
    figure = drawn(own)
    (axes,) = figure.axes
    assert not axes.collections
    dots = [line for line in axes.lines if len(line.get_xdata()) == 9]
    np.testing.assert_allclose(dots[1].get_ydata(), own.scores[:, 1, ::-1].T.ravel())
    low, high = axes.get_ylim()
    assert low < own.scores.min() < own.scores.max() < high
    assert [text.get_text() for text in figure.legends[0].texts] == ["momentum=0", "momentum=0.9", "one seed"]
