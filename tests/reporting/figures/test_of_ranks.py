import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from runner.reporting.comparison.ranks import average_ranks
from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.drawing.canvas import BASELINE_COLOR
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.of_ranks import critical_difference
from tests.reporting.comparison.test_ranks import DEMSAR


def drawn(ranks, baseline=None):
    names = [*ranks.average.index]
    return critical_difference(ranks, "", variant_styles(names, names, baseline))


def test_the_diagram_names_every_variant():
    figure = drawn(average_ranks(DEMSAR, "test_accuracy"))
    texts = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert all(variant in texts for variant in DEMSAR)


def test_the_baseline_is_grey_and_no_other():
    figure = drawn(average_ranks(DEMSAR, "test_accuracy"), "C4.5")
    of_baseline = {text.get_text() for text in figure.axes[0].texts if to_hex(text.get_color()) == BASELINE_COLOR}
    assert {word for text in of_baseline for word in text.split() if word in DEMSAR} == {"C4.5"}


def test_no_text_of_a_narrow_diagram_leaves_the_figure():
    names = {name: f"{name}, a longer name of two lines" for name in TIED}
    with own_style(look_of("paper", 84)):
        figure = drawn(average_ranks(TIED.rename(columns=names), "test_accuracy"))
        figure.draw_without_rendering()
        texts = [text for text in (*figure.axes[0].texts, figure.axes[0].xaxis.label) if text.get_text()]
        boxes = [text.get_window_extent() for text in texts]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height for box in boxes)


def test_the_points_of_a_bar_are_in_the_same_order_in_every_process():
    bars = [line for line in drawn(average_ranks(DEMSAR, "test_accuracy")).axes[0].lines if line.get_linewidth() == 2]
    assert bars
    assert all([*bar.get_xdata()] == sorted(bar.get_xdata()) for bar in bars)


TIED = pd.DataFrame({"a": [3, 2, 1.0], "b": [2, 1, 3.0], "c": [1, 3, 2.0], "worst": [0, 0, 0.0]})


def test_tied_variants_are_on_the_side_of_their_rank_and_each_has_a_dot():
    axes = drawn(average_ranks(TIED, "test_accuracy")).axes[0]
    assert axes.get_xlim() == (1, 4)
    sides = {name: text.get_ha() for text in axes.texts for name in TIED if name in text.get_text().split()}
    assert sides == {"a": "right", "b": "right", "c": "right", "worst": "left"}
    dots = [(*line.get_xdata(), *line.get_ydata()) for line in axes.lines if line.get_marker() == "o"]
    assert sorted(x for x, _ in dots) == [2, 2, 2, 4]
    assert len({*dots}) == 4


def test_the_bar_of_the_critical_difference_has_demsars_length():
    axes = drawn(average_ranks(DEMSAR, "test_accuracy")).axes[0]
    (bar,) = (line for line in axes.lines if line.get_marker() == "|")
    distance = np.ptp(bar.get_xdata())
    assert distance == pytest.approx(2.569 * (4 * 5 / (6 * len(DEMSAR))) ** 0.5, abs=0.001)  # q of Demsar's table 5
    assert f"critical difference {distance:.2f}" in [text.get_text() for text in axes.texts]
    (text,) = (
        text.get_text() for text in drawn(average_ranks(TIED, "x")).axes[0].texts if "critical" in text.get_text()
    )
    assert "no significant difference" in text
