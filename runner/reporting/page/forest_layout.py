"""Forest plot of a page: rows of differences on an axis, at positions given as percentages of its width."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.ticker import MaxNLocator

from runner.core.text import counted
from runner.reporting.comparison.decision import BETTER, EQUIVALENT, IDENTICAL, UNDECIDED, WORSE
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.figures.drawing.difference_axis import limits_by_cell
from runner.reporting.metrics import (
    is_share,
    margin_text,
    p_equation,
    quantity,
    shown_unit,
    sign_of,
    signed_text,
)
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.tables.marks import Mark as TableMark

SYMBOLS = {BETTER: "▲", WORSE: "▼", EQUIVALENT: "=", UNDECIDED: "?", IDENTICAL: "="}
_EDGE = 4.0  # margin on either side of the axis, for the ends of its labels, as a percentage of the width
_TICKS = 6  # maximum number of intervals between ticks
_MOST_HIGH = 8  # maximum number of rows and headings for which rows may still have two lines
_LONGEST_NAME = 24  # characters of a baseline above the plot
_LETTERS = 12  # characters of a seed, or of a fold's digest


@dataclass(frozen=True)
class Scale:
    """Axis of differences; positions are percentages of the width of the plot."""

    low: float
    high: float

    def place(self, value: float) -> str:
        """Return the position of a value, within the plot."""
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
    adjusted: str = ""  # how p is adjusted: "adjusted by max-T"; "" for one comparison
    has_looks: bool = False  # whether the looks were planned
    least: str = ""  # the smallest possible p value, if a comparison has it


@dataclass(frozen=True)
class Mark:
    """A mark at a position, with its tooltip; `beyond` is the side on which it lies beyond the axis."""

    place: str
    text: str
    beyond: str = ""


@dataclass(frozen=True)
class Bar:
    """An interval from one position to another."""

    start: str
    end: str
    text: str


@dataclass(frozen=True)
class Score:
    """The mean of a variant with its standard deviation, its rank on its data set, and its mark in tables."""

    text: str
    rank: int  # 1: the best; 0 without a result
    mark: TableMark


@dataclass(frozen=True)
class ForestRow:
    """Row of a variant: word, sentence, numbers and marks; `position` is the variant's index in the report."""

    variant: str
    name: str  # short name if its group has a heading
    note: str  # chosen values, and lost runs
    position: int
    word: str
    sentence: str  # without what the plot already shows; may be ""
    numbers: str = ""  # the estimate and its interval
    p_value: str = ""
    mean: Mark | None = None
    dots: Sequence[Mark] = ()
    bars: Sequence[Bar] = ()  # bar of the interval, then of the interval for new test examples
    score: Score | None = None

    @property
    def symbol(self) -> str:
        """The symbol of the word, for readers who cannot see its colour."""
        return SYMBOLS.get(self.word, "")


@dataclass(frozen=True)
class Ruler:
    """Positions of an axis's ticks, zero line and margin."""

    ticks: Sequence[Mark]
    zero: str
    margin: Bar | None


@dataclass(frozen=True)
class ForestGroup:
    """The rows of one baseline; it has a heading only if there are several groups."""

    heading: str
    rows: Sequence[ForestRow]
    baseline: ForestRow | None = None  # to be named in the heading
    ruler: Ruler | None = None  # None without a plot


@dataclass(frozen=True)
class Forest:
    """The forest plot; without a comparison, it contains only the words."""

    groups: Sequence[ForestGroup]
    ruler: Ruler | None = None  # of all groups; None if each has its own
    label: str = ""
    baseline: str = ""  # description of the baseline of all groups
    numbers: str = ""  # heading of the numbers next to the plot
    ends: tuple[str, str] = ("", "")  # meaning of the two directions
    caption: str = ""
    scores: str = ""  # heading of the scores; "" without scores
    marks: str = ""  # meaning of ranks and marks

    @property
    def has_plot(self) -> bool:
        """True if there is a comparison to plot."""
        return any(group.ruler for group in self.groups)

    @property
    def has_remarks(self) -> bool:
        """True if a row has a sentence."""
        return any(row.sentence for group in self.groups for row in group.rows)

    @property
    def is_dense(self) -> bool:
        """True if the rows must be shorter so that all fit on the first screen."""
        return sum(len(group.rows) + bool(group.heading) for group in self.groups) > _MOST_HIGH

    @staticmethod
    def width(bar: Bar) -> str:
        """Return the width of a bar as text for SVG."""
        return f"{float(bar.end[:-1]) - float(bar.start[:-1]):.2f}%"


def scales_of(found: Sequence[Difference], margin: float | None, *, apart: bool = False) -> dict[str, Scale]:
    """Return the axis of each cell; empty if there is no estimate.

    Args:
        apart: whether the cells are different data sets.
    """
    if not any(math.isfinite(one.estimate) for one in found):
        return {}
    return {cell: Scale(*ends) for cell, ends in limits_by_cell(found, margin, apart=apart).items()}


def forest(
    groups: Sequence[ForestGroup], found: Sequence[Difference], scales: Mapping[str, Scale], subject: Subject
) -> Forest:
    """Return the forest plot of the given rows, with its axes and caption.

    Args:
        scales: axis of each cell; a group without a cell uses the first one.
    """
    if not scales:
        return Forest(groups)
    metric, first = subject.metric, next(iter(scales.values()))
    unit = f" ({shown_unit(metric)})" if shown_unit(metric) else ""
    ruled = [replace(group, ruler=_ruler(scales.get(group.heading, first), subject)) for group in groups]
    return Forest(
        ruled,
        ruled[0].ruler if len({*scales.values()}) == 1 else None,
        f"difference in {quantity(metric)} from {_short_name(subject.baseline)}{unit}",
        subject.baseline,
        f"Difference [{CONFIDENCE:.0%} interval]{', p' * any(row.p_value for group in groups for row in group.rows)}",
        ("worse", "better") if sign_of(metric) > 0 else ("better", "worse"),
        _caption(subject, [row for group in groups for row in group.rows], found),
    )


def _short_name(baseline: str) -> str:
    """Return the name of the baseline for the head of the plot; the last column has it in full."""
    return baseline if len(baseline) <= _LONGEST_NAME else "the baseline"


def _ruler(scale: Scale, subject: Subject) -> Ruler:
    margin = subject.margin
    band = None
    if margin is not None:
        text = f"margin of {margin_text(margin, subject.metric)}"
        band = Bar(scale.place(-margin), scale.place(margin), text)
    ticks = [Mark(scale.place(tick), _tick_text(tick, subject.metric)) for tick in scale.ticks()]
    return Ruler(ticks, scale.place(0.0), band)


def marks_of(one: Difference, subject: Subject, scale: Scale) -> dict[str, Any]:
    """Return the marks and numbers of a comparison."""
    metric, noun, bars, texts = subject.metric, subject.noun, [], []
    shown = [one.low, one.high, *one.by_seed.values()]
    usual = f"{CONFIDENCE:.0%} interval"
    for low, high, name in (
        (one.low, one.high, usual),
        (one.new_low, one.new_high, f"{usual} for new test examples too"),
    ):
        ends = ", ".join(signed_text(end, metric, [low, high]) for end in (low, high))
        texts.append("" if math.isnan(low) else f"[{ends}]")
        if not math.isnan(low):
            bars.append(Bar(scale.place(low), scale.place(high), f"{name}: {texts[-1]}"))
    if not math.isfinite(one.estimate):
        return {"numbers": texts[0]}
    estimate = signed_text(one.estimate, metric, [one.low, one.high])
    why = f" ({one.why})" if one.why else ""
    return {
        "numbers": f"{estimate} {texts[0]}".strip(),
        "mean": _mark(one.estimate, f"{one.name}: {estimate}\n{one.word}{why}", scale),
        "dots": [
            _mark(value, f"{noun} {str(seed)[:_LETTERS]}: {signed_text(value, metric, shown)}", scale)
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
        pair = "paired difference" if all(one.is_paired for one in found) else "difference"
        parts.append(f"each dot is the {pair} of one {noun} from the baseline")
    if any(row.bars for row in rows):
        parts.append(f"the diamond is the estimate, the thick line its {CONFIDENCE:.0%} interval")
    if any(len(row.bars) > 1 for row in rows):
        parts.append("the thin line covers new test examples as well as new runs")
    if subject.margin is not None:
        parts.append(f"the band is the margin of {margin_text(subject.margin, subject.metric)}")
    if any(mark.beyond for row in rows for mark in (*row.dots, *([row.mean] if row.mean else []))):
        parts.append("triangles lie beyond the axis")
    if subject.adjusted and any(row.p_value for row in rows):
        comparisons = counted(len(subject.sizes), "comparison")
        parts.append(f"p is {subject.adjusted} for {comparisons}, but the intervals are not")
    if subject.least:
        parts.append(f"{p_equation(subject.least)} is the smallest possible with {counted(subject.sizes[0], noun)}")
    if subject.has_looks:
        parts.append("p and intervals hold over the planned looks")
    pairs = {*subject.sizes}
    if len(pairs) == 1:
        parts.append(f"n = {counted(pairs.pop(), noun)}".replace(" ", "\N{NO-BREAK SPACE}"))
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
