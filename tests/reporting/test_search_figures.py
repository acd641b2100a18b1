import numpy as np
import pandas as pd
import pytest

from runner.reporting.search_figures import search_history


@pytest.mark.parametrize("count", [1, 3, 40])
def test_trials_are_counted_in_whole_numbers(count):
    trials = pd.DataFrame({"trial": range(count), "val_accuracy": np.linspace(0.5, 0.9, count)})
    (axes,) = search_history(trials, "val_accuracy", 1).axes
    assert all(tick == round(tick) for tick in axes.get_xticks())


@pytest.mark.parametrize(("count", "said"), [(1, "1 trial"), (2, "2 trials")])
def test_the_title_says_how_many_trials_there_are(count, said):
    trials = pd.DataFrame({"trial": range(count), "val_loss": 0.5})
    assert search_history(trials, "val_loss", -1).get_suptitle() == f"search by val_loss: {said}"
