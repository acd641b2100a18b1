import keras
import numpy as np
import pytest

from runner.reporting.metrics import (
    has_direction,
    margin_text,
    p_equation,
    p_number,
    sign_of,
    signed_text,
    spread_text,
    value_text,
)


@pytest.mark.parametrize("name", ["MeanIoU", "BinaryIoU", "OneHotMeanIoU", "AUC", "F1Score"])
def test_of_keras_own_metrics_more_is_better_under_the_names_that_keras_gives_them(name):
    arguments = {"num_classes": 2} if "Mean" in name else {}
    metric = f"test_{getattr(keras.metrics, name)(**arguments).name}"
    assert has_direction(metric)
    assert sign_of(metric) == 1


def test_what_a_study_says_of_its_metric_counts_before_the_metrics_name():
    assert [sign_of("val_loss", direction) for direction in (None, "min", "max")] == [-1, -1, 1]
    assert [sign_of("val_accuracy", direction) for direction in (None, "min", "max")] == [1, -1, 1]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0812, "0.0812"), (0.001, "0.0010"), (1.234e-7, "1.23e-07"), (0.0004567, "0.000457"), (0, "0.0000")],
)
def test_a_small_number_keeps_three_digits(value, text):
    assert value_text(value, "test_loss") == text
    assert signed_text(value, "test_loss") == f"+{text}"
    assert signed_text(-value, "test_loss").endswith(text)


def test_a_deviation_has_as_many_digits_as_its_mean():
    assert spread_text(0.0812, 0.0004, "test_loss") == "0.0812 ± 0.0004"
    assert spread_text(1.234e-7, 5.678e-9, "test_loss") == "1.23e-07 ± 5.68e-09"


def test_times_to_a_target_have_the_digits_that_say_something():
    assert spread_text(5.0, 0.5774, "epochs_to_target") == "5.0 ± 0.6"
    assert signed_text(-1.3333, "epochs_to_target") == "-1.3"
    assert value_text(12.3456, "seconds_to_target") == "12.35"


def test_shares_are_percent_and_points():
    assert value_text(0.00001, "test_accuracy") == "0.00%"
    assert signed_text(-0.0021, "test_accuracy") == "-0.21"


def test_a_difference_below_half_a_hundredth_of_a_point_is_no_zero():
    assert signed_text(0.000042, "test_accuracy") == "+0.0042"
    assert signed_text(-0.00000123, "test_accuracy") == "-0.00012"
    assert signed_text(-0.000042, "test_accuracy", [0.0045]) == "-0.00"  # because its neighbour has two decimals
    assert signed_text(-0.000096, "test_loss", [0.0123]) == "-0.0001"
    assert signed_text(0.0, "test_accuracy") == signed_text(1e-17, "test_accuracy") == "+0.00"


def test_a_rounding_error_of_accuracies_in_single_precision_is_no_difference():
    first, second = (
        np.float32([right / 360 for right in own]).astype(float).mean() for own in ((290, 301), (280, 311))
    )
    assert first != second
    assert signed_text(2.875e-8, "test_accuracy") == signed_text(second - first, "test_accuracy") == "+0.00"
    assert signed_text(-2.875e-8, "test_accuracy", [-3e-8]) == "+0.00"
    assert signed_text(1 / 1_000_000, "test_accuracy") == "+0.0001"  # one of 10,000 examples in one of 100 seeds


@pytest.mark.parametrize(("metric", "text"), [("test_accuracy", "+0.00"), ("test_loss", "+0.0000")])
def test_nothing_is_not_less_than_zero(metric, text):
    assert signed_text(-0.0, metric) == text
    assert signed_text(-1e-12, "test_accuracy") == "+0.00"


@pytest.mark.parametrize(
    ("value", "number", "equation"), [(0.0312, "0.031", "p = 0.031"), (0.0009, "<0.001", "p < 0.001")]
)
def test_a_small_p_is_below_a_thousandth(value, number, equation):
    assert p_number(value) == number
    assert p_equation(number) == equation


@pytest.mark.parametrize(
    ("margin", "metric", "text"),
    [
        (0.001, "test_accuracy", "0.1 percentage points"),
        (0.01, "test_accuracy", "1 percentage point"),
        (0.05, "test_loss", "0.05"),
        (2, "train_seconds", "2"),
    ],
)
def test_a_margin_is_shown_in_the_unit_of_the_differences(margin, metric, text):
    assert margin_text(margin, metric) == text
