import numpy as np
import pandas as pd

from runner.reporting.targets import usual_target, with_targets

SUMMARY = pd.DataFrame({"variant": ["a", "a", "b"], "status": ["completed"] * 3, "val_accuracy": [0.8, 0.6, 0.9]})
HISTORY = pd.DataFrame(
    {
        "position": [0, 0, 0, 1, 1, 2],
        "epoch": [1, 2, 3, 1, 2, 1],
        "val_accuracy": [0.5, 0.8, 0.7, 0.5, 0.6, 0.9],
        "val_loss": [0.5, 0.2, 0.3, 0.5, 0.4, 0.1],
        "seconds": [1.0, 2.0, 4.0, 1.5, 1.5, 0.5],
    }
)


def test_a_target_is_reached_at_its_first_epoch_and_time_adds_up():
    found = with_targets(SUMMARY, HISTORY, "val_accuracy", 0.7)
    assert found["epochs_to_target"].tolist()[::2] == [2, 1]
    assert found["seconds_to_target"].tolist()[::2] == [3.0, 0.5]
    assert np.isnan(found["epochs_to_target"][1])


def test_a_loss_reaches_its_target_from_above():
    assert with_targets(SUMMARY, HISTORY, "val_loss", 0.4)["epochs_to_target"].tolist() == [2, 2, 1]


def test_the_usual_target_is_where_the_baseline_ends():
    assert usual_target(SUMMARY, "a", "val_accuracy") == 0.7
