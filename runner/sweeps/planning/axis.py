"""Axis of a search or of a study's tuning: a range of numbers, or choices."""

import math
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, PlainValidator, model_serializer, model_validator

from runner.config.overrides import Override
from runner.config.ranges import LARGEST
from runner.config.section import Section

_BELOW_ONE = 1 - 2**-53  # the largest uniform number
_DIGITS = 4  # significant digits of a value drawn on a logarithmic scale; at most as many on a linear scale


def _finite(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        raise ValueError(f"must be a number, at most {LARGEST}")
    return value


def _positive(value: Any) -> Any:
    if _finite(value) <= 0:
        raise ValueError("must be above 0")
    return value


def _scale(value: Any) -> Any:
    if value is not True and value is not False and value != "from_one":
        raise ValueError("must be true, false or from_one (a logarithmic scale of the distance from 1)")
    return value


def _condition(value: Any) -> Any:
    if not isinstance(value, str) or not (parsed := Override.parse(value)).key or not parsed.items:
        raise ValueError("must be GROUP=OPTION or KEY=VALUE; several values: KEY=A,B")
    return value


_NUMBER = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Bound = Annotated[float | int, PlainValidator(_finite, json_schema_input_type=_NUMBER)]
Step = Annotated[
    float | int, PlainValidator(_positive, json_schema_input_type=Annotated[float, Field(gt=0, le=LARGEST)])
]
Scale = Annotated[bool | Literal["from_one"], PlainValidator(_scale, json_schema_input_type=bool | Literal["from_one"])]
Condition = Annotated[
    str,
    PlainValidator(_condition, json_schema_input_type=Annotated[str, Field(pattern=r"^[+~]*[^+~=][^=]*=.*[^\s,\[\]]")]),
]


def _three_forms(schema: dict[str, Any]) -> None:
    """Split the JSON Schema of an axis into its three forms: a list, the same list under `choices`, and a range."""
    keys = schema.pop("properties")
    (values, _), (number, _) = keys["choices"]["anyOf"], keys["low"]["anyOf"]
    listed = {"choices": keys["choices"] | {"anyOf": [values | {"minItems": 1}]}, "when": keys["when"]}
    ends = {key: keys[key] | {"anyOf": [number]} for key in ("low", "high")}
    ranged = keys | ends | {"choices": {"type": "null"}}
    scales = [
        {
            "if": {"properties": {"log": {"const": log}}, "required": ["log"]},
            "then": {"properties": {"step": {"type": "null"}} | limits},
        }
        for log, limits in ((True, {"low": {"exclusiveMinimum": 0}}), ("from_one", {"high": {"exclusiveMaximum": 1}}))
    ]
    mapping = {"type": schema.pop("type"), "additionalProperties": schema.pop("additionalProperties")}
    schema["anyOf"] = [
        values | {"minItems": 1},
        mapping | {"properties": listed, "required": ["choices"]},
        mapping | {"properties": ranged, "required": ["low", "high"], "allOf": scales},
    ]


class Axis(Section):
    """The values a key may take: a range of numbers, or choices.

    A range whose ends (and step) are whole numbers contains only whole numbers; `int: false` also allows fractions.
    """

    model_config = ConfigDict(json_schema_extra=_three_forms)

    low: Bound | None = None
    """Lowest value."""
    high: Bound | None = None
    """Highest value."""
    log: Scale = False
    """Logarithmic scale: true for the values, from_one for their distance from 1."""
    step: Step | None = None
    """Distance between neighbouring values."""
    choices: list[Any] | None = None
    """All values, instead of a range."""
    when: Condition | None = None
    """GROUP=OPTION or KEY=A,B: the axis applies only if this group or key has one of these values."""
    int: bool | None = None
    """True for whole numbers only; default: true if low, high and step are whole."""

    @model_validator(mode="before")
    @classmethod
    def _list_is_choices(cls, value: Any) -> Any:
        if isinstance(value, list):
            return {"choices": value}
        if not isinstance(value, dict | Axis):
            raise ValueError("must be a list of values, or a range: {low: ..., high: ...}")
        return value

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if self.choices is not None:
            if not self.choices or {"low", "high", "log", "step", "int"} & self.model_fields_set:
                raise ValueError("choices: must not be empty, and cannot be combined with low and high")
            return self
        if self.low is None or self.high is None:
            raise ValueError("must have low and high, or choices")
        if not self.low < self.high:
            raise ValueError(f"low={self.low} must be below high={self.high}")
        if self.log is True and (self.low <= 0 or self.step is not None):
            raise ValueError("log=true needs low above 0, and allows no step")
        if self.log == "from_one" and (self.high >= 1 or self.step is not None):
            raise ValueError("log=from_one needs high below 1, and allows no step")
        if self.step is not None and self.step > self.high - self.low:
            raise ValueError(f"step={self.step} must be at most high - low")
        if self.step is not None and (self.high - self.low) / self.step > LARGEST:
            raise ValueError(f"step={self.step} is too small for the range")
        if self.int and not all(_is_whole(number) for number in (self.low, self.high, self.step or 1)):
            raise ValueError("int=true needs whole numbers as low, high and step")
        return self

    @model_serializer
    def _as_written(self) -> list[Any] | dict[str, Any]:
        given = {key: getattr(self, key) for key in type(self).model_fields if key in self.model_fields_set}
        return given["choices"] if given.keys() == {"choices"} else given

    @property
    def is_whole(self) -> bool:
        """True if the axis is a range of whole numbers."""
        if self.int is not None or self.low is None or self.high is None:
            return bool(self.int)
        return isinstance(self.low, int) and isinstance(self.high, int) and not isinstance(self.step, float)

    @property
    def is_ordered(self) -> bool:
        """True if the values are numbers."""
        return self.choices is None or all(type(choice) in (int, float) for choice in self.choices)

    @property
    def condition(self) -> Override | None:
        """The parsed condition."""
        return Override.parse(self.when) if self.when is not None else None

    @property
    def count(self) -> float:
        """The number of values; infinite for a range of real numbers."""
        if self.choices is not None:
            return len(self.choices)
        low, high, step = self._decimals()
        return int((high - low) / step) + 1 if step else math.inf

    @property
    def values(self) -> list[Any]:
        """All values in order; a range of real numbers without a step has no such list."""
        if self.choices is not None:
            return self.choices
        assert self.count < math.inf
        return [_of_step(self, place) for place in range(int(self.count))]

    def at(self, uniform: float) -> Any:
        """Return the value at a position drawn uniformly from [0, 1), rounded as for training.

        Real numbers keep four significant digits on a logarithmic scale, and thousandths of the range or finer on a
        linear one.
        """
        if self.choices is not None:
            return self.choices[int(uniform * len(self.choices))]
        if not self.log and self.count < math.inf:
            return _of_step(self, int(uniform * self.count))
        margin = 0.5 if self.is_whole else 0  # each whole number gets the part of the scale that rounds to it
        first, last = self._scaled(self._low - margin), self._scaled(self._high + margin)
        return self._rounded(self._unscaled(first + uniform * (last - first)))

    def uniform_of(self, value: Any) -> float:
        """Return a uniform number at which `at` returns this value; if there are several, the middle one.

        A value outside the range gets the number of the nearer end.
        """
        if self.choices is not None:
            return (self.choices.index(value) + 0.5) / len(self.choices)
        if not self.log and self.count < math.inf:
            low, _, step = self._decimals()
            assert step is not None
            uniform = (float((Decimal(str(value)) - low) / step) + 0.5) / self.count
        else:
            margin = 0.5 if self.is_whole else 0
            first, last = self._scaled(self._low - margin), self._scaled(self._high + margin)
            uniform = (self._scaled(value) - first) / (last - first)
        return min(max(uniform, 0.0), _BELOW_ONE)

    def place(self, value: float) -> float:
        """Return the place of a value on the scale of the range: 0 at its lowest value, 1 at its highest."""
        highest = self._high if self.count == math.inf else _of_step(self, int(self.count) - 1)
        first, last = self._scaled(self._low), self._scaled(highest)
        return (self._scaled(value) - first) / (last - first)

    @property
    def _low(self) -> float:
        assert self.low is not None
        return self.low

    @property
    def _high(self) -> float:
        assert self.high is not None
        return self.high

    def _decimals(self) -> tuple[Decimal, Decimal, Decimal | None]:
        """Return low, high and step as decimals, for which 0.1 + 0.2 is 0.3; the step is None for real numbers."""
        step = self.step or (1 if self.is_whole else None)
        return Decimal(str(self.low)), Decimal(str(self.high)), Decimal(str(step)) if step else None

    def _scaled(self, value: float) -> float:
        if self.log == "from_one":
            return -math.log(1 - value)
        return math.log(value) if self.log else value

    def _unscaled(self, scaled: float) -> float:
        if self.log == "from_one":
            return -math.expm1(-scaled)
        return math.exp(scaled) if self.log else scaled

    def _rounded(self, value: float) -> Any:
        value = min(max(value, self._low), self._high)
        if self.is_whole:
            return round(value)
        size = self._high - self._low
        if self.log:
            size = min(size, 1 - value if self.log == "from_one" else value)
        digits = _DIGITS - 1 - math.floor(math.log10(size))
        return float(min(max(round(value, digits), self._low), self._high)) + 0.0  # never -0.0


def _is_whole(number: float) -> bool:
    return float(number).is_integer()


def _of_step(axis: Axis, place: int) -> Any:
    low, _, step = axis._decimals()
    assert step is not None
    value = low + place * step
    return int(value) if axis.is_whole else float(value)
