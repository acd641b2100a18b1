"""Scales of tuned keys: positions between 0 and 1 for the values of a range or of a list."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.ticker import LogLocator, MaxNLocator

from runner.records.tuned_axes import TunedAxis
from runner.reporting.figures.drawing.axes import number

_WIDE = 10  # minimum ratio of highest to lowest value for a logarithmic scale of values without a range
_FEWEST_DECADES = 2  # minimum number of decades for ticks at powers of ten only
_STEPS = (1, 2, 5)  # ticks of a smaller range, multiplied by powers of ten
_ROUNDING = 1e-6
_MOST_LEVELS = 12  # ticks of levels that are not numbers
_LONGEST = 14  # characters of a tick label
_NEAR = 0.5  # minimum distance between ticks, as a share of their mean distance

Kind = Literal["linear", "log", "from_one", "levels"]


@dataclass(frozen=True)
class Scale:
    """The scale of a key: a range of numbers, or equidistant levels."""

    kind: Kind
    low: float = 0.0
    high: float = 1.0
    levels: tuple[str, ...] = ()  # values as in overrides

    @property
    def is_ordered(self) -> bool:
        """True for a range, and for levels that are numbers."""
        return all(number(level) is not None for level in self.levels)

    def place(self, value: str) -> float:
        """Return the position of a value from an override: 0 at the lower end, 1 at the upper end.

        A level is in the middle of its share of the scale.
        """
        if self.kind == "levels":
            return (self.levels.index(value) + 0.5) / len(self.levels)
        return self._place(float(value))

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Return positions and labels of approximately this many ticks."""
        if self.kind == "levels":
            step = -(-len(self.levels) // (most if self.is_ordered else _MOST_LEVELS))
            return [(self.place(level), _shown(level)) for level in self.levels[::step]]
        values = sorted({value for value in self._tick_values(most) if self.low <= value <= self.high})
        return _apart([(self._place(value), f"{value:g}") for value in values], _NEAR / most)

    def _place(self, value: float) -> float:
        first, last = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - first) / (last - first)

    def _scaled(self, value: float) -> float:
        if self.kind == "from_one":
            return -math.log(1 - value)
        return math.log(value) if self.kind == "log" else value

    def _tick_values(self, most: int) -> Sequence[float]:
        if self.kind == "linear":
            return [*map(float, MaxNLocator(most - 1, steps=[1, 2, 5, 10]).tick_values(self.low, self.high))]
        low, high = (self.low, self.high) if self.kind == "log" else (1 - self.high, 1 - self.low)
        is_wide = math.log10(high / low) > _FEWEST_DECADES - _ROUNDING
        locator = LogLocator(subs=(1.0,) if is_wide else _STEPS, numticks=most)
        values = [float(f"{value:.6g}") for value in locator.tick_values(low, high)]
        return values if self.kind == "log" else [round(1 - value, 12) for value in [*values, high]]


def scale_of(values: Iterable[str], axis: TunedAxis | None) -> Scale:
    """Return the scale for the values of a key.

    Args:
        values: as in overrides.
        axis: axis from the plan; if there is none, or if values lie outside it, the scale follows from the values.
    """
    texts = list(dict.fromkeys(values))
    numbers = [found for text in texts if (found := number(text)) is not None]
    if len(numbers) < len(texts) or (axis and axis.choices is not None):
        return Scale("levels", levels=tuple(_in_order(texts, axis)))
    if axis and (scale := _of_range(axis)) and scale.low <= min(numbers) and max(numbers) <= scale.high:
        return scale
    low, high = min(numbers), max(numbers)
    kind: Kind = "log" if low > 0 and high > _WIDE * low else "linear"
    return Scale(kind, low, high if high > low else low + (abs(low) or 1.0))


def joined(axes: Sequence[TunedAxis | None]) -> TunedAxis | None:
    """Merge several axes into one with the values of all; None if their kinds differ, or if one is missing."""
    known = [axis for axis in axes if axis is not None]
    if len(known) < len(axes) or len({(axis.log, axis.choices is None) for axis in known}) != 1:
        return None
    if known[0].choices is not None:
        return TunedAxis(choices=[choice for axis in known for choice in axis.choices or []])
    lows = [axis.low for axis in known if axis.low is not None]
    highs = [axis.high for axis in known if axis.high is not None]
    return TunedAxis(min(lows, default=None), max(highs, default=None), known[0].log)


def _of_range(axis: TunedAxis) -> Scale | None:
    """Return the scale of an axis's range; None if the range is invalid."""
    low, high = axis.low, axis.high
    if low is None or high is None or not low < high or (axis.log is True and low <= 0):
        return None
    if axis.log == "from_one" and not 1 - low > 1 - high > 0:
        return None
    return Scale("from_one" if axis.log == "from_one" else "log" if axis.log else "linear", low, high)


def _in_order(texts: Sequence[str], axis: TunedAxis | None) -> list[str]:
    """Return numbers in ascending order; other values in the order of the axis, then in the given order."""
    if all(number(text) is not None for text in texts):
        return sorted(texts, key=float)
    listed = [json.dumps(choice, separators=(",", ":")).replace('"', "") for choice in (axis and axis.choices) or []]
    return [*(text for text in dict.fromkeys(listed) if text in texts), *(text for text in texts if text not in listed)]


def _apart(ticks: Sequence[tuple[float, str]], distance: float) -> list[tuple[float, str]]:
    kept: list[tuple[float, str]] = []
    for place, text in ticks:
        if not kept or place - kept[-1][0] >= distance:
            kept.append((place, text))
    return kept


def _shown(level: str) -> str:
    value = number(level)
    shown = level if value is None else f"{value:g}"
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
