"""Forest plot: each variant's difference from its baseline, with its seeds, intervals and verdict."""

import math
from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import BASELINE_COLOR, is_narrow, legend_below, panels, row_places, wrapped
from runner.reporting.figures.drawing.difference_axis import (
    MARGIN_COLOR,
    difference_label,
    limits_by_cell,
    minus,
    moved_inside,
    sides,
    signed_ticks,
)
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.shown_rows import others_name
from runner.reporting.metrics import margin_text
from runner.reporting.statistics.significance.attainability import CONFIDENCE

# Colours of verdicts, dark enough for text on white.
WORDS = {"better": "#00609A", "worse": "#B34700", "equivalent": "#00734F"}
_NO_WORD = "#555555"
_QUIET = "0.35"
_NAME, _HEADING, _LABEL = 34, 50, 70  # characters per line of names, of panel headings, and of the axis label
# Inches: a row of one line, around all rows, a panel's heading, and its ticks.
_ROW, _FRAME, _TITLE, _TICKS = 0.32, 1.1, 0.25, 0.2
_NEAREST, _FARTHEST, _BELOW = (
    0.02,
    0.40,
    0.18,
)  # shares of a row: range above the middle for dots; position of mean and intervals
_WORD_AT, _TEXT_AT, _HEAD_AT = 1.0, 8.3, 0.4  # distances to the right of the axes and above them, in character widths
_WHY_SIZE = "small"  # of the reason below a verdict
_WORD_UP, _WHY_DOWN = 0.5, 0.7  # distances of a verdict and its reason from the middle of the row, in font sizes
_WHY_AT, _BEYOND_AT = _WORD_AT / 0.833, _TEXT_AT / 0.833  # in their own font size
_CAPPED: dict[str, Any] = {"linewidth": 0.8, "marker": "|", "markersize": 6, "markeredgewidth": 0.8}
_SEED, _CENTER = "seed", "estimate"  # parts of a row, in the figure's data
_THESE, _NEW = "interval for these test examples", "interval for new test examples"
_SIDES_AT, _SIDES_BELOW = 0.6, -2.1  # words for both sides: distances from 0 and the axis, in character widths
_LABEL_PAD = 1.5  # distance between ticks and label, in font sizes, which leaves room for these words


def forest(
    found: Sequence[Difference],
    metric: str,
    title: str,
    *,
    margin: float | None = None,
    unit: Unit = SEEDS,
    shown: Container[str] | None = None,
    apart: bool = False,
) -> Figure:
    """Draw the differences from the baseline, with a row for each variant and a panel for each cell of a grid.

    Dots are the differences of the seeds; below them are the mean, the interval for these test examples (thick) and the
    interval that also covers new test examples (thin, with caps). A difference far beyond the others is drawn as an
    arrow at the edge of the axis. With a margin, the text says whether a significant difference exceeds it. The panels
    share an axis, or each has its own (`limits_by_cell`). A narrow figure has no numbers next to the rows. Without any
    difference, for example because the baseline diverged, there is no axis.

    Args:
        margin: differences within it count as equal; drawn as a band.
        unit: unit represented by a dot.
        shown: variants with their own row; the others of a cell share its last row, with a dot for each; None: all.
        apart: whether the cells are different data sets.
    """
    found = found if shown is None else _few_rows(found, shown)
    cells = {cell: [one for one in found if one.cell == cell] for cell in dict.fromkeys(one.cell for one in found)}
    names = {cell: [_name(one) for one in own] for cell, own in cells.items()}
    places = {cell: row_places(own) for cell, own in names.items()}
    heights = [rows for _, rows in places.values()]
    limits = limits_by_cell(found, margin, apart=apart)
    is_known = any(one.is_known for one in found)
    is_common = len({*limits.values()}) == 1
    inches = _FRAME + _ROW * sum(heights) + (_TITLE + _TICKS * (not is_common)) * len(cells) * (len(cells) > 1)
    figure, row = panels(len(cells), title, TWO_COLUMNS, inches, columns=1, heights=heights)
    baselines = {one.baseline for one in found}
    common = baselines.pop() if len(baselines) == 1 else ""
    for axes, (cell, own) in zip(row, cells.items(), strict=True):
        middles, height = places[cell]
        _frame(axes, limits[cell], height)
        if is_known:
            _scale(axes, metric, margin)
        else:
            axes.xaxis.set_visible(False)
            axes.spines["bottom"].set_visible(False)
        for one, middle in zip(own, middles, strict=True):
            _draw(axes, one, float(middle), limits[cell])
        axes.set_yticks(middles, labels=names[cell])
        if cell:
            heading = short_keys(cell) if common else f"{short_keys(cell)}: against {shown_name(own[0].baseline)}"
            axes.set_title(wrapped(heading, _HEADING), loc="left", fontsize="medium", color=_QUIET)
        if axes is not row[-1] and is_common:
            axes.tick_params(bottom=False, labelbottom=False)
            axes.spines["bottom"].set_color("0.7")
    _head(row[0])
    if is_known:
        row[-1].set_xlabel(difference_label(metric, common or "the baseline", _LABEL))
        _name_sides(row[-1], metric)
        _explain(row[-1], found, metric, margin, unit)
    legend_below(figure, row[-1])
    return figure


def _few_rows(found: Sequence[Difference], shown: Container[str]) -> list[Difference]:
    """Return one row for all hidden variants of a cell; its dots are the estimates of those variants."""
    rows = [one for one in found if one.variant in shown]
    others: dict[str, list[Difference]] = {}
    for one in found:
        if one.variant not in shown:
            others.setdefault(one.cell, []).append(one)
    unknown: dict[str, Any] = dict.fromkeys(("estimate", "low", "high", "new_low", "new_high"), math.nan)
    return rows + [
        replace(
            own[0],
            name=others_name(len(own)),
            note="",
            word="",
            why="",
            beyond="",
            text="",
            by_seed={one.variant: one.estimate for one in own},
            **unknown,
        )
        for own in others.values()
    ]


def _name(one: Difference) -> str:
    return wrapped(shown_name(one.name), _NAME) + (f"\n{wrapped(one.note, _NAME)}" if one.note else "")


def _frame(axes: Axes, limits: tuple[float, float], height: float) -> None:
    axes.set_xlim(limits)
    axes.set_ylim(height, 0)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _scale(axes: Axes, metric: str, margin: float | None) -> None:
    """Draw the line of no difference, the margin and the ticks."""
    axes.axvline(0, color=BASELINE_COLOR, linewidth=1.2, zorder=1)
    if margin:
        axes.axvspan(-margin, margin, color=MARGIN_COLOR, linewidth=0, zorder=0)
    signed_ticks(axes.xaxis, metric)


def _draw(axes: Axes, one: Difference, middle: float, limits: tuple[float, float]) -> None:
    color, below = WORDS.get(one.word, _NO_WORD), middle + _BELOW
    values = np.array([*one.by_seed.values()])
    spread = np.linspace(_NEAREST, _FARTHEST, len(values))
    kind: dict[str, Any] = (
        {"markeredgewidth": 0} if one.is_paired else {"markerfacecolor": "none", "markeredgewidth": 0.6}
    )
    these, new, seed, center = map(hidden_name, (_THESE, _NEW, _SEED, _CENTER))
    axes.plot(values, middle - spread, "o", color=color, alpha=0.5, markersize=3, zorder=2, label=seed, **kind)
    axes.plot([one.new_low, one.new_high], [below, below], color=color, zorder=3, label=new, **_CAPPED)
    thick: dict[str, Any] = {"linewidth": 2.4, "solid_capstyle": "butt"}
    axes.plot([one.low, one.high], [below, below], color=color, zorder=3, label=these, **thick)
    diamond: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.6, "markersize": 5}
    axes.plot(one.estimate, below, "D", color=color, zorder=4, label=center, **diamond)
    for end, arrow, is_beyond in zip(limits, "<>", (one.estimate < limits[0], one.estimate > limits[1]), strict=True):
        if is_beyond:
            inside = moved_inside(axes, 1 if arrow == "<" else -1)
            axes.plot(end, below, arrow, color=color, markersize=6, zorder=4, transform=inside)
    has_why = bool(one.why)
    _beside(axes, one.word, middle, (_WORD_AT, _WORD_UP * has_why), color=color, fontweight="bold")
    if has_why:
        _beside(axes, one.why, middle, (_WHY_AT, -_WHY_DOWN), color=_QUIET, fontsize=_WHY_SIZE)
    if not is_narrow():
        _beside(axes, minus(one.text), middle, (_TEXT_AT, _WORD_UP * bool(one.beyond)), color=color)
        if one.beyond:
            _beside(axes, one.beyond, middle, (_BEYOND_AT, -_WHY_DOWN), color=_QUIET, fontsize=_WHY_SIZE)


def _beside(axes: Axes, text: str, middle: float, at: tuple[float, float], **kind: Any) -> None:
    """Write text to the right of the axes, at a distance in font sizes from their edge and a row's middle."""
    where: dict[str, Any] = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset fontsize"}
    axes.annotate(text, (1, middle), at, va="center", annotation_clip=False, **where, **kind)


def _head(axes: Axes) -> None:
    """Write the headings of the columns next to the rows."""
    columns = [("verdict", _WORD_AT), (f"difference [{CONFIDENCE:.0%} interval]", _TEXT_AT)]
    for text, at in columns[: 1 if is_narrow() else 2]:
        axes.annotate(
            text, (1, 1), (at, _HEAD_AT), xycoords="axes fraction", textcoords="offset fontsize", color=_QUIET
        )


def _name_sides(axes: Axes, metric: str) -> None:
    """Write the labels for the two sides of 0, between the ticks and the axis label."""
    axes.xaxis.labelpad = _LABEL_PAD * axes.xaxis.label.get_fontproperties().get_size_in_points()
    for text, side, at in zip(sides(metric), ("right", "left"), (-_SIDES_AT, _SIDES_AT), strict=True):
        axes.annotate(
            text, (0, 0), (at, _SIDES_BELOW), xycoords=axes.get_xaxis_transform(), textcoords="offset fontsize",
            ha=side, va="top", color=_QUIET, annotation_clip=False,
        )  # fmt: skip


def _explain(axes: Axes, found: Sequence[Difference], metric: str, margin: float | None, unit: Unit) -> None:
    """Add the entries of the legend."""
    gray: dict[str, Any] = {"color": _NO_WORD}
    known = [one for one in found if one.is_known]
    if any(one.is_paired for one in known):
        axes.plot([], [], "o", markersize=3, markeredgewidth=0, label=f"paired difference of one {unit.noun}", **gray)
    if not all(one.is_paired for one in known):
        hollow: dict[str, Any] = {"markerfacecolor": "none", "markeredgewidth": 0.6}
        axes.plot(
            [], [], "o", markersize=3, label=f"one {unit.noun} - mean of the baseline (not paired)", **hollow, **gray
        )
    has_new = any(np.isfinite(one.new_low) for one in found)
    if any(np.isfinite(one.low) for one in found):
        for_these = ", these test examples" if has_new else " of the mean"
        look: dict[str, Any] = {"linewidth": 2.4, "markersize": 6, "markeredgecolor": "white", "markeredgewidth": 0.6}
        axes.plot([], [], "D-", label=f"estimate and {CONFIDENCE:.0%} interval{for_these}", **look, **gray)
    if has_new:
        wider = "" if any(one.is_wider_for_new for one in found) else " (equally wide)"
        axes.plot([], [], label=f"{CONFIDENCE:.0%} interval, new test examples{wider}", **_CAPPED, **gray)
    if margin:
        axes.fill_between(
            [], [], color=MARGIN_COLOR, linewidth=0, label=f"within the margin of {margin_text(margin, metric)}"
        )
