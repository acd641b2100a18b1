import numpy as np
import pandas as pd
import pytest

from runner.reporting.figures.canvas import own_style
from runner.reporting.figures.of_search import search_history


@pytest.mark.parametrize("count", [1, 3, 40])
def test_trials_are_counted_in_whole_numbers(count):
    trials = pd.DataFrame({"trial": range(count), "val_accuracy": np.linspace(0.5, 0.9, count)})
    (axes,) = search_history(trials, "val_accuracy", 1).axes
    assert all(tick == round(tick) for tick in axes.get_xticks())


@pytest.mark.parametrize(("count", "said"), [(1, "1 trial"), (2, "2 trials")])
def test_the_title_says_how_many_trials_there_are(count, said):
    trials = pd.DataFrame({"trial": range(count), "val_loss": 0.5})
    assert search_history(trials, "val_loss", -1).get_suptitle() == f"Search by validation loss with penalty: {said}"


def test_a_share_is_in_percent_and_the_legend_outside_without_a_frame():
    trials = pd.DataFrame({"trial": [0, 1, 2], "val_accuracy": [0.5, 0.75, np.nan]})
    with own_style():
        figure = search_history(trials, "val_accuracy", 1)
    (axes,) = figure.axes
    assert axes.get_ylabel() == "validation accuracy (%)"
    assert axes.yaxis.get_major_formatter()(0.5) == "50.0"
    (legend,) = figure.legends
    assert not legend.get_frame_on()
    assert axes.get_legend() is None
