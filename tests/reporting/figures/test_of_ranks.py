import pandas as pd

from runner.reporting.comparison.ranks import average_ranks
from runner.reporting.figures.of_ranks import critical_difference
from tests.reporting.comparison.test_ranks import DEMSAR


def test_the_diagram_names_every_variant():
    figure = critical_difference(average_ranks(DEMSAR, "test_accuracy"), "")
    texts = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert all(variant in texts for variant in DEMSAR)


def test_the_diagram_has_friedmans_p_and_says_where_it_shows_nothing():
    ranks = average_ranks(DEMSAR, "test_accuracy")
    label = critical_difference(ranks, "").axes[0].get_xlabel()
    assert label.endswith(f"Friedman's test over all variants: p = {ranks.friedman_p:.3f}")
    turned = pd.DataFrame({"a": [1, 2, 3.0], "b": [2, 3, 1.0], "c": [3, 1, 2.0]})
    label = critical_difference(average_ranks(turned, "test_accuracy"), "").axes[0].get_xlabel()
    assert label.endswith("p = 1.000: no significant difference")
    assert "too liberal below 6 data sets" in label
