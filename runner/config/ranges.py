"""Number types whose error messages state the allowed range."""

import sys
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

LARGEST = 2**63 - 1  # the largest integer of NumPy and TensorFlow


def _within(
    kind: type[int] | type[float],
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
) -> BeforeValidator:
    bounds = [
        f"{words} {bound}"
        for words, bound in (("above", above), ("of at least", at_least), ("below", below))
        if bound is not None
    ]
    allowed = f"{'an integer' if kind is int else 'a finite number'} {' and '.join(bounds)}".rstrip()

    def check(value: Any) -> Any:
        accepted = (int,) if kind is int else (int, float)
        fits = (
            isinstance(value, accepted)
            and not isinstance(value, bool)
            and (kind is int or abs(value) <= sys.float_info.max)  # not infinite, not NaN, no huge integer
            and (above is None or value > above)
            and (at_least is None or value >= at_least)
            and (below is None or value < below)
        )
        if not fits:
            raise ValueError(f"must be {allowed}")
        if value > LARGEST and kind is int:
            raise ValueError(f"must be at most {LARGEST}")
        return value

    most = LARGEST if kind is int else sys.float_info.max
    limits = Field(gt=above, ge=at_least, lt=below, le=most if below is None else None)
    return BeforeValidator(check, json_schema_input_type=Annotated[kind, limits])


Count = Annotated[int, _within(int, at_least=1)]
TwoOrMore = Annotated[int, _within(int, at_least=2)]
WholeNumber = Annotated[int, _within(int, at_least=0)]
AtLeastOne = Annotated[float, _within(float, at_least=1)]
Positive = Annotated[float, _within(float, above=0)]
NonNegative = Annotated[float, _within(float, at_least=0)]
Fraction = Annotated[float, _within(float, at_least=0, below=1)]
OpenFraction = Annotated[float, _within(float, above=0, below=1)]
