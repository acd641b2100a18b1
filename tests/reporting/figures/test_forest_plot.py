import math
from itertools import pairwise

import numpy as np
import pytest

from runner.reporting.comparison.folds import Unit
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.figures.forest_plot import WORDS, forest


def difference(name="b", values=(0.01, 0.03), **given):
    mean = float(np.mean(values))
    usual = {
        "variant": name, "name": name, "cell": "", "baseline": "a", "note": "", "word": "better", "places": ([], []),
        "is_paired": True, "by_seed": dict(enumerate(values)), "estimate": mean, "low": mean - 0.01,
        "high": mean + 0.01, "new_low": mean - 0.02, "new_high": mean + 0.02, "text": "+2.00 [-1.00, +3.00]",
    }  # fmt: skip
    return Difference(**usual | given)


def drawn(*found, metric="test_accuracy", **given):
    figure = forest(found, metric, "a title", **given)
    figure.draw_without_rendering()
    return figure


def test_a_row_shows_its_seeds_its_mean_and_both_intervals():
    dots, new, these, mean = drawn(difference()).axes[0].lines[1:5]
    assert dots.get_xdata().tolist() == [0.01, 0.03]
    assert list(these.get_xdata()) == pytest.approx([0.01, 0.03])
    assert list(new.get_xdata()) == pytest.approx([0.0, 0.04])
    assert these.get_linewidth() > new.get_linewidth()
    assert list(mean.get_xdata()) == [0.02]
    assert min(these.get_ydata()) > max(dots.get_ydata())  # below, because the axis points down


def test_the_verdict_and_the_numbers_stand_beside_the_row_with_real_minus_signs():
    axes = drawn(difference(word="worse")).axes[0]
    word, text = axes.texts[:2]
    assert (word.get_text(), word.get_color()) == ("worse", WORDS["worse"])
    assert text.get_text() == "+2.00 [\N{MINUS SIGN}1.00, +3.00]"
    assert word.get_position() != text.get_position()


def test_the_basis_of_the_verdict_stands_below_it():
    figure = drawn(difference(word="undecided", why="p = 0.080"), difference("c"))
    word, why, _, other, *_ = (text for text in figure.axes[0].texts)
    assert (word.get_text(), why.get_text(), other.get_text()) == ("undecided", "p = 0.080", "better")
    upper, lower = word.get_window_extent(), why.get_window_extent()
    assert lower.y1 <= upper.y0 + 1
    longest = drawn(difference(why="a fold diverged")).axes[0].texts
    assert longest[1].get_window_extent().x1 < longest[2].get_window_extent().x0
    assert lower.x0 == pytest.approx(upper.x0, abs=2)


def test_rows_have_the_color_of_their_verdict():
    figure = drawn(difference(word="better"), difference("c", word="undecided"), difference("d", word="training"))
    colors = [line.get_color() for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert colors[0] == WORDS["better"]
    assert colors[1] == colors[2] not in WORDS.values()


def test_the_margin_is_a_band_that_the_axis_shows():
    figure = drawn(difference(), margin=0.2)
    axes = figure.axes[0]
    band = axes.patches[0]
    assert (band.get_x(), band.get_width()) == pytest.approx((-0.2, 0.4))
    assert axes.get_xlim()[0] < -0.2 < 0.2 < axes.get_xlim()[1]
    assert "within the margin of 20 percentage points" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_no_margin_no_band():
    assert not drawn(difference()).axes[0].patches


def test_zero_and_everything_usual_is_within_the_axis():
    low, high = drawn(difference(values=(0.5, 0.7)), difference("c", values=(0.6, 0.8))).axes[0].get_xlim()
    assert low < 0
    assert high > 0.8


def test_a_difference_far_beyond_the_others_is_an_arrow_at_the_edge():
    usual = [difference(str(number)) for number in range(3)]
    axes = drawn(*usual, difference("far", values=(-0.9, -0.8))).axes[0]
    low, _ = axes.get_xlim()
    assert low > -0.1
    arrows = [line for line in axes.lines if line.get_marker() in ("<", ">")]
    assert [(line.get_marker(), line.get_xdata()[0]) for line in arrows] == [("<", low)]


def test_every_cell_is_a_panel_on_a_common_scale():
    figure = drawn(difference(cell="model=mlp"), difference(cell="model=cnn", values=(0.1, 0.2)))
    first, second = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["model=mlp", "model=cnn"]
    assert first.get_xlim() == second.get_xlim()
    assert "difference from a in test accuracy" in second.get_xlabel()


def test_each_cell_has_its_own_axis_if_a_common_one_would_leave_a_cell_empty():
    near = [difference(name, (0.0, 0.01), cell=cell) for cell in ("digits", "mnist") for name in "bc"]
    far = [difference("b", (0.3, 0.5), cell="wine")]
    figure = drawn(*near, *far)
    assert len({axes.get_xlim() for axes in figure.axes}) > 1
    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert all(low < x < high for line in axes.lines if line.get_marker() == "D" for x in line.get_xdata())
        assert axes.xaxis.get_tick_params()["labelbottom"]


def test_different_data_sets_have_their_own_axes_and_cells_of_one_data_set_share_theirs():
    found = [difference("b", (0.0, 0.01), cell="mnist"), difference("b", (0.02, 0.04), cell="wine")]
    assert [len({axes.get_xlim() for axes in drawn(*found, apart=apart).axes}) for apart in (True, False)] == [2, 1]


def test_cells_with_baselines_of_their_own_name_them():
    figure = drawn(difference(cell="x"), difference(cell="y", baseline="c"))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["x: against a", "y: against c"]
    assert "difference from the baseline" in figure.axes[1].get_xlabel()


@pytest.mark.parametrize(
    ("metric", "order"), [("test_accuracy", ["worse", "better"]), ("test_loss", ["better", "worse"])]
)
def test_the_words_for_both_sides_stand_beside_zero_also_where_zero_is_near_the_end(metric, order):
    figure = drawn(difference(values=(0.5, 0.6)), metric=metric)
    axes = figure.axes[0]
    words = {text.get_text().strip("\N{LEFTWARDS ARROW}\N{RIGHTWARDS ARROW} "): text for text in axes.texts}
    left, right = (words[word].get_window_extent() for word in order)
    zero, label = axes.transData.transform((0, 0))[0], axes.xaxis.label.get_window_extent()
    assert left.x1 < zero < right.x0
    assert left.x0 >= 0
    assert label.y1 < left.y1 < min(tick.get_window_extent().y1 for tick in axes.get_xticklabels())


def test_one_seed_without_an_interval_is_a_dot_and_a_mean():
    nothing = dict.fromkeys(["low", "high", "new_low", "new_high"], math.nan)
    figure = drawn(difference(values=(0.02,), text="+2.00", **nothing))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["paired difference of one seed"]


def test_a_variant_without_a_result_keeps_its_row():
    nothing = dict.fromkeys(["estimate", "low", "high", "new_low", "new_high"], math.nan)
    axes = drawn(difference(text="-", by_seed={}, **nothing), difference("c")).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "c"]


def test_without_any_difference_there_are_rows_with_verdicts_but_no_axis_and_no_legend():
    """Every run of the baseline diverged."""
    nothing = dict.fromkeys(["estimate", "low", "high", "new_low", "new_high"], math.nan)
    rows = [difference(name, text="-", by_seed={1: math.nan}, **nothing) for name in "bc"]
    figure = drawn(*rows, margin=0.1)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "c"]
    assert [text.get_text() for text in axes.texts].count("better") == 2
    assert not figure.legends
    assert not axes.patches
    assert not axes.xaxis.get_visible()
    assert not [line for line in axes.lines if np.isfinite(np.asarray(line.get_xdata(), float)).any()]


def test_runs_without_pairs_and_folds_are_named_as_such():
    figure = drawn(difference(is_paired=False), difference("c"), unit=Unit("fold"))
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said[:2] == ["paired difference of one fold", "one fold - mean of the baseline (not paired)"]
    hollow, *_ = figure.axes[0].lines[1:]
    assert hollow.get_markerfacecolor() == "none"


@pytest.mark.parametrize("count", [1, 2, 30])
def test_names_with_notes_do_not_overlap_and_nothing_leaves_the_figure(count):
    long = "dataset=mnist_5k,training.epochs=10,optimizer=sgd,optimizer.learning_rate=0.1"
    figure = drawn(*(difference(f"{long}{number}", note="learning_rate 0.1, beta 0.9") for number in range(count)))
    (axes,) = figure.axes
    boxes = sorted((label.get_window_extent() for label in axes.get_yticklabels()), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
    texts = [text.get_window_extent() for text in (*axes.get_yticklabels(), *axes.texts)]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in texts)
    assert axes.get_window_extent().width > figure.bbox.width / 4


def test_variants_that_are_not_shown_share_the_last_row_of_their_cell_with_a_dot_for_each():
    parts = (("b", 0.1, "x"), ("c", 0.2, "x"), ("d", 0.3, "x"), ("e", 0.4, "y"))
    found = [difference(name, (mean, mean), cell=cell) for name, mean, cell in parts]
    top, bottom = drawn(*found, shown={"b", "e"}).axes
    names = [[label.get_text() for label in axes.get_yticklabels()] for axes in (top, bottom)]
    assert names == [["b", "2 other variants\n(each dot is a mean)"], ["e"]]
    dots, *others = [line.get_xdata() for line in top.lines[5:9]]
    assert dots.tolist() == [0.2, 0.3]
    assert np.isnan(np.concatenate(others)).all()


def test_a_row_says_whether_its_difference_exceeds_the_margin():
    found = [difference(why="p = 0.031", beyond="perhaps within the margin"), difference("c", word="undecided")]
    texts = list(drawn(*found, margin=0.01).axes[0].texts)
    assert [text.get_text() for text in texts[:4]][2:] == [
        "+2.00 [\N{MINUS SIGN}1.00, +3.00]",
        "perhaps within the margin",
    ]
    number, beyond = texts[2:4]
    assert beyond.get_window_extent().y1 <= number.get_window_extent().y0 + 1
    assert beyond.get_window_extent().x0 == pytest.approx(number.get_window_extent().x0, abs=2)


def test_the_interval_for_new_examples_has_caps_beyond_the_other():
    _, new, these, *_ = drawn(difference()).axes[0].lines[1:5]
    assert (new.get_marker(), these.get_marker()) == ("|", "None")


@pytest.mark.parametrize(("reach", "wider"), [(0.01, " (equally wide)"), (0.02, "")])
def test_the_legend_says_if_the_interval_for_new_examples_is_equally_wide(reach, wider):
    figure = drawn(difference(new_low=0.02 - reach, new_high=0.02 + reach))
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert f"95% interval, new test examples{wider}" in texts
