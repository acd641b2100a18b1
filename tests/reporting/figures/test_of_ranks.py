import pandas as pd
from matplotlib.colors import to_hex

from runner.reporting.comparison.ranks import average_ranks
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


def test_the_diagram_has_friedmans_p_and_says_where_it_shows_nothing():
    ranks = average_ranks(DEMSAR, "test_accuracy")
    label = drawn(ranks).axes[0].get_xlabel()
    assert label.endswith(f"Friedman's test over all variants: p = {ranks.friedman_p:.3f}")
    turned = pd.DataFrame({"a": [1, 2, 3.0], "b": [2, 3, 1.0], "c": [3, 1, 2.0]})
    label = drawn(average_ranks(turned, "test_accuracy")).axes[0].get_xlabel()
    assert label.endswith("p = 1.000: no significant difference")
    assert "too liberal below 6 data sets" in label


def test_the_points_of_a_bar_are_in_the_same_order_in_every_process():
    bars = [line for line in drawn(average_ranks(DEMSAR, "test_accuracy")).axes[0].lines if line.get_linewidth() == 2]
    assert bars
    assert all([*bar.get_xdata()] == sorted(bar.get_xdata()) for bar in bars)
