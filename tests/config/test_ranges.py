import math

import pytest
from pydantic import TypeAdapter, ValidationError

from runner.config.ranges import LARGEST, Count, Fraction, NonNegative, OpenFraction, Positive, WholeNumber

ENDLESS = 10**400  # larger than any float


@pytest.mark.parametrize(
    ("kind", "fits", "does_not", "allowed"),
    [
        (Count, [1, LARGEST], [0, -1], "an integer of at least 1"),
        (WholeNumber, [0, 1, LARGEST], [-1], "an integer of at least 0"),
        (Positive, [1, 5e-324, 1e308], [0, -0.0, -1], "a finite number above 0"),
        (NonNegative, [0, 0.0, 3], [-5e-324], "a finite number of at least 0"),
        (Fraction, [0, 0.5, math.nextafter(1, 0)], [1, 1.0, -0.1], "a finite number of at least 0 and below 1"),
        (OpenFraction, [5e-324, 0.5], [0, 1], "a finite number above 0 and below 1"),
    ],
)
def test_the_bounds_are_where_the_message_says(kind, fits, does_not, allowed):
    adapter = TypeAdapter(kind)
    for value in fits:
        assert adapter.validate_python(value) == value
    never = [math.nan, math.inf, -math.inf, -ENDLESS, True, False, None, "1", [1]]
    if "integer" in allowed:
        never += [1.0, 0.5]
    else:
        never += [ENDLESS]
    for value in (*does_not, *never):
        with pytest.raises(ValidationError, match=f"must be {allowed}"):
            adapter.validate_python(value)


@pytest.mark.parametrize("kind", [Count, WholeNumber])
def test_integers_have_64_bits(kind):
    for value in (LARGEST + 1, ENDLESS):
        with pytest.raises(ValidationError, match="must be at most 9223372036854775807"):
            TypeAdapter(kind).validate_python(value)
