import numpy as np
import pytest
from matplotlib.figure import Figure

from runner.reporting.figures.drawing.difference_axis import difference_label, difference_limits, sides, signed_ticks


def test_the_limits_hold_zero_the_margin_and_all_usual_values():
    low, high = difference_limits([[0.1, 0.2], [0.3, np.nan]], 0.15)
    assert low == pytest.approx(-0.15 - 0.05 * 0.45)
    assert high == pytest.approx(0.3 + 0.05 * 0.45)


def test_a_variant_far_beyond_the_others_may_leave_the_axis():
    assert difference_limits([[0.01], [0.02], [-0.9]], None)[0] > -0.1
    assert difference_limits([[0.01], [-0.9]], None)[0] < -0.9  # with only two variants, neither is an outlier


def test_variants_identical_to_the_baseline_do_not_push_the_others_off_the_axis():
    assert difference_limits([[0.0, 0.0], [0.0], [0.01, 0.02]], None) == pytest.approx((-0.001, 0.021))


def test_without_any_value_there_is_an_axis():
    assert difference_limits([[], [np.nan]], None) == (-0.01, 0.01)
    assert difference_limits([[0.0, 0.0]], None) == (-0.01, 0.01)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("test_accuracy", ["\N{MINUS SIGN}1", "0", "+2"]), ("test_loss", ["\N{MINUS SIGN}0.01", "0", "+0.02"])],
)
def test_ticks_have_signs_and_the_unit_of_the_metric(metric, expected):
    axes = Figure().add_subplot()
    signed_ticks(axes.xaxis, metric)
    assert [axes.xaxis.get_major_formatter()(value, 0) for value in (-0.01, 0, 0.02)] == expected


def test_labels_are_in_words():
    space = "\N{NO-BREAK SPACE}"
    label = f"difference from sgd in test accuracy (percentage{space}points)"
    assert difference_label("test_accuracy", "sgd", 80) == label
    assert difference_label("test_loss", "sgd", 80) == "difference from sgd in test loss with penalty"
    assert "better" in sides("val_loss")[0]
