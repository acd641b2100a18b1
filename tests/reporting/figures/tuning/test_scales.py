import numpy as np
import pytest

from runner.records.tuned_axes import TunedAxis
from runner.reporting.figures.tuning.scales import Scale, joined, scale_of

RATE = TunedAxis(low=1e-4, high=1.0, log=True)
BETA = TunedAxis(low=0.9, high=0.999, log="from_one")


def test_decades_are_equally_far_apart_on_a_logarithmic_scale():
    scale = scale_of(["0.01", "0.5"], RATE)
    assert [scale.place(value) for value in ("1e-4", "0.001", "0.01", "0.1", "1")] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1]
    )
    assert [text for _, text in scale.ticks(5)] == ["0.0001", "0.001", "0.01", "0.1", "1"]


def test_nines_are_equally_far_apart_on_a_scale_of_the_distance_from_one():
    scale = scale_of(["0.95"], BETA)
    assert [scale.place(value) for value in ("0.9", "0.99", "0.999")] == pytest.approx([0, 0.5, 1])
    assert scale.ticks(5) == [(pytest.approx(0), "0.9"), (pytest.approx(0.5), "0.99"), (pytest.approx(1), "0.999")]


def test_listed_numbers_are_levels_in_ascending_order():
    scale = scale_of(["1", "0.1", "10", "0.5"], TunedAxis(choices=[10, 1, 0.1, 0.5]))
    assert scale.levels == ("0.1", "0.5", "1", "10")
    assert scale.is_ordered
    assert [scale.place(level) for level in scale.levels] == [0.125, 0.375, 0.625, 0.875]


def test_other_choices_keep_the_order_of_the_plan():
    scale = scale_of(["[64,64]", "null", "odd", "[128]"], TunedAxis(choices=[[128], [64, 64], None, [256]]))
    assert scale.levels == ("[128]", "[64,64]", "null", "odd")
    assert not scale.is_ordered


@pytest.mark.parametrize(
    ("values", "kind"),
    [(["0.001", "0.1"], "log"), (["0.5", "0.9"], "linear"), (["-1", "100"], "linear"), (["a"], "levels")],
)
def test_without_a_range_the_values_decide(values, kind):
    assert scale_of(values, None).kind == kind
    assert scale_of(values, TunedAxis(low=5.0, high=2.0)).kind == kind  # a damaged plan


def test_a_value_outside_its_range_is_not_off_the_scale():
    scale = scale_of(["0.01", "7"], RATE)
    assert 0 <= scale.place("0.01") < scale.place("7") <= 1


@pytest.mark.parametrize(
    "axis",
    [
        TunedAxis(low=1e-18, high=2e-18, log="from_one"),
        TunedAxis(low=-1, high=1.0, log=True),
        TunedAxis(low=0, high=1.0, log="from_one"),
    ],
)
def test_a_range_that_its_scale_cannot_hold_is_not_used(axis):
    assert np.isfinite([scale_of(["0", "1e-18"], axis).place(value) for value in ("0", "1e-18")]).all()


@pytest.mark.parametrize(
    "scale", [Scale("linear", 0.1, 7), Scale("log", 2, 9), Scale("from_one", 0, 0.99), Scale("log", 1e-9, 1e9)]
)
def test_ticks_are_few_within_the_scale_and_apart(scale):
    ticks = scale.ticks(4)
    places = [place for place, _ in ticks]
    assert 2 <= len(ticks) <= 7
    assert -1e-9 <= min(places) < max(places) <= 1 + 1e-9
    assert np.diff(places).min() > 0.1
    assert [scale.place(text) for _, text in ticks] == pytest.approx(places)


def test_axes_of_one_kind_are_joined_and_others_are_not():
    assert joined([RATE, TunedAxis(low=0.1, high=3.0, log=True)]) == TunedAxis(low=1e-4, high=3.0, log=True)
    assert joined([TunedAxis(choices=[1]), TunedAxis(choices=[2])]).choices == [1, 2]
    assert joined([RATE, BETA]) is None
    assert joined([RATE, None]) is None
