"""Forest plot of a page: rows of differences on one axis, as places in percent of its width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from runner.core.text import counted
from runner.reporting.comparison.decision import BETTER, EQUIVALENT, IDENTICAL, UNDECIDED, WORSE
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.metrics import (
    is_share,
    margin_text,
    quantity,
    shown_unit,
    sign_of,
    signed_text,
)
from runner.reporting.statistics.significance.attainability import CONFIDENCE

SYMBOLS = {BETTER: "▲", WORSE: "▼", EQUIVALENT: "=", UNDECIDED: "?", IDENTICAL: "="}
_FAR = 6.0  # multiple of the variants' median reach; values farther away do not affect the axis
_EDGE = 1.5  # margin on either side of the axis, in percent of the width
_TICKS = 6  # largest number of intervals between ticks
_MOST_HIGH = 8  # largest number of rows and headings for which a row has two lines
_LETTERS = 12  # letters of a seed, or of a fold's digest


@dataclass(frozen=True)
class Scale:
    """Axis of differences; places are percentages of the plot's width."""

    low: float
    high: float

    @classmethod
    def of(cls, reaches: Sequence[tuple[float, float]]) -> "Scale":
        """Return the axis that shows zero and the reach of each row, except rows far beyond the others."""
        sizes = [max(abs(low), abs(high)) for low, high in reaches]
        usual = _FAR * float(np.median(sizes))
        shown = [ends for ends, size in zip(reaches, sizes, strict=True) if size <= usual or usual == 0]
        low, high = (pick(0.0, pick(ends[side] for ends in shown)) for side, pick in enumerate((min, max)))
        return cls(low, high) if high > low else cls(low - 1e-9, high + 1e-9)

    def place(self, value: float) -> str:
        """Return the place of a value, within the plot."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return f"{_EDGE + (100 - 2 * _EDGE) * share:.2f}%"

    def holds(self, value: float) -> bool:
        """Return whether a value lies on the axis."""
        return self.low <= value <= self.high

    def ticks(self) -> list[float]:
        """Return the values of the axis labels."""
        found = MaxNLocator(nbins=_TICKS, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        return [float(tick) for tick in found if self.holds(tick)]


@dataclass(frozen=True)
class Subject:
    """Subject of a forest plot."""

    metric: str
    baseline: str  # description of the baseline
    noun: str  # noun for a dot: seed or fold
    margin: float | None
    sizes: Sequence[int]  # number of observations of each comparison


@dataclass(frozen=True)
class Mark:
    """A mark at a place, with its tooltip; `beyond` is the side on which it lies beyond the axis."""

    place: str
    text: str
    beyond: str = ""


@dataclass(frozen=True)
class Bar:
    """An interval from one place to another."""

    start: str
    end: str
    text: str


@dataclass(frozen=True)
class ForestRow:
    """Row of a variant: word, sentence, numbers and marks; `position` is its place among the report's variants."""

    variant: str
    name: str  # short name if its group has a heading
    note: str  # chosen values, and lost runs
    position: int
    word: str
    sentence: str  # without evidence that the plot shows
    numbers: str = ""  # the estimate and its interval
    p_value: str = ""
    mean: Mark | None = None
    dots: Sequence[Mark] = ()
    bars: Sequence[Bar] = ()  # bars of the interval, then of the interval for new test images

    @property
    def symbol(self) -> str:
        """The symbol of the word, for readers who cannot see its colour."""
        return SYMBOLS.get(self.word, "")


@dataclass(frozen=True)
class ForestGroup:
    """The rows of one baseline; it has a heading only if there are several groups."""

    heading: str
    rows: Sequence[ForestRow]
    baseline: ForestRow | None = None  # to name in the heading


@dataclass(frozen=True)
class Forest:
    """The forest plot; it has no ticks without a comparison."""

    groups: Sequence[ForestGroup]
    ticks: Sequence[Mark] = ()
    zero: str = ""
    margin: Bar | None = None
    label: str = ""
    numbers: str = ""  # heading of the numbers next to the plot
    ends: tuple[str, str] = ("", "")  # meaning of the two directions
    caption: str = ""

    @property
    def is_dense(self) -> bool:
        """Whether its rows must be less tall to fit on the first screen."""
        return sum(len(group.rows) + bool(group.heading) for group in self.groups) > _MOST_HIGH

    @staticmethod
    def width(bar: Bar) -> str:
        """Return the width of a bar as text for SVG."""
        return f"{float(bar.end[:-1]) - float(bar.start[:-1]):.2f}%"


def scale_of(found: Sequence[Difference], margin: float | None) -> Scale | None:
    """Return the axis of some differences and a margin; None if there is no estimate."""
    reaches = [reach for one in found if (reach := _reach(one))]
    margins = [] if margin is None else [(-margin, margin)]
    return Scale.of([*reaches, *margins]) if reaches else None


def forest(groups: Sequence[ForestGroup], found: Sequence[Difference], scale: Scale, subject: Subject) -> Forest:
    """Return the forest plot of some rows, with its axis and caption."""
    metric, margin = subject.metric, subject.margin
    unit = f" ({shown_unit(metric)})" if shown_unit(metric) else ""
    band = None
    if margin is not None:
        band = Bar(scale.place(-margin), scale.place(margin), f"margin of {margin_text(margin, metric)}")
    return Forest(
        groups,
        [Mark(scale.place(tick), _tick_text(tick, metric)) for tick in scale.ticks()],
        scale.place(0.0),
        band,
        f"difference in {quantity(metric)} from {subject.baseline}{unit}",
        f"Difference [{CONFIDENCE:.0%} interval], p",
        ("worse", "better") if sign_of(metric) > 0 else ("better", "worse"),
        _caption(subject, [row for group in groups for row in group.rows], found),
    )


def _reach(one: Difference) -> tuple[float, float] | None:
    """Return the smallest and largest finite value of a comparison to draw; None if there is none."""
    ends = (one.low, one.high, one.new_low, one.new_high)
    finite = [float(value) for value in (one.estimate, *ends, *one.by_seed.values()) if math.isfinite(value)]
    return (min(finite), max(finite)) if math.isfinite(one.estimate) else None


def marks_of(one: Difference, subject: Subject, scale: Scale) -> dict[str, Any]:
    """Return the marks and numbers of a comparison."""
    metric, noun, bars, texts = subject.metric, subject.noun, [], []
    usual = f"{CONFIDENCE:.0%} interval"
    for low, high, name in (
        (one.low, one.high, usual),
        (one.new_low, one.new_high, f"{usual} for new test images too"),
    ):
        texts.append("" if math.isnan(low) else f"[{signed_text(low, metric)}, {signed_text(high, metric)}]")
        if not math.isnan(low):
            bars.append(Bar(scale.place(low), scale.place(high), f"{name}: {texts[-1]}"))
    if not math.isfinite(one.estimate):
        return {"numbers": texts[0]}
    estimate = signed_text(one.estimate, metric)
    return {
        "numbers": f"{estimate} {texts[0]}".strip(),
        "mean": _mark(one.estimate, f"{one.name}: {estimate}", scale),
        "dots": [
            _mark(value, f"{noun} {str(seed)[:_LETTERS]}: {signed_text(value, metric)}", scale)
            for seed, value in one.by_seed.items()
            if math.isfinite(value)
        ],
        "bars": bars,
    }


def _mark(value: float, text: str, scale: Scale) -> Mark:
    beyond = "" if scale.holds(value) else "left" if value < scale.low else "right"
    return Mark(scale.place(value), text, beyond)


def _tick_text(tick: float, metric: str) -> str:
    value = tick * (100 if is_share(metric) else 1)
    return f"{value:+g}" if value else "0"


def _caption(subject: Subject, rows: Sequence[ForestRow], found: Sequence[Difference]) -> str:
    """Describe the marks in the plot."""
    noun = subject.noun
    parts = []
    if any(row.dots for row in rows):
        pair = "the paired difference of" if all(one.is_paired for one in found) else "a difference from the baseline:"
        parts.append(f"each dot is {pair} a {noun}")
    if any(row.bars for row in rows):
        parts.append(f"the diamond is the estimate, the thick line its {CONFIDENCE:.0%} interval")
    if any(len(row.bars) > 1 for row in rows):
        parts.append("the thin line covers new test images as well as new runs")
    if subject.margin is not None:
        parts.append(f"the band is the margin of {margin_text(subject.margin, subject.metric)}")
    if any(mark.beyond for row in rows for mark in (*row.dots, *([row.mean] if row.mean else []))):
        parts.append("triangles lie beyond the axis")
    pairs = {*subject.sizes}
    if len(pairs) == 1:
        parts.append(f"n = {counted(pairs.pop(), noun)}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
