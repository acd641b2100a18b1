import keras
import pytest

from runner.reporting.direction import has_direction, sign_of


@pytest.mark.parametrize("name", ["MeanIoU", "BinaryIoU", "OneHotMeanIoU", "AUC", "F1Score"])
def test_of_keras_own_metrics_more_is_better_under_the_names_that_keras_gives_them(name):
    arguments = {"num_classes": 2} if "Mean" in name else {}
    metric = f"test_{getattr(keras.metrics, name)(**arguments).name}"
    assert has_direction(metric)
    assert sign_of(metric) == 1
