"""Run filters: comparisons of their columns and keys, parsed from text and never evaluated."""

import math
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from runner.core.errors import UserError
from runner.core.text import did_you_mean, shortened
from runner.reporting.collection.collect import Run
from runner.reporting.collection.labels import NONE, Values, override_columns
from runner.reporting.collection.variant_names import find_variant

_OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_COMPARISON = re.compile(
    r"""\s*(?P<column>"[^"]*"|'[^']*'|[^\s<>=!"']+)\s*(?P<operator><=|>=|==|!=|<|>|=)"""
    r"""\s*(?P<value>"[^"]*"|'[^']*'|[^\s<>=!"'][^\s"']*)(?=\s|$)\s*"""
)
_AND = re.compile(r"and(?=\s)", re.IGNORECASE)
_CONSTANTS = {"true": "true", "false": "false", "none": NONE, "null": NONE}


@dataclass(frozen=True)
class Condition:
    """A comparison of a column with a value, or with several alternatives."""

    column: str
    operator: str
    wanted: Sequence[str]  # values as on the command line; only the operator = accepts more than one

    @classmethod
    def equal(cls, column: str, value: Any) -> "Condition":
        """Return the condition that a column has a value, or one of the values in a list."""
        value = value.tolist() if hasattr(value, "tolist") else value  # a NumPy or pandas scalar
        is_list = not isinstance(value, str | bytes) and hasattr(value, "__iter__")
        return cls(column, "=", [_as_text(one) for one in (value if is_list else [value])])


def parse_conditions(text: str) -> list[Condition]:
    """Parse comparisons joined with `and`, such as `optimizer = adam and train_seconds < 5`.

    Raises:
        UserError: if the text is not valid; the message quotes the part that could not be parsed.
    """
    found: list[Condition] = []
    place = 0
    while True:
        if not (comparison := _COMPARISON.match(text, place)):
            raise _not_understood(text, place)
        column, value = (_unquoted(comparison[name]) for name in ("column", "value"))
        found.append(Condition(column, comparison["operator"], [value]))
        if (place := comparison.end()) == len(text):
            return found
        if not (joined := _AND.match(text, place)):
            raise _not_understood(text, place)
        place = joined.end()


def _not_understood(text: str, place: int) -> UserError:
    at = f" at {shortened(text[place:].strip())}" if text[place:].strip() and place else ""
    return UserError(
        f"{shortened(text)}: not understood{at}; write COLUMN OPERATOR VALUE, joined with `and` "
        f"(operators: {' '.join(_OPERATORS)}; quote values that contain spaces)"
    )


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] in "\"'" else text


def _as_text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NONE
    return str(value)


class Setting(str):
    """A value of an override or a configuration, as text; it may represent a number."""


class Columns:
    """Values of runs by column: a summary column, `directory`, `started`, or any key of the configuration."""

    def __init__(self, runs: Sequence[Run], values: Values, others: Mapping[str, Sequence[Any]] | None = None) -> None:
        """Create the columns; their values are read on first use.

        Args:
            runs: the runs whose values are read.
            values: reader of the configuration's keys.
            others: additional columns, which may replace columns of the summary; one value per run.
        """
        self._runs = runs
        self._values = values
        self._others = others or {}

    def of(self, column: str) -> list[Any]:
        """Return the value of each run: a number, text, None or, for a key of the configuration, a `Setting`.

        Raises:
            UserError: if no run has such a column or key; the message suggests the nearest name.
        """
        if column in self._others:
            return list(self._others[column])
        if column in self.measured:
            return [row.get(column) for row in self._rows]
        if all(self._values.of(run, column) is None for run in self._runs):
            raise UserError(f"{shortened(column)}: no run has such a column or key{did_you_mean(column, self._known)}")
        values = (self._values.in_force(run, column) for run in self._runs)
        return [None if value is None else Setting(value) for value in values]

    @cached_property
    def measured(self) -> list[str]:
        """The columns that are not keys of the configuration: facts and metrics of the runs."""
        return list(dict.fromkeys(name for row in self._rows for name in row))

    @cached_property
    def overridden(self) -> list[str]:
        """The keys that some run overrides."""
        return [key for key in override_columns(self._runs) if key not in self.measured]

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return [
            replace(run.record, overrides=[]).summary()
            | {"variant": run.record.variant, "started": run.record.started, "directory": str(run.directory.path)}
            for run in self._runs
        ]

    @property
    def _known(self) -> set[str]:
        """The known names, from which the nearest is suggested; the keys come from one configuration only."""
        groups = {group for run in self._runs for group in run.record.choices}
        return {*self._others, *self.measured, *self.overridden, *groups, *self._values.keys(self._runs)}


def matching(conditions: Iterable[Condition], columns: Columns, count: int) -> list[bool]:
    """Return for each run whether it meets all conditions.

    Values are compared as numbers if both are numbers, else as text. Facts that are text, such as a run id, are never
    numbers. A missing value equals `none` and is neither less nor greater than any value. A variant may be given in a
    short form.

    Args:
        count: number of runs.

    Raises:
        UserError: if no run has a column, or a short form fits no variant or more than one; the message suggests the
            nearest name.
    """
    kept = [True] * count
    for condition in conditions:
        cells = columns.of(condition.column)
        if condition.column == "variant" and condition.operator in ("=", "==", "!="):
            condition = replace(condition, wanted=[find_variant("variant", one, cells) for one in condition.wanted])
        kept = [old and _meets(cell, condition) for old, cell in zip(kept, cells, strict=True)]
    return kept


def _meets(cell: Any, condition: Condition) -> bool:
    if condition.operator in ("<", "<=", ">", ">=") and _as_text(cell) == NONE:
        return False
    holds = _OPERATORS[condition.operator]
    return any(holds(*_comparable(cell, value)) for value in condition.wanted)


def _comparable(cell: Any, value: str) -> tuple[Any, Any]:
    """Return both as numbers if they are numbers, else as text."""
    numbers = (_number(cell) if isinstance(cell, Setting) or not isinstance(cell, str) else None), _number(value)
    return (_constant(_as_text(cell)), _constant(value)) if None in numbers else numbers


def as_value(cell: Any) -> int | float | str | None:
    """Return a cell as a number or Boolean if it is one, else as text; None if it is missing."""
    if not isinstance(cell, Setting):
        return None if _as_text(cell) == NONE and not isinstance(cell, str) else cell
    if (text := _constant(cell)) in ("true", "false"):
        return text == "true"
    number = _number(cell)
    return number if number is not None and math.isfinite(number) else str(cell)


def _number(value: Any) -> int | float | None:
    """Return a number, or the number in a text; None if there is none."""
    if not isinstance(value, str):
        return None if _as_text(value) == NONE else value
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        return None if math.isnan(number) else number
    return None


def _constant(text: str) -> str:
    return _CONSTANTS.get(text.lower(), text)
