import math
from collections import Counter

import pytest
from pydantic import ValidationError

from runner.sweeps.planning.axis import Axis


def axis(**keys) -> Axis:
    return Axis.model_validate(keys)


@pytest.mark.parametrize(
    ("keys", "middle"),
    [
        ({"low": 1e-4, "high": 1.0, "log": True}, 0.01),  # the geometric mean
        ({"low": 0.9, "high": 0.9999, "log": "from_one"}, 1 - math.sqrt(0.1 * 0.0001)),
        ({"low": -0.5, "high": 1.0}, 0.25),
        ({"low": 0, "high": 1, "int": False}, 0.5),
    ],
)
def test_the_middle_of_a_scale_is_drawn_by_one_half(keys, middle):
    assert axis(**keys).at(0.5) == pytest.approx(middle, rel=1e-3)
    assert axis(**keys).place(middle) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("keys", "uniform", "text"),
    [
        ({"low": 1e-5, "high": 1.0, "log": True}, 0.123, "4.121e-05"),
        ({"low": 0.0, "high": 0.99}, 0.123, "0.1218"),
        ({"low": 0.999, "high": 0.9999}, 0.123, "0.9991107"),
        ({"low": 0.9, "high": 0.9999, "log": "from_one"}, 0.8, "0.9996019"),
        ({"low": 0.123456, "high": 1.0}, 0.0, "0.1235"),
    ],
)
def test_a_drawn_number_keeps_few_digits(keys, uniform, text):
    assert str(axis(**keys).at(uniform)) == text


@pytest.mark.parametrize("keys", [{"low": 0.12344, "high": 0.9876}, {"low": 0.12344, "high": 0.9876, "log": True}])
def test_rounding_never_leaves_the_range(keys):
    assert 0.12344 <= axis(**keys).at(0.0) < axis(**keys).at(1 - 1e-12) <= 0.9876


def test_a_step_counts_in_decimals():
    assert axis(low=0.1, high=0.7, step=0.2).values == [0.1, 0.3, 0.5, 0.7]
    assert axis(low=1, high=8, step=3).values == [1, 4, 7]
    assert axis(low=1, high=8, step=3).place(7) == 1


def test_whole_ends_make_a_range_of_whole_numbers():
    assert axis(low=1, high=3).values == axis(low=1.0, high=3.0, int=True).values == [1, 2, 3]
    assert all(isinstance(axis(low=1, high=100, log=True).at(place), int) for place in (0.0, 0.3, 0.999))
    assert axis(low=1, high=3, int=False).count == axis(low=1.0, high=3).count == math.inf


def test_whole_numbers_on_a_logarithmic_scale_get_the_share_that_rounds_to_them():
    drawn = Counter(axis(low=1, high=8, log=True).at((place + 0.5) / 10_000) for place in range(10_000))
    for number, times in drawn.items():
        share = math.log((number + 0.5) / (number - 0.5)) / math.log(8.5 / 0.5)
        assert times == pytest.approx(10_000 * share, abs=1.5)


def test_choices_are_equally_likely():
    assert Counter(axis(choices=["a", "b"]).at(place / 100) for place in range(100)) == {"a": 50, "b": 50}


@pytest.mark.parametrize(
    "given", [[1, 2], {"low": 1, "high": 2, "log": True}, {"choices": [[64], [32]], "when": "model=mlp"}]
)
def test_an_axis_is_written_as_it_was_given(given):
    assert Axis.model_validate(given).model_dump(mode="json") == given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "must be a list of values, or a range"),
        ([], "must not be empty"),
        ({"low": 1}, "must have low and high, or choices"),
        ({"low": 2, "high": 1}, "low=2 must be below high=1"),
        ({"low": 1, "high": 1}, "low=1 must be below high=1"),
        ({"low": 0, "high": 1, "log": True}, "log=true needs low above 0"),
        ({"low": 1, "high": 8, "log": True, "step": 2}, "allows no step"),
        ({"low": 0.5, "high": 1, "log": "from_one"}, "log=from_one needs high below 1"),
        ({"low": 0, "high": 1, "log": "log10"}, "must be true, false or from_one"),
        ({"low": 0, "high": 1, "step": 0}, "must be above 0"),
        ({"low": 0, "high": 1, "step": 2}, "step=2 must be at most high - low"),
        ({"low": 0, "high": 1, "step": 1e-320}, "step=1e-320 is too small"),
        ({"low": 0.5, "high": 8, "int": True}, "int=true needs whole numbers"),
        ({"low": 1, "high": 8, "step": 0.5, "int": True}, "int=true needs whole numbers"),
        ({"low": math.nan, "high": 1}, "must be a number"),
        ({"low": "1", "high": 2}, "must be a number"),
        ({"low": True, "high": 2}, "must be a number"),
        ({"choices": [1, 2], "log": True}, "cannot be combined"),
        ({"low": 0, "high": 1, "when": "optimizer"}, "must be GROUP=OPTION or KEY=VALUE"),
    ],
)
def test_what_is_wrong_is_said_once(given, said):
    with pytest.raises(ValidationError) as error:
        Axis.model_validate(given)
    assert [said in issue["msg"] for issue in error.value.errors()] == [True]
