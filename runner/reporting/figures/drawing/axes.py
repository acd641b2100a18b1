"""Axes of a grid: the keys that runs override with more than one value."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from runner.config.overrides import Override
from runner.records.record import LARGEST, RunRecord

LEARNING_RATE = "optimizer.learning_rate"
_FEWEST_VALUES = 3  # minimum number of values for a curve along an axis


@dataclass(frozen=True)
class Axis:
    """A varied key with its values: numbers in ascending order, others in the order of their first runs."""

    key: str
    levels: list[str]

    @property
    def is_number(self) -> bool:
        """True if every value is a number."""
        return all(number(value) is not None for value in self.levels)


def overrides_frame(records: Sequence[RunRecord]) -> pd.DataFrame:
    """Return one row per run, with a column for each key of its variant; None if the run does not override it."""
    rows = [{part.key: part.value for part in map(Override.parse, record.asked)} for record in records]
    return pd.DataFrame(rows, index=range(len(rows)), dtype=object)


def varying_axes(overrides: pd.DataFrame) -> list[Axis]:
    """Return the keys that every run overrides and that have more than one value."""
    axes = [axis_of(str(key), overrides[key]) for key in overrides if overrides[key].notna().all()]
    return [axis for axis in axes if len(axis.levels) > 1]


def axis_of(key: str, values: "pd.Series[Any]") -> Axis:
    """Return the axis of a key with these values, one for each run."""
    levels = list(dict.fromkeys(values))
    numbers = all(number(value) is not None for value in levels)
    return Axis(key, sorted(levels, key=float) if numbers else levels)


def sensitivity_axis(axes: Sequence[Axis]) -> Axis | None:
    """Return the axis for a curve: the learning rate if it is an axis, else the numeric axis with the most values."""
    numeric = [axis for axis in axes if axis.is_number and len(axis.levels) >= _FEWEST_VALUES]
    by_name = {axis.key: axis for axis in numeric}
    return by_name.get(LEARNING_RATE) or max(numeric, key=lambda axis: len(axis.levels), default=None)


def points_along(axis: Axis, overrides: pd.DataFrame, scores: "pd.Series[float]") -> pd.DataFrame:
    """Return one row per run: group (values on the other axes), rest (values of all other keys), value and score."""
    others = [other.key for other in varying_axes(overrides) if other.key != axis.key]
    rows = overrides[others].to_dict("records")
    groups = [",".join(f"{key}={value}" for key, value in row.items()) for row in rows]
    rest = [rest_of(row, axis.key) for row in overrides.to_dict("records")]
    return pd.DataFrame({"group": groups, "rest": rest, "value": overrides[axis.key].astype(float), "score": scores})


def rest_of(values: Mapping[Any, str | None], key: str) -> str:
    """Return the values of all keys but one as text; equal numbers give equal strings, however they are written."""
    parts: Iterable[tuple[Any, str]] = ((name, value) for name, value in values.items() if value and name != key)
    return ",".join(
        sorted(f"{name}={found if (found := number(value)) is not None else value}" for name, value in parts)
    )


def is_grid(axes: Sequence[Axis], overrides: pd.DataFrame) -> bool:
    """Return whether two axes were crossed and nothing else varied."""
    varied = {key for key in overrides if len(overrides[key].unique()) > 1}
    if len(axes) != 2 or varied != {axis.key for axis in axes}:
        return False
    cells = len(overrides[[axis.key for axis in axes]].drop_duplicates())
    return is_crossed([len(axis.levels) for axis in axes], cells)


def is_crossed(sizes: Sequence[int], cells: int) -> bool:
    """Return whether axes with these numbers of levels were crossed: at least half of all combinations have a run.

    Args:
        cells: number of combinations with a run.
    """
    return cells > max(sizes) and cells >= 0.5 * math.prod(sizes)


def number(value: str) -> float | None:
    """Parse a finite number; None for other text."""
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) <= LARGEST else None
