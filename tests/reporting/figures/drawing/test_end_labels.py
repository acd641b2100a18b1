import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.optimize import minimize

from runner.reporting.figures.drawing.end_labels import End, fit_ends, label_ends, spread


def test_places_that_are_apart_stay():
    assert spread([0.9, 0.1, 0.5], 0.1) == pytest.approx([0.9, 0.1, 0.5])


@pytest.mark.parametrize("places", [[0.5, 0.5], [0.5, 0.52, 0.54, 0.9], [0.0, 0.01, 0.99, 1.0], [1.0, 0.97, 0.98]])
def test_places_that_are_close_are_moved_by_as_little_as_possible(places):
    gap = 0.1
    order = np.argsort(places, kind="stable")
    wished = np.asarray(places)[order]
    limits = [{"type": "ineq", "fun": lambda x: np.diff(x) - gap}]
    best = minimize(lambda x: ((x - wished) ** 2).sum(), wished, constraints=limits, bounds=[(0, 1)] * len(wished))
    assert spread(places, gap)[order] == pytest.approx(best.x, abs=2e-3)


def test_labels_of_more_than_fits_stay_in_order():
    found = spread([0.5] * 30, 0.1)
    assert np.diff(found) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("names", "inches", "fit"),
    [(["a"] * 9, 2, True), (["a"] * 10, 2, False), (["a"] * 9, 1, False), (["a" * 23], 2, False)],
)
def test_a_few_short_names_fit(names, inches, fit):
    assert fit_ends(names, inches) is fit


def test_a_curve_that_ends_outside_the_panel_has_an_arrow_and_its_label_stays_inside():
    axes = Figure(figsize=(3, 3)).add_subplot()
    axes.set(xlim=(0, 2), ylim=(0, 1))
    label_ends(axes, [End("up", 2, 1.5, "red"), End("in", 2, 0.5, "red"), End("down", 2, -0.5, "red")], 2)
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["up \N{UPWARDS ARROW}", "in", "down \N{DOWNWARDS ARROW}"]
    assert [text.xy[1] for text in axes.texts] == pytest.approx([1, 0.5, 0])


def test_ends_on_a_logarithmic_axis_are_where_the_curve_is():
    axes = Figure().add_subplot()
    axes.set(xlim=(0, 2), ylim=(0.01, 1), yscale="log")
    label_ends(axes, [End("a", 2, 0.1, "red")], 2)
    assert axes.texts[0].xy[1] == pytest.approx(0.5)
