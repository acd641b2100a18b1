import numpy as np
import pandas as pd
import pytest

from runner.reporting.comparison.differences import BY_EPOCH
from runner.reporting.figures.drawing.curves import ONE_RUN
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.of_differences_over_time import difference_over_time


def rows(name, means, cell="", reach=0.01, n=4):
    named = {"variant": f"{name}{cell}", "name": name, "cell": cell, "epoch": range(1, len(means) + 1), "n": n}
    mean = np.array(means)
    by_seed = [tuple(value + np.linspace(-reach / 2, reach / 2, n)) for value in means]
    return pd.DataFrame(named | {"mean": mean, "low": mean - reach, "high": mean + reach, "by_seed": by_seed})[BY_EPOCH]


def draw(*frames, **given):
    frame = pd.concat(frames)
    names = [*dict.fromkeys(frame["name"])]
    figure = difference_over_time(frame, "val_accuracy", "a", "t", variant_styles(names, names, None), **given)
    figure.draw_without_rendering()
    return figure


def curves(axes):
    """Return the drawn curves, without the line at 0 and the entries of the legend."""
    return [line for line in axes.lines if len(line.get_xdata()) > 2]


def test_the_mean_is_a_line_and_the_interval_a_band():
    axes = draw(rows("b", [0.0, 0.1, 0.2])).axes[0]
    (line,) = curves(axes)
    assert line.get_ydata().tolist() == [0.0, 0.1, 0.2]
    ends = axes.collections[0].get_paths()[0].vertices
    assert ends[ends[:, 0] == 3][:, 1].min() == pytest.approx(0.19)


def test_up_to_three_variants_share_a_panel_and_have_a_legend():
    figure = draw(*(rows(name, [0.0, 0.1, 0.2]) for name in "bcd"))
    assert len(figure.axes) == 1
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["b", "c", "d", "95% interval of the mean, n = 4"]


def test_of_more_each_has_its_panel_in_which_the_others_are_grey():
    figure = draw(*(rows(name, [0.0, 0.1, place]) for place, name in enumerate("bcdef")))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [*"bcdef"]
    for place, axes in enumerate(figure.axes):
        own = [line for line in curves(axes) if line.get_color() != "0.8"]
        assert [line.get_ydata()[-1] for line in own] == [place]
        assert len(curves(axes)) == 5
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert "other variants" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_what_leaves_the_panel_is_marked_at_its_edge_and_in_the_legend():
    figure = draw(rows("b", [-0.9, -0.01, 0.0, 0.01, 0.01, 0.01]), rows("c", [0.0] * 6))
    (axes,) = figure.axes
    low, _ = axes.get_ylim()
    marks = [(*line.get_xdata(), *line.get_ydata()) for line in axes.lines if line.get_marker() == "v"]
    assert marks == [(1, low), ()]  # the last one is the entry of the legend
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "a mean below the panel" in said
    assert "a mean above the panel" not in said


def test_ticks_are_on_both_sides_of_zero():
    axes = draw(rows("b", [0.09, 0.05, 0.04, 0.03], reach=0.0), margin=0.01).axes[0]
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    assert min(ticks) < 0 < max(ticks)


def test_every_cell_has_its_panel():
    figure = draw(rows("b", [0.0, 0.1, 0.2], "x"), rows("b", [0.0, 0.2, 0.3], "y"))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["x", "y"]


def test_every_data_set_has_its_own_axis():
    found = [rows("b", [0.0, 0.01, 0.02], "mnist"), rows("b", [0.0, 0.2, 0.4], "wine")]
    for axes, largest in zip(draw(*found, apart=True).axes, (0.03, 0.41), strict=True):
        assert largest < axes.get_ylim()[1] < 1.2 * largest
        assert axes.yaxis.get_tick_params()["labelleft"]


def test_early_differences_may_leave_the_axis_and_late_ones_may_not():
    axes = draw(rows("b", [-0.9, *[0.01] * 8])).axes[0]
    low, high = axes.get_ylim()
    assert -0.1 < low < 0 < 0.02 <= high


def test_a_single_curve_of_a_few_epochs_is_shown_whole():
    low, high = draw(rows("b", [-0.9, *[0.01] * 3])).axes[0].get_ylim()
    assert low < -0.9 < 0.02 < high


def test_early_differences_that_do_not_hide_the_late_ones_are_shown():
    frames = [rows(name, [0.09, 0.06, *[0.05] * 8]) for name in "bc"]
    assert draw(*frames).axes[0].get_ylim()[1] > 0.1


def test_the_margin_is_a_band():
    figure = draw(rows("b", [0.0, 0.1, 0.2]), margin=0.05)
    assert "within the margin of 5 percentage points" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert figure.axes[0].patches[0].get_height() == pytest.approx(0.1)


def test_the_axis_names_the_baseline_and_nothing_leaves_the_figure():
    figure = draw(*(rows(name, [0.0, 0.1, 0.2]) for name in "bcdef"))
    label = figure.get_supylabel().replace("\n", " ")
    assert label.startswith("difference from a in validation accuracy")
    box = next(text for text in figure.texts if text.get_text() == figure.get_supylabel()).get_window_extent()
    assert box.x0 >= 0
    assert box.x1 < figure.axes[0].get_window_extent().x0


def test_triangles_of_several_variants_are_side_by_side():
    frames = [rows(name, [-0.9, -0.01, 0.0, 0.01, 0.01, 0.01]) for name in "bc"]
    axes = draw(*frames).axes[0]
    marks = [line for line in axes.lines if line.get_marker() == "v" and len(line.get_xdata())]
    places = [line.get_transform().transform(line.get_xydata())[0] for line in marks]
    assert len({tuple(place.round(3)) for place in places}) == 2


def test_an_epoch_at_which_only_the_band_leaves_the_panel_has_no_triangle():
    wide = rows("b", [0.01] * 8).assign(low=[-0.9, *[0] * 7])
    assert not [line for line in draw(wide).axes[0].lines if line.get_marker() == "v"]


def test_a_long_name_of_the_baseline_is_left_to_the_legend():
    frame = rows("b", [0.0, 0.1, 0.2])
    figure = difference_over_time(frame, "val_accuracy", "a" * 30, "", variant_styles(["b"], ["b"], None))
    assert figure.get_supylabel().replace("\n", " ").startswith("difference from the baseline in")
    assert f"baseline: {'a' * 30}" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_several_baselines_have_no_entry_in_the_legend():
    frame, styles = rows("b", [0.0, 0.1, 0.2]), variant_styles(["b"], ["b"], None)
    figure = difference_over_time(frame, "val_accuracy", "the baseline", "", styles)
    assert not [text for text in figure.legends[0].get_texts() if "baseline" in text.get_text()]


def test_up_to_three_pairs_are_thin_lines_and_their_intervals_do_not_stretch_the_axis():
    frame = rows("b", [0.0, 0.1, 0.2], n=3).assign(low=-5.0, high=5.0)
    figure = draw(frame)
    (axes,) = figure.axes
    seeds = [line.get_ydata().tolist() for line in curves(axes) if str(line.get_label()).endswith(ONE_RUN)]
    assert np.array(seeds).T.tolist() == [list(own) for own in frame["by_seed"]]
    assert not any(len(path.vertices) for band in axes.collections for path in band.get_paths())
    assert axes.get_ylim()[1] < 0.3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["b", "one seed, n = 3"]


def test_a_single_pair_has_one_line():
    figure = draw(rows("b", [0.0, 0.1, 0.2], n=1))
    assert len(curves(figure.axes[0])) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["b"]


def test_a_variant_without_a_difference_is_named():
    figure = draw(rows("b", [0.0, 0.1, 0.2]), absent=["c", "d"])
    assert "no curve: c, d" in [text.get_text() for text in figure.legends[0].get_texts()]
