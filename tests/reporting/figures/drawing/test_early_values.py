import numpy as np
import pandas as pd
import pytest

from runner.reporting.figures.drawing.early_values import early_top


def history(*runs):
    rows = [(place, epoch, value) for place, run in enumerate(runs) for epoch, value in enumerate(run, 1)]
    return pd.DataFrame(rows, columns=["position", "epoch", "loss"])


def test_a_first_epoch_far_above_all_later_values_of_any_run_is_an_outlier():
    assert early_top(history([200, 2, 1], [3, 1, 0.5], [2, 0.6, 0.4]), "loss") == 3


@pytest.mark.parametrize(
    "runs",
    [
        [[9, 0.03], [8, 0.02]],
        [[15, 2, 1], [3, 0.5, 0.1], [2, 0.1, 0.01]],
        [[2, 200, 1], [2, 1, 0.5]],
        [[200], [2]],
        [[np.nan, np.nan], [np.nan, 1]],
        [[200, -1], [2, -2]],
    ],
    ids=["all runs", "less room than later values", "later", "one epoch", "hardly any values", "negative"],
)
def test_other_values_are_no_outliers(runs):
    assert early_top(history(*runs), "loss") == np.inf
