"""Positions of dots and lines in the small drawings."""

import math
import re
from xml.etree import ElementTree as ET

from runner.gallery.drawings import bars, bars_axis, caption_of, curves_drawing
from runner.gallery.entry import Curves, Finding


def dot(drawn: str) -> float:
    return float(re.search(r'cx="([\d.]+)"', drawn)[1])


def interval(drawn: str) -> tuple[float, float]:
    return tuple(map(float, re.search(r'interval" d="M([\d.]+) [\d.]+H([\d.]+)', drawn).groups()))


def zero(drawn: str) -> float:
    return float(re.search(r'zero" d="M([\d.]+) ', drawn)[1])


def test_bars_share_one_scale_on_which_zero_lies_where_it_belongs():
    one, other = bars([Finding("a", "better", "", (1.0, 0.0, 2.0)), Finding("b", "worse", "", (-1.0, -2.0, 0.0))])
    assert zero(one) == zero(other) == 60
    assert dot(one) - zero(one) == zero(other) - dot(other) == 28
    assert interval(one) == (60, 116)
    assert interval(other) == (4, 60)


def test_an_interval_without_end_reaches_the_edge_and_none_is_no_line():
    endless, none = bars(
        [Finding("a", "", "", (1.0, -math.inf, math.inf)), Finding("b", "", "", (0.5, math.nan, math.nan))]
    )
    assert interval(endless) == (4, 116)
    assert "interval" not in none


def test_equal_variants_and_those_without_a_difference():
    same, nothing = bars([Finding("a", "undecided", "", (0.0, 0.0, 0.0)), Finding("b", "undecided", "")])
    assert dot(same) == zero(same)
    assert nothing == ""


def test_curves_fill_the_box_and_end_in_a_dot():
    drawn = curves_drawing(Curves("val_accuracy", [[(1, 0.5), (2, 0.75), (3, 1.0)], [(1, 0.5)]]))
    paths = [path.get("d") for path in ET.fromstring(drawn).iter("path")]
    assert paths == ["M48.0 80.0L164.0 42.0L280.0 4.0", "M48.0 80.0", "M44 0V84H284"]
    assert [dot(circle) for circle in drawn.split("<circle")[1:]] == [280, 48]


def test_curves_have_the_ends_of_both_axes():
    drawn = ET.fromstring(curves_drawing(Curves("val_accuracy", [[(1, 0.5), (3, 1.0)]])))
    labels = [(float(text.get("x")), float(text.get("y")), text.text) for text in drawn.iter("text")]
    assert labels == [(41, 83, "50.00%"), (41, 7, "100.00%"), (48, 94, "1"), (280, 94, "3")]


def test_the_axis_of_bars_has_round_differences_where_the_bars_have_them():
    rows = [Finding("a", "better", "", (0.01, 0.0, 0.02)), Finding("b", "worse", "", (-0.01, -0.02, 0.0))]
    axis = ET.fromstring(bars_axis(rows, "test_accuracy"))
    assert [(float(text.get("x")), text.text) for text in axis.iter("text")] == [
        (4, "\N{MINUS SIGN}2"), (60, "0"), (116, "+2"),
    ]  # fmt: skip
    assert zero(bars(rows)[0]) == 60


def test_long_curves_are_thinned_and_keep_both_ends():
    drawn = curves_drawing(Curves("val_loss", [[(epoch, epoch) for epoch in range(1, 1001)]]))
    points = re.search(r'd="M(.*?)"', drawn)[1].split("L")
    assert len(points) <= 61
    assert (points[0], points[-1]) == ("48.0 80.0", "280.0 4.0")


def test_the_caption_names_metric_range_and_runs():
    assert caption_of(Curves("val_accuracy", [[(1, 0.5)], [(1, 0.75), (2, math.nan)]])) == (
        "validation accuracy by epoch, 50.00% to 75.00%; 2 runs"
    )


def test_curves_without_a_finite_value_are_not_drawn():
    assert curves_drawing(Curves("val_loss", [[(1, math.nan)]])) == ""
