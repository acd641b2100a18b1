"""Axes of a study's tuning, as stored in its plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from runner.records.baselines import arm_parts
from runner.records.record import Few, Number, Text


@dataclass(frozen=True)
class TunedAxis:
    """The values that a key may take: a range of numbers, or choices."""

    low: Number | None = None
    high: Number | None = None
    log: bool | Literal["from_one"] = False  # from_one: a logarithmic scale in the distance from 1
    choices: list[Any] | None = None

    @property
    def is_range(self) -> bool:
        """True for a range, in which more trials could find better values."""
        return self.choices is None


def _list_is_choices(value: Any) -> Any:
    return {"choices": value} if isinstance(value, list) else value


Axes = Annotated[dict[Text, Annotated[TunedAxis, BeforeValidator(_list_is_choices)]], Few]


@dataclass(frozen=True)
class TunedAxes:
    """The axes of a study's variants, by key."""

    axes: Axes = field(default_factory=dict)
    per_variant: Annotated[dict[Text, Axes], Few] = field(default_factory=dict)  # used instead of `axes`

    def of(self, arm: str, names: Iterable[str]) -> Mapping[str, TunedAxis]:
        """Return the axes of a variant, or of its cell of the grid, under all conditions.

        Args:
            names: names of the study's variants.
        """
        return self.per_variant.get(arm_parts(arm, names)[0], self.axes)
