import numpy as np
import pandas as pd
import pytest

from runner.reporting.comparison.folds import SEEDS
from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.of_scores_by_time import has_bands, has_bars, scores_by_time

CELLS = {f"{name} [{cell}]": (name, cell) for cell in ("digits", "wine") for name in ("sgd", "adam")}


def history(slow=1.0):
    """Two seeds of two variants on two data sets; adam takes `slow` times as long."""
    return pd.DataFrame(
        [
            {
                "position": 2 * place + seed,
                "variant": variant,
                "epoch": epoch,
                "val_accuracy": 0.5 + 0.1 * epoch + 0.02 * seed,
                "elapsed": epoch * (1 + seed) * (slow if "adam" in variant else 1),
            }
            for place, variant in enumerate(CELLS)
            for seed in (0, 1)
            for epoch in (1, 2, 3)
        ]
    )


def drawn(frame):
    styles = variant_styles(["sgd", "adam"], ["sgd", "adam"], "sgd")
    return scores_by_time(frame, "val_accuracy", "", styles, CELLS, SEEDS)


def means(axes):
    return [line for line in axes.lines if line.get_linewidth() >= 1 and len(line.get_xdata())]


def test_each_data_set_has_a_panel_with_the_means_of_scores_and_times():
    figure = drawn(history())
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["digits", "wine"]
    line, other = means(figure.axes[1])
    assert line.get_xdata() == pytest.approx([1.5, 3, 4.5])
    assert line.get_ydata() == pytest.approx([0.61, 0.71, 0.81])
    assert line.get_color() != other.get_color()
    assert [[text.get_text() for text in axes.texts] for axes in figure.axes] == [["sgd", "adam"]] * 2
    assert [text.get_text() for text in figure.legends[0].texts] == ["one seed, n = 2"]


def test_few_runs_are_thin_lines_at_their_own_times_and_more_have_a_band():
    axes = drawn(history()).axes[0]
    runs = [line for line in axes.lines if line.get_linewidth() < 1 and len(line.get_xdata())]
    assert [list(line.get_xdata()) for line in runs] == [[1, 2, 3], [2, 4, 6]] * 2
    assert not axes.collections
    frame = history()
    more = pd.concat([frame, frame.assign(position=frame["position"] + 100, val_accuracy=frame["val_accuracy"] + 0.15)])
    figure = drawn(more)
    assert len(figure.axes[0].collections) == 2
    assert max(path.vertices[:, 1].max() for band in figure.axes[0].collections for path in band.get_paths()) == 1
    texts = [text.get_text() for text in figure.legends[0].texts]
    assert texts == ["95% interval of the mean, n = 4"]
    assert len(figure.axes[0].lines) == 2


def test_times_of_other_magnitudes_are_on_a_logarithmic_axis_with_several_ticks():
    assert {axes.get_xscale() for axes in drawn(history()).axes} == {"linear"}
    slow = drawn(history(slow=5)).axes
    assert {axes.get_xscale() for axes in slow} == {"log"}
    low, high = slow[0].get_xlim()
    assert [tick for tick in slow[0].get_xticks() if low <= tick <= high] == [1, 2, 5, 10, 20]


def test_a_slow_run_does_not_determine_the_range_of_the_times():
    frame = history()
    third = frame[frame["position"] % 2 == 0].assign(position=frame["position"] + 100)
    slow = third.assign(elapsed=third["elapsed"] * 10)
    axes = drawn(pd.concat([frame, slow])).axes[0]
    assert max(line.get_xdata()[-1] for line in axes.lines if len(line.get_xdata())) == 30
    assert axes.get_xlim()[1] == pytest.approx(1.5 * np.mean([3, 6, 30]))


def test_in_a_narrow_figure_a_few_panels_are_below_each_other():
    with own_style(look_of("paper", width=84)):
        assert places(drawn(history())) == [(0, 0), (1, 0)]


def test_a_run_that_diverges_ends_the_mean_there():
    frame = history()
    frame.loc[(frame["position"] == 1) & (frame["epoch"] == 3), "val_accuracy"] = np.nan
    assert [len(line.get_xdata()) for line in means(drawn(frame).axes[0])] == [2, 3]


def test_a_panel_names_the_variants_without_a_finite_score():
    frame = history()
    frame.loc[frame["variant"].str.startswith("sgd"), "val_accuracy"] = np.inf
    assert drawn(frame).axes[0].get_title(loc="left").endswith("(no finite value: sgd)")


def places(figure):
    """Return the row and column of each panel."""
    specs = [axes.get_subplotspec() for axes in figure.axes]
    return [(spec.rowspan.start, spec.colspan.start) for spec in specs]


def test_four_panels_fill_two_rows_and_of_three_side_by_side_a_legend_names_the_variants():
    frame = history()
    found = {}
    for count in (3, 4):
        cells = {f"{name} [{cell}]": (name, str(cell)) for cell in range(count) for name in ("sgd", "adam")}
        own = pd.concat([frame.assign(variant=frame["variant"].str.replace(r"\[.*", f"[{cell}]", regex=True),
                                      position=frame["position"] + 100 * cell) for cell in range(count)])  # fmt: skip
        styles = variant_styles(["sgd", "adam"], ["sgd", "adam"], "sgd")
        found[count] = scores_by_time(own, "val_accuracy", "", styles, cells, SEEDS)
    assert places(found[4]) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert places(found[3]) == [(0, 0), (0, 1), (0, 2)]
    assert [text.get_text() for text in found[3].legends[0].texts][:2] == ["sgd", "adam"]


def test_an_early_part_far_below_the_later_half_leaves_the_panel():
    frame = history()
    longer = pd.concat([frame, *(frame.assign(epoch=frame["epoch"] + 3 * n, elapsed=frame["elapsed"] + 6 * n)
                                 for n in (1, 2))])  # fmt: skip
    late = 0.9 + 0.001 * longer["epoch"] + 0.005 * longer["variant"].str.startswith("sgd")
    longer["val_accuracy"] = late.where(longer["epoch"] > 1, 0.1)
    low, high = drawn(longer).axes[0].get_ylim()
    assert 0.85 < low < 0.9 < high < 0.95


def of_one_data_set(count, runs=4, **options):
    """Draw this many variants of one data set, with four runs each."""
    names = [f"v{number}" for number in range(count)]
    rows = [
        {"position": runs * place + run, "variant": name, "epoch": epoch, "elapsed": (1 + place) * epoch / 10,
         "val_accuracy": 0.9 - 0.01 * place + 0.01 * epoch + 0.001 * run}
        for place, name in enumerate(names) for run in range(runs) for epoch in (1, 2)
    ]  # fmt: skip
    options = {"styles": variant_styles(names, names, "v0"), "cells": {name: (name, "") for name in names}, **options}
    return scores_by_time(pd.DataFrame(rows), "val_accuracy", "", unit=SEEDS, **options)


def test_the_variants_of_one_data_set_share_a_panel():
    (axes,) = of_one_data_set(2).axes
    assert axes.get_title(loc="left") == ""
    assert [text.get_text() for text in axes.texts] == ["v0", "v1"]
    assert means(axes)[1].get_xdata() == pytest.approx([0.2, 0.4])


@pytest.mark.parametrize("count", [4, 5])
def test_more_than_four_variants_have_intervals_only_at_their_ends(count):
    figure = of_one_data_set(count)
    assert has_bands(figure.axes) == (count == 4)
    assert has_bars(figure.axes) == (count == 5)
    where = " at the last epoch" * (count == 5)
    assert [text.get_text() for text in figure.legends[0].texts] == [f"95% interval of the mean{where}, n = 4"]


def test_of_many_variants_those_that_do_not_stand_out_are_thin_and_counted():
    figure = of_one_data_set(15)
    axes = figure.axes[0]
    assert len(means(axes)) == 6
    assert len([line for line in axes.lines if line.get_linewidth() < 1 and len(line.get_xdata())]) == 9
    assert "9 other variants" in [text.get_text() for text in figure.legends[0].texts]


def test_the_panels_of_a_grid_share_their_axes_and_the_legend_has_the_key():
    cells = {"v0": ("1", "a=1"), "v1": ("2", "a=1"), "v2": ("1", "a=2"), "v3": ("2", "a=2")}
    figure = of_one_data_set(4, cells=cells, styles=variant_styles(["1", "2"], [], None), key="b")
    first, second = figure.axes
    assert (first.get_xlim(), first.get_ylim()) == (second.get_xlim(), second.get_ylim())
    assert second.get_xlim()[1] >= 0.8 > first.lines[0].get_xdata()[-1]
    assert figure.legends[0].get_title().get_text() == "b"
    assert [text.get_text() for text in figure.legends[0].texts][:2] == ["1", "2"]
