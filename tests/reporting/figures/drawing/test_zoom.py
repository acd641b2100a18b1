import numpy as np
import pandas as pd
import pytest

from runner.reporting.figures.drawing.zoom import last_part


def curve(*means, reach=np.nan):
    mean = np.array(means)
    return pd.DataFrame({"mean": mean, "low": mean - reach, "high": mean + reach}, index=range(1, len(means) + 1))


A, B = (0.1, 0.5, 0.8, 0.9, 0.91, 0.92), (0.1, 0.5, 0.8, 0.9, 0.905, 0.91)


def test_the_part_begins_where_all_curves_stay_near_their_ends_and_none_leaves_it():
    part = last_part([curve(*A), curve(*B)], 0.1, 0.92)
    assert part is not None
    assert part.first == 4
    assert part.low < 0.9 < 0.92 < part.high
    assert part.high - part.low == pytest.approx(0.02, abs=2e-3)  # no empty space


def test_the_part_begins_when_the_slowest_curve_comes_near():
    slow = curve(0.1, 0.2, 0.3, 0.4, 0.5, 0.8, 0.9, 0.905, 0.91, 0.915)
    quick = curve(0.1, 0.5, 0.8, *[0.91] * 6, 0.92)
    part = last_part([quick, slow], 0.1, 0.92)
    assert part is not None
    assert part.first == 8
    assert part.low < 0.905


def test_three_epochs_are_shown_at_least_and_nothing_if_the_curves_are_still_far():
    drop = [*[0.1] * 5, 0.88, 0.9, 0.9]
    part = last_part([curve(*drop), curve(*drop[:-1], 0.901)], 0.1, 0.901)
    assert part is not None
    assert part.first == 6
    jump = [*[0.1] * 8, 0.9]
    assert last_part([curve(*jump), curve(*jump[:-1], 0.91)], 0.1, 0.91) is None


def test_intervals_are_shown_too():
    part = last_part([curve(*A, reach=0.02), curve(*B)], 0.1, 0.92)
    assert part is not None
    assert part.high == pytest.approx(0.94, abs=2e-3)


@pytest.mark.parametrize(
    "curves",
    [
        [curve(*A)],
        [curve(*A), curve(*A)],
        [curve(*A), curve(*[0.5] * 6)],
        [curve(*A[-4:]), curve(*B[-4:])],
        [curve(*A), curve(*[np.nan] * 6)],
    ],
    ids=["one curve", "equal ends", "far apart", "few epochs", "one without a value"],
)
def test_nothing_is_zoomed_where_nothing_is_hidden(curves):
    assert last_part(curves, 0.1, 0.92) is None


def test_a_curve_far_from_all_others_does_not_hide_their_differences():
    part = last_part([curve(*A), curve(*B), curve(*A[:-1], 0.915), curve(*[0.1] * 6)], 0.1, 0.92)
    assert part is not None
    assert part.low > 0.89


def test_of_two_equal_curves_and_a_third_none_is_far():
    part = last_part([curve(*A), curve(*A), curve(*B)], 0.1, 0.92)
    assert part is not None
    assert part.low < 0.91


def test_a_logarithmic_axis_is_measured_as_it_is_drawn():
    losses = [curve(1, 0.5, 0.2, 0.1, 0.05, 0.04), curve(1, 0.5, 0.2, 0.1, 0.05, 0.004)]
    assert last_part(losses, 0.004, 1) is not None
    assert last_part(losses, 0.004, 1, log=True) is None


@pytest.mark.parametrize("reach", [0.04, 1])
def test_an_interval_that_reaches_0_or_below_on_a_logarithmic_axis_is_no_error(reach):
    losses = [curve(1, 0.5, 0.2, 0.1, 0.05, 0.04, reach=reach), curve(1, 0.5, 0.2, 0.1, 0.05, 0.041)]
    assert last_part(losses, 0.004, 1, log=True) is None


def with_bad_half(*good):
    bad = [curve(0.1, 0.1, 0.15, 0.2, 0.2, end) for end in (0.2, 0.4, 0.6)]
    return [*(curve(*means) for means in good), *bad]


def test_the_better_half_is_enlarged_if_the_others_stretch_the_axis():
    curves = with_bad_half(A, B, (0.1, 0.5, 0.8, 0.89, 0.9, 0.9))
    assert last_part(curves, 0.1, 0.92) is None
    part = last_part(curves, 0.1, 0.92, sign=1)
    assert part is not None
    assert part.low > 0.8
    assert part.high == pytest.approx(0.92, abs=2e-3)


def test_the_better_half_of_a_loss_has_the_lower_ends():
    curves = [curve(*(1 - own["mean"])) for own in with_bad_half(A, B, (0.1, 0.5, 0.8, 0.89, 0.9, 0.9))]
    part = last_part(curves, 0.08, 0.9, sign=-1)
    assert part is not None
    assert part.high < 0.2
    assert last_part(curves, 0.08, 0.9, sign=1) is None


def test_the_better_half_of_a_few_variants_is_not_enlarged():
    assert last_part(with_bad_half(A, B)[:4], 0.1, 0.92, sign=1) is None
