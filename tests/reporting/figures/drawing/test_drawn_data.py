import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from runner.reporting.figures.dots import dots
from runner.reporting.figures.drawing.drawn_data import DATA_COLUMNS, drawn_data, hidden_name
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.learning_curves import learning_curves


@pytest.fixture
def axes():
    return Figure().add_subplot()


def data(axes, kind):
    found = drawn_data(axes.figure)
    assert [*found] == DATA_COLUMNS
    return found[found["kind"] == kind]


def test_dots_have_the_name_of_their_row_and_what_they_are():
    values = pd.DataFrame({"variant": ["a_b", "a_b", "c", "c"], "x": [0.1, 0.3, 0.5, 0.8]})
    found = drawn_data(dots(values, "x", "x", "", share=False))
    seeds = found[found["part"] == "seed"]
    assert seeds.groupby("series")["x"].apply(list).to_dict() == {"a_b": [0.1, 0.3], "c": [0.5, 0.8]}
    interval = found[(found["part"] == "mean and its 95% interval") & (found["kind"] == "line")]
    low, high = stats.t.interval(0.95, 1, 0.65, stats.sem([0.5, 0.8]))
    assert interval.loc[interval["series"] == "c", "x"].tolist() == pytest.approx([low, high])


def test_curves_and_bands_have_the_names_of_their_variants_with_labels_at_their_ends():
    rows = [(seed, "v", epoch, 0.1 * epoch, 0.1 * epoch + seed % 2 / 10) for seed in range(4) for epoch in (1, 2)]
    history = pd.DataFrame(rows, columns=["position", "variant", "epoch", "accuracy", "val_accuracy"])
    found = drawn_data(learning_curves(history, "accuracy", "", variant_styles(["v"], ["v"], None)))
    curve = found[(found["panel"] == 2) & (found["kind"] == "line")]
    assert curve[["series", "x", "y"]].to_numpy().tolist() == [["v", 1.0, pytest.approx(0.15)], ["v", 2.0, 0.25]]
    band = found[found["kind"] == "band"]
    assert {*band["series"]} == {"v"}
    low, high = stats.t.interval(0.95, 3, 0.25, stats.sem([0.2, 0.3] * 2))
    assert band.iloc[-1][["low", "high"]].tolist() == pytest.approx([max(low, 0), min(high, 1)])


def test_lines_that_guide_the_eye_are_no_data(axes):
    axes.axhline(0)
    axes.axvline(1)
    axes.plot([1], [2], "o")
    assert drawn_data(axes.figure)[["kind", "x", "y"]].to_numpy().tolist() == [["points", 1, 2]]


def test_what_has_no_name_has_that_of_its_colour(axes):
    axes.plot([1, 2], [3, 4], color="#123456", label="a")
    axes.plot([5], [6], "*", color="#123456")
    axes.fill_between([1, 2], [0, 0], [1, 1], color="#123456")
    axes.plot([7], [8], "o", color="#654321")
    assert {*data(axes, "band")["series"]} == {"a"}
    assert data(axes, "points")["series"].tolist() == ["a", ""]


def test_images_intervals_and_numbers_are_data(axes):
    axes.imshow(np.array([[1.0, 2.0]]))
    axes.errorbar([0], [1], [0.5], label="b")
    axes.text(1, 0, "7.5")
    axes.text(0.5, 0.5, "a remark", transform=axes.transAxes)
    assert data(axes, "image")[["x", "y", "low"]].to_numpy().tolist() == [[0, 0, 1], [1, 0, 2]]
    assert data(axes, "interval")["y"].tolist() == [0.5, 1.5]
    assert data(axes, "text")[["series", "x", "y"]].to_numpy().tolist() == [["7.5", 1, 0]]


def test_names_are_as_they_were_before_they_were_drawn(axes):
    axes.plot([1], [2], label="\N{ZERO WIDTH SPACE}_a \\$1\nb\N{NO-BREAK SPACE}c")
    assert drawn_data(axes.figure)["series"].tolist() == ["_a $1 b c"]


def test_a_hidden_name_is_in_no_legend(axes):
    axes.plot([1], [2], label=hidden_name(hidden_name("a")))
    assert axes.get_legend_handles_labels() == ([], [])
    assert drawn_data(axes.figure)["series"].tolist() == ["a"]
