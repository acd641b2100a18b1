"""First screen of the page: a forest plot of the differences from the baseline, with the verdict of each variant."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from runner.core.text import counted
from runner.reporting.decision import BETTER, EQUIVALENT, UNDECIDED, WORSE, outcome, p_text
from runner.reporting.metrics import (
    interval_text,
    is_share,
    margin_text,
    p_equation,
    quantity,
    shown_unit,
    sign_of,
    signed_text,
)
from runner.reporting.page.row_names import groups
from runner.reporting.pairs import paired_differences
from runner.reporting.results import Results
from runner.reporting.statistics.attainability import CONFIDENCE
from runner.reporting.time_verdicts import shown_estimate

SYMBOLS = {BETTER: "▲", WORSE: "▼", EQUIVALENT: "=", UNDECIDED: "?"}
_FAR = 6.0  # times the median reach of the variants; what reaches farther does not set the axis
_EDGE = 1.5  # percent of the width on either side of the axis
_TICKS = 6  # most intervals between ticks


@dataclass(frozen=True)
class Scale:
    """Axis of differences; places are percentages of the plot's width."""

    low: float
    high: float

    @classmethod
    def of(cls, reaches: Sequence[tuple[float, float]]) -> "Scale":
        """Return the axis that shows zero and what each row reaches, but for rows far beyond the others."""
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
        """Return whether the axis reaches a value."""
        return self.low <= value <= self.high

    def ticks(self) -> list[float]:
        """Return the values to name on the axis."""
        found = MaxNLocator(nbins=_TICKS, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        return [float(tick) for tick in found if self.holds(tick)]


@dataclass(frozen=True)
class Mark:
    """Something drawn at a place: its text for the pointer, and `beyond` the side where the axis does not reach it."""

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
class AnswerRow:
    """A variant: its word, sentence, numbers and marks; `position` among the variants of the report."""

    name: str  # short, if its group has a heading
    position: int
    word: str
    sentence: str  # without the evidence, if the plot shows it
    interval: str = ""
    p_value: str = ""
    mean: Mark | None = None
    dots: Sequence[Mark] = ()
    bars: Sequence[Bar] = ()  # of the interval, then of the one for new test images

    @property
    def symbol(self) -> str:
        """The sign of the word, for those who do not see its colour."""
        return SYMBOLS.get(self.word, "")


@dataclass(frozen=True)
class AnswerGroup:
    """The rows of one baseline; without a heading if there are no others."""

    heading: str
    rows: Sequence[AnswerRow]


@dataclass(frozen=True)
class Answer:
    """The forest plot; without a comparison it has no ticks."""

    groups: Sequence[AnswerGroup]
    ticks: Sequence[Mark] = ()
    zero: str = ""
    margin: Bar | None = None
    label: str = ""
    numbers: str = ""  # head of the numbers beside the plot
    ends: tuple[str, str] = ("", "")  # what the two directions mean
    caption: str = ""

    @staticmethod
    def width(bar: Bar) -> str:
        """Return the width of a bar, as SVG wants it."""
        return f"{float(bar.end[:-1]) - float(bar.start[:-1]):.2f}%"


def answer(results: Results) -> Answer:
    """Return the forest plot of the report's comparisons, in the order of the table."""
    compared = {row["variant"]: row for row in results.comparisons.to_dict("records")}
    seeds = paired_differences(results.summary, results.metric, results.baselines) if compared else {}
    drawn = {variant: reach for variant, row in compared.items() if (reach := _reach(row, seeds.get(variant, {})))}
    scale = Scale.of(_with_margin(drawn.values(), results.margin)) if drawn else None
    noun = results.unit.noun
    found = []
    for group in groups(results.variants, results.baselines):
        rows = [
            AnswerRow(
                name,
                results.variants.index(variant),
                _word(results, compared.get(variant), variant),
                group.shortened(results.verdict_parts[variant].short if scale else results.verdicts[variant]),
                **(
                    _marks(compared[variant], seeds.get(variant, {}), scale, noun) if scale and variant in drawn else {}
                ),
            )
            for variant, name in group.names.items()
        ]
        found.append(AnswerGroup(group.heading, rows))
    return _plotted(results, found, scale) if scale else Answer(found)


def _plotted(results: Results, found: Sequence[AnswerGroup], scale: Scale) -> Answer:
    """Return the answer with its axis."""
    metric, margin = results.metric, results.margin
    unit = f" ({shown_unit(metric)})" if shown_unit(metric) else ""
    band = None
    if margin is not None:
        band = Bar(scale.place(-margin), scale.place(margin), f"margin of {margin_text(margin, metric)}")
    return Answer(
        found,
        [Mark(scale.place(tick), _tick_text(tick, metric)) for tick in scale.ticks()],
        scale.place(0.0),
        band,
        f"difference in {quantity(metric)} from {results.baseline or 'the baseline'}{unit}",
        f"{CONFIDENCE:.0%} interval, p",
        ("worse", "better") if sign_of(metric) > 0 else ("better", "worse"),
        _caption(results, [row for group in found for row in group.rows]),
    )


def _word(results: Results, row: Mapping[Any, Any] | None, variant: str) -> str:
    if row is not None:
        return outcome(row)
    return "baseline" if results.baselines[variant] == variant else "not compared"


def _reach(row: Mapping[Any, Any], seeds: Mapping[int, float]) -> tuple[float, float] | None:
    """Return the smallest and largest finite value to draw of a comparison; None if there is none."""
    column, interval = shown_estimate(row)
    ends = [row[f"{name}_{end}"] for name in (interval, "new_images") for end in ("low", "high")]
    finite = [float(value) for value in (row[column], *ends, *seeds.values()) if math.isfinite(value)]
    return (min(finite), max(finite)) if math.isfinite(row[column]) else None


def _with_margin(reaches: Iterable[tuple[float, float]], margin: float | None) -> list[tuple[float, float]]:
    return [*reaches, *([] if margin is None else [(-margin, margin)])]


def _marks(row: Mapping[Any, Any], seeds: Mapping[int, float], scale: Scale, noun: str) -> dict[str, Any]:
    """Return the marks and numbers of a comparison."""
    metric = row["metric"]
    column, interval = shown_estimate(row)
    bars = []
    usual = f"{CONFIDENCE:.0%} interval"
    for name, text in ((interval, usual), ("new_images", f"{usual} for new test images too")):
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        if not math.isnan(low):
            bars.append(Bar(scale.place(low), scale.place(high), f"{text}: {interval_text(row, metric, name)}"))
    p_value = p_text(row)
    return {
        "interval": interval_text(row, metric, interval).strip("-"),
        "p_value": "" if p_value == "-" else p_equation(p_value),
        "mean": _mark(row[column], f"{row['variant']}: {signed_text(row[column], metric)}", scale),
        "dots": [
            _mark(value, f"{noun} {str(seed)[:12]}: {signed_text(value, metric)}", scale)
            for seed, value in seeds.items()
        ],
        "bars": bars,
    }


def _mark(value: float, text: str, scale: Scale) -> Mark:
    beyond = "" if scale.holds(value) else "left" if value < scale.low else "right"
    return Mark(scale.place(value), text, beyond)


def _tick_text(tick: float, metric: str) -> str:
    value = tick * (100 if is_share(metric) else 1)
    return f"{value:+g}" if value else "0"


def _caption(results: Results, rows: Sequence[AnswerRow]) -> str:
    """Describe the marks that the plot has."""
    noun = results.unit.noun
    parts = []
    if any(row.dots for row in rows):
        parts.append(f"each dot is the paired difference of a {noun}")
    if any(row.bars for row in rows):
        parts.append(f"the diamond is the estimate, the thick line its {CONFIDENCE:.0%} interval")
    if any(len(row.bars) > 1 for row in rows):
        parts.append("the thin line covers new test images as well as new runs")
    if results.margin is not None:
        parts.append(f"the band is the margin of {margin_text(results.margin, results.metric)}")
    if any(mark.beyond for row in rows for mark in (*row.dots, *([row.mean] if row.mean else []))):
        parts.append("triangles lie beyond the axis")
    pairs = {int(row["n"]) for row in results.comparisons.to_dict("records")}
    if len(pairs) == 1:
        parts.append(f"n = {counted(pairs.pop(), noun)}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
