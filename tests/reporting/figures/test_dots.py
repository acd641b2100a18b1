from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.dots import dots
from runner.reporting.figures.drawing.canvas import PALETTE
from runner.reporting.figures.drawing.styles import variant_styles


def values(**variants):
    return pd.DataFrame([(name, value) for name, own in variants.items() for value in own], columns=["variant", "x"])


def test_every_run_is_a_dot_and_the_mean_has_its_interval():
    own = [0.5, 0.7, 0.9]
    figure = dots(values(a=own, b=[0.4]), "x", "accuracy (%)", "", share=True)
    points, interval, mean, other, other_mean = figure.axes[0].lines[:5]
    assert points.get_xdata().tolist() == own
    assert len(set(points.get_ydata())) == 3  # no dot hides another
    assert list(interval.get_xdata()) == pytest.approx(stats.t.interval(0.95, 2, 0.7, stats.sem(own)))
    assert mean.get_xdata()[0] == pytest.approx(0.7)
    assert (other.get_xdata()[0], other_mean.get_xdata()[0]) == (0.4, 0.4)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9])
def test_no_seed_lies_under_the_interval_or_the_mean(count):
    figure = dots(values(a=np.linspace(0.5, 0.6, count), b=[0.1, 0.2]), "x", "", "", share=False)
    (axes,) = figure.axes
    figure.draw_without_rendering()
    seeds, *summary = axes.lines[: 2 + (count > 1)]
    lowest = max(axes.transData.transform([(0, y)])[0, 1] for line in summary for y in line.get_ydata())
    highest = min(axes.transData.transform([(0, y)])[0, 1] for y in seeds.get_ydata())
    dots_an_inch = figure.dpi / 72
    assert highest - lowest > 1.5 * dots_an_inch  # the size of half a dot


def test_the_legend_says_what_dots_and_bars_are():
    figure = dots(values(a=[0.5, 0.7], b=[0.4, 0.6]), "x", "", "", share=False)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["seed", "mean and its 95% interval"]


def test_a_variant_without_a_number_keeps_its_line_and_its_note():
    figure = dots(values(a=[0.5], b=[np.nan]), "x", "", "", share=True, notes={"b": "1 diverged"})
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert [(text.get_text(), text.get_position()[1]) for text in axes.texts] == [("1 diverged", axes.get_yticks()[1])]


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_note_lies_beside_the_axes_and_in_the_figure(count):
    names = [f"optimizer=sgd,optimizer.learning_rate=0.{n:03d}" for n in range(count)]
    notes = dict.fromkeys(names, "1 diverged, 10 pruned, 2 interrupted, 3 failed")
    figure = dots(values(**{name: [n, n + 1] for n, name in enumerate(names)}), "x", "", "", share=False, notes=notes)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == count
    assert all(axes.get_window_extent().x1 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
    assert axes.get_window_extent().width > figure.bbox.width / 3


LONG = [f"dataset=mnist_5k,training.epochs={n},optimizer=sgd,optimizer.learning_rate=0.1" for n in range(40)]
LONGER = [f"{name},model=mlp_two_hidden,schedule=cosine,regularizer=dropout,seed_of_data=0" for name in LONG]


@pytest.mark.parametrize(
    "names", [LONG, LONGER[:2], [*LONGER[:3], "a", "b", *LONG[:2], *"cdefghijk"]], ids=["long", "longer", "mixed"]
)
@pytest.mark.parametrize("title", ["", "a title " * 60], ids=["no title", "a long title"])
def test_long_names_do_not_overlap(names, title):
    notes = dict.fromkeys(names, "1 diverged, 10 pruned, 2 interrupted")
    figure = dots(values(**{name: [1, 2] for name in names}), "x", "", title, share=False, notes=notes)
    figure.draw_without_rendering()
    for texts in (figure.axes[0].get_yticklabels(), figure.axes[0].texts):
        boxes = sorted((text.get_window_extent() for text in texts), key=lambda box: box.y0)
        assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
        assert all(box.x0 >= 0 for box in boxes)


@pytest.mark.parametrize(("baseline", "mean"), [("a", 2), ("b", 5.5)])
def test_the_baselines_mean_runs_through_all_lines(baseline, mean):
    figure = dots(values(a=[1, 3], b=[5, 6]), "x", "", "", share=False, baselines={baseline})
    (line,) = (line for line in figure.axes[0].lines if str(line.get_label()) == f"mean of {baseline}")
    assert list(line.get_xdata()) == [mean, mean]


def test_the_interval_of_folds_allows_for_their_overlap_and_is_missing_where_runs_share_a_fold():
    own = [0.5, 0.7, 0.9, 0.8, 0.6]
    figure = dots(values(a=own), "x", "accuracy (%)", "", share=True, unit=Unit("fold", 1 / 4))
    _, interval, *_ = figure.axes[0].lines
    reach = stats.t.ppf(0.975, 4) * np.std(own, ddof=1) * np.sqrt(1 / 5 + 1 / 4)
    assert list(interval.get_xdata()) == pytest.approx([0.7 - reach, 0.7 + reach])
    assert figure.legends[0].get_texts()[0].get_text() == "fold"
    shared = dots(values(a=own), "x", "accuracy (%)", "", share=True, unit=Unit("fold", np.nan))
    assert [text.get_text() for text in shared.legends[0].get_texts()] == ["fold"]  # no interval


def test_variants_that_are_not_shown_share_the_last_row_with_a_dot_for_the_mean_of_each():
    own = values(a=[0.5, 0.7], b=[0.1, 0.2], c=[0.3, np.nan], d=[0.6], e=[np.nan])
    crosses = {"a": 0.8, "b": 0.9}
    figure = dots(own, "x", "", "", share=False, shown={"a"}, biased={"d"}, crosses=crosses)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "4 other variants (each dot is a mean)"]
    others, ensemble = axes.lines[3:5]
    assert others.get_xdata().tolist() == pytest.approx([0.15, 0.3])  # not d, whose mean would be biased
    assert list(ensemble.get_xdata()) == [0.8]


def test_an_ensemble_is_on_the_line_of_its_variants_mean():
    (axes,) = dots(values(a=[0.5, 0.7], b=[0.1, 0.2]), "x", "", "", share=False, crosses={"a": 0.8, "b": 0.9}).axes
    means = [line.get_ydata()[0] for line in axes.lines if line.get_marker() == "|"]
    (ensembles,) = [line.get_ydata() for line in axes.lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert list(ensembles) == means


def test_every_data_set_is_a_panel_with_its_own_axis_and_the_mean_of_its_own_baseline():
    own = pd.DataFrame(
        [("a [x]", 0.5), ("a [y]", 9.0), ("b [x]", 0.6), ("b [y]", 9.5), ("c [y]", 8.0)], columns=["variant", "x"]
    )
    cells = {variant: (variant[0], variant[3]) for variant in own["variant"]}
    figure = dots(own, "x", "", "", share=False, cells=cells, baselines={"a [x]", "a [y]"}, shown={"a [x]", "b [x]"})
    top, bottom = figure.axes
    assert [axes.get_title(loc="left") for axes in (top, bottom)] == ["x", "y"]
    assert [label.get_text() for label in top.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in bottom.get_yticklabels()] == ["3 other variants (each dot is a mean)"]
    assert top.get_xlim()[1] < bottom.get_xlim()[0]
    assert [list(line.get_xdata()) for line in top.lines if line.get_label() == "mean of a"] == [[0.5, 0.5]]


def test_dots_have_the_colours_of_the_curves_and_nothing_else_has_one_of_them():
    styles = variant_styles(["a", "b", "c"], [], "a")
    own = values(a=[1, 3], b=[5, 6], c=[2, 4], d=[3, 5])
    figure = dots(own, "x", "", "", share=False, styles=styles, baselines={"a"}, crosses={"b": 5.5})
    drawn = [line for line in figure.axes[0].lines if line.get_marker() == "o" and len(line.get_xdata())]
    neutral = drawn.pop().get_color()
    assert [line.get_color() for line in drawn] == [style.color for style in styles.values()]
    others = {line.get_color() for line in figure.axes[0].lines if line not in drawn and line.get_marker() != "D"}
    assert not {neutral, *others} & {*PALETTE}


def test_a_variant_far_beyond_the_others_is_an_arrow_at_the_edge_with_its_mean():
    own = values(a=[0.90, 0.91], b=[0.89, 0.90], c=[0.91, 0.92], lost=[0.1, 0.11])
    axes = dots(own, "x", "", "", share=True, baselines={"a"}, notes={"lost": "1 failed"}).axes[0]
    low, high = axes.get_xlim()
    assert 0.5 < low < 0.89 < 0.92 < high
    assert [(line.get_marker(), line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "<"] == [("<", low)]
    assert [text.get_text() for text in axes.texts] == ["1 failed", "mean 10.50%"]
    kept = dots(own, "x", "", "", share=True, baselines={"lost"}).axes[0]
    assert kept.get_xlim()[0] < 0.1


def test_the_panels_of_a_grid_share_an_axis_and_the_line_of_their_only_baseline():
    own = values(v=[5.0, 6.0], w=[1.0, 2.0], x=[3.0, 4.0])
    cells = {"x": ("rate=1", "units=1"), "v": ("rate=2", "units=1"), "w": ("rate=1", "units=2")}
    figure = dots(own, "x", "", "", share=False, cells=cells, baselines={"x"}, apart=False)
    top, bottom = figure.axes
    assert [label.get_text() for label in top.get_yticklabels()] == ["rate=1", "rate=2"]
    assert top.get_xlim() == bottom.get_xlim()
    lines = [
        line.get_xdata()[0]
        for axes in (top, bottom)
        for line in axes.lines
        if line.get_linestyle() == ":" and len(line.get_xdata())
    ]
    assert lines == [3.5, 3.5]
    assert "mean of x" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_far_variant_says_how_many_of_its_dots_are_beyond_the_axis():
    own = values(a=[0.90, 0.91], b=[0.89, 0.90], c=[0.91, 0.92], d=[0.90, 0.92], lost=[0.1, 0.2, 0.9])
    texts = dots(own, "x", "", "", share=True, baselines={"a"}).axes[0].texts
    assert [text.get_text() for text in texts] == ["mean 40.00%, 2 of 3 seeds beyond"]


def test_no_dot_of_a_far_variant_is_cut_off_by_the_common_axis_of_a_grid():
    cells = {name: (name, "x" if name < "e" else "y") for name in "abcdefgh"}
    near = {name: [0.90, 0.91 + place / 1000] for place, name in enumerate("bcdefg")}
    own = values(a=[0.20, 0.205, 0.21], **near, h=[0.1, 0.1, 0.5])  # far from f and g, but not from the baseline
    figure = dots(own, "x", "", "", share=True, cells=cells, baselines={"a"}, apart=False)
    low, _ = figure.axes[1].get_xlim()
    assert low < 0.1
    assert not [text for axes in figure.axes for text in axes.texts]


def test_a_variant_is_far_from_those_of_all_panels_with_a_common_axis():
    cells = {"a": ("a", "x"), "b": ("b", "x"), "c": ("c", "y"), "d": ("d", "y"), "e": ("e", "y"), "f": ("f", "y")}
    own = values(a=[0.3], b=[0.8], c=[0.90], d=[0.91], e=[0.92], f=[0.25])
    figure = dots(own, "x", "", "", share=True, cells=cells, apart=False)
    assert figure.axes[0].get_xlim()[0] < 0.25
    apart = dots(own, "x", "", "", share=True, cells=cells, apart=True)
    assert [text.get_text() for text in apart.axes[1].texts] == ["mean 25.00%"]


def test_ratios_have_a_logarithmic_axis_with_all_seeds_and_geometric_means():
    own = values(a=[1.0, 4.0], b=[2.0, 2.5], c=[1.5, 2.0], slow=[100.0, 400.0])
    figure = dots(own, "x", "", "", share=False, ratios=True, baselines={"a"}, bounds=(0, np.inf))
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlim()[0] < 1
    assert axes.get_xlim()[1] > 400
    _, interval, mean, *_ = axes.lines
    assert mean.get_xdata()[0] == pytest.approx(2.0)
    assert list(interval.get_xdata()) == pytest.approx(np.exp(stats.t.interval(0.95, 1, np.log(2), np.log(2))))
    named = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"geometric mean of a", "geometric mean and its 95% interval"} <= named
    with_zero = dots(values(a=[0.0, 4.0]), "x", "", "", share=False, ratios=True)
    assert with_zero.axes[0].get_xscale() == "linear"


@pytest.mark.parametrize("values_of_b", [[0.3], [0.3 * (1 + 1e-16)] * 2])
def test_equal_ratios_are_in_the_middle_of_their_axis(values_of_b):
    (axes,) = dots(values(a=[0.3] * 3, b=values_of_b), "x", "seconds", "", share=False, ratios=True).axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlim() == pytest.approx((0.15, 0.6))


def test_equal_seeds_are_said_to_have_no_interval():
    texts = dots(values(a=[0.5, 0.5], b=[0.4, 0.6], c=[0.5]), "x", "", "", share=False).axes[0].texts
    assert [text.get_text().replace("\n", " ") for text in texts] == ["equal seeds, no interval"]


def test_an_interval_ends_where_no_value_can_lie():
    own = [1.0, 1.0, 9.0]
    figure = dots(values(a=own), "x", "", "", share=False, bounds=(0, np.inf))
    _, interval, mean, *_ = figure.axes[0].lines
    assert list(interval.get_xdata()) == pytest.approx([0, stats.t.interval(0.95, 2, np.mean(own), stats.sem(own))[1]])
    assert mean.get_xdata()[0] == pytest.approx(np.mean(own))


def test_an_arrow_is_at_the_end_of_the_axis_that_the_panels_share():
    rows = {"a": [5.0, 5.1], "b": [5.2, 5.3], "c": [5.4, 5.5], "far": [-40.0, -41.0], "e": [1.0, 2.0], "f": [3.0, 4.0]}
    cells = {name: (name, "units=2" if name in "ef" else "units=1") for name in rows}
    top, bottom = dots(values(**rows), "x", "", "", share=False, cells=cells, baselines={"a"}, apart=False).axes
    assert top.get_xlim() == bottom.get_xlim()
    arrows = [line.get_xdata()[0] for line in top.lines if line.get_marker() == "<"]
    assert arrows == [top.get_xlim()[0]]
