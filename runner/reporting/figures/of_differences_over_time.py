"""Differences from the baseline by epoch: they show when a variant pulls ahead, even if the learning curves overlap."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS, look_in_force
from runner.reporting.figures.drawing.canvas import (
    BASELINE_COLOR,
    epoch_axis,
    label_rows,
    legend_below,
    panels,
    sideways,
    wrapped,
)
from runner.reporting.figures.drawing.curves import FEW_RUNS, ONE_RUN, THIN, number_of_runs
from runner.reporting.figures.drawing.difference_axis import (
    MARGIN_COLOR,
    difference_label,
    difference_limits,
    sides,
    signed_ticks,
)
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.metrics import margin_text
from runner.reporting.statistics.significance.attainability import CONFIDENCE

_TOGETHER = 3  # maximum number of lines in one panel
_MOST = 12  # maximum number of panels
_ACROSS = 4  # panels side by side
_LETTERS, _SHORTEST = 80, 18  # characters: of all headings in a row of panels, and of the shortest heading line
_FIRST, _FURTHER, _FRAME = 1.7, 1.35, 0.7  # heights in inches: the only row of panels, each of several, the frame
_TICKS = 6  # maximum number of intervals between ticks
_APART = 4.5  # points between the triangles of adjacent variants
_LONGEST = 20  # characters of a baseline's name on the axis; the legend has longer ones
_SEVERAL = "the baseline"  # description of several baselines, and of one whose name is in the legend
_LEGEND, _LEGEND_BASELINE = 40, 60  # characters per line of the legend, and of its entry for the baseline
_GREY: dict[str, Any] = {"color": "0.8", "linewidth": 0.7, "zorder": 1}  # line of another panel's variant
_MANY, _QUARTER, _THIRD = 8, 4, 3  # epochs; parts of the epochs, of which the first may lie outside the axis
_HIDDEN = 1 / 2  # share of the whole axis within which late differences can hardly be distinguished


@dataclass(frozen=True)
class _Line:
    name: str
    epochs: npt.NDArray[np.int64]
    mean: npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Panel:
    heading: str
    shown: pd.DataFrame
    grey: Sequence["_Line"] = ()


def difference_over_time(
    frame: pd.DataFrame,
    metric: str,
    baseline: str,
    title: str,
    styles: Mapping[str, Style],
    margin: float | None = None,
    *,
    apart: bool = False,
    key: str = "",
    unit: Unit = SEEDS,
    absent: Sequence[str] = (),
) -> Figure:
    """Draw each variant's mean difference from its baseline by epoch, with its interval or its few seeds.

    A panel shows the variants of one cell of a grid, or up to three variants. With more variants, each has its own
    panel, in which the others are grey.

    Args:
        frame: result of `differences_by_epoch`.
        metric: column of the history, for the labels.
        baseline: name of the baseline; "the baseline" if there are several.
        styles: styles by variant name; only highlighted variants are drawn.
        margin: differences within it count as equal; drawn as a band.
        apart: whether the cells are different data sets, so that each needs its own axis.
        key: title of the legend, if the names are values of this key.
        unit: unit of the runs, for the legend.
        absent: names of variants without a difference, for the legend.
    """
    parts = _parts(frame, styles)
    across = min(len(parts), _panels_across([part.heading for part in parts]))
    rows = -(-len(parts) // across)
    inches = _FRAME + (_FIRST if rows == 1 else _FURTHER * rows)
    figure, row = panels(len(parts), title, TWO_COLUMNS, inches, columns=across)
    limits = _limits(frame, margin)
    for position, (axes, part) in enumerate(zip(row, parts, strict=True)):
        _draw(axes, part, styles)
        _frame(axes, metric, margin, _limits(part.shown, margin) if apart else limits)
        _mark_beyond(axes, part, styles)
        if len(parts) > 1:
            axes.set_title(
                wrapped(part.heading, math.ceil(_LETTERS / across)), loc="left", fontsize="medium", color="0.35"
            )
        axes.tick_params(labelleft=apart or not position % across)
        if position + across < len(parts):
            axes.tick_params(labelbottom=False)
            axes.set_xlabel("")
    label_rows(figure, row, _label(metric, baseline, 34 if rows == 1 else 48))
    together = [str(name) for name in frame["name"].unique()] if not len(parts[0].grey) else []
    named = [name for name in styles if name in together] if key else together
    for name in named:
        row[0].plot([], [], styles[name].dash, color=styles[name].color, label=wrapped(shown_name(name), _LEGEND))
    if len(parts[0].grey):
        row[0].plot([], [], label="other variants", **_GREY)
    _explain_runs(row[0], frame["n"], unit)
    _explain_marks(row, margin, metric)
    if baseline != _SEVERAL and _on_axis(baseline) == _SEVERAL:
        label = wrapped(f"baseline: {shown_name(baseline)}", _LEGEND_BASELINE)
        row[0].plot([], [], color=BASELINE_COLOR, linewidth=1.2, label=label)
    if absent:
        row[0].plot([], [], " ", label=wrapped(f"no curve: {', '.join(map(shown_name, absent))}", _LEGEND))
    legend_below(figure, row[0], title=key)
    return figure


def _label(metric: str, baseline: str, width: int) -> str:
    """Return the label of the vertical axes, in lines of at most `width` characters."""
    return f"{difference_label(metric, _on_axis(baseline), width)}\n{(' ' * 8).join(sides(metric))}"


def _on_axis(baseline: str) -> str:
    """Return the description of the baseline on the axis."""
    short = baseline.partition(" (")[0]  # without its chosen values
    return short if len(shown_name(short)) <= _LONGEST else _SEVERAL


def _limits(frame: pd.DataFrame, margin: float | None) -> tuple[float, float]:
    """Return the axis limits for the given differences.

    The first quarter of many epochs, or the first third of a few epochs with several curves, may lie outside them if
    the later differences could hardly be distinguished otherwise.
    """
    last, is_many = frame["epoch"].max(), frame["epoch"].nunique() >= _MANY
    whole, late = (
        difference_limits([_shown_values(own) for _, own in rows.groupby("variant", sort=False)], margin)
        for rows in (frame, frame[frame["epoch"] * (_QUARTER if is_many else _THIRD) >= last])
    )
    may_cut = is_many or len({*frame["variant"]}) > 1
    return late if may_cut and np.ptp(late) < _HIDDEN * np.ptp(whole) else whole


def _is_few(rows: pd.DataFrame) -> bool:
    """Return whether the rows of a variant show its seeds, because a band of so few would fill the panel."""
    return bool(rows["n"].max() <= FEW_RUNS)


def _seeds(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the differences of a variant's seeds: (epochs, seeds)."""
    return np.array(rows["by_seed"].tolist(), float)


def _shown_values(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the means of a variant, and its seeds or the ends of its intervals."""
    around = _seeds(rows) if _is_few(rows) else rows[["low", "high"]].to_numpy(float)
    return np.concatenate([rows["mean"].to_numpy(float), around.ravel()])


def _panels_across(headings: Sequence[str]) -> int:
    """Return the largest number of adjacent panels for which the parts of their headings fit."""
    parts = [part for heading in headings for part in re.findall("[^, ]+,?", heading)]
    longest = max(map(len, parts), default=0)
    letters = _LETTERS * look_in_force().width / TWO_COLUMNS
    return min(_ACROSS, max(1, int(letters / max(_SHORTEST, longest))))


def _parts(frame: pd.DataFrame, styles: Mapping[str, Style]) -> list[_Panel]:
    cells = frame["cell"].unique()
    if len(cells) > 1:
        return [_Panel(short_keys(cell), frame[frame["cell"] == cell]) for cell in cells[:_MOST]]
    shown = [name for name in frame["name"].unique() if styles[name].shown]
    if len(frame["name"].unique()) <= _TOGETHER:
        return [_Panel("", frame)]
    names, epochs, means = (frame[name].to_numpy() for name in ("name", "epoch", "mean"))
    rows = frame.groupby("variant", sort=False).indices
    places = [np.asarray(rows[variant]) for variant in frame["variant"].unique()]
    lines = [_Line(names[own[0]], epochs[own], means[own]) for own in places]
    others = ([line for line in lines if line.name != name] for name in shown[:_MOST])
    by_name = zip(shown, others, strict=False)
    return [_Panel(shown_name(name), frame[frame["name"] == name], grey) for name, grey in by_name]


def _draw(axes: Axes, part: _Panel, styles: Mapping[str, Style]) -> None:
    for line in part.grey:
        axes.plot(line.epochs, line.mean, label=hidden_name(line.name), **_GREY)
    for name, own in part.shown.groupby("name", sort=False):
        style = styles[str(name)]
        marker = "o" if len(own) == 1 else None
        look: dict[str, Any] = {"color": style.color, "label": hidden_name(str(name))}
        axes.plot(own["epoch"], own["mean"], style.dash, marker=marker, zorder=3, **look)
        if not _is_few(own):
            axes.fill_between(own["epoch"], own["low"], own["high"], alpha=0.2, linewidth=0, zorder=2, **look)
        elif len(own["by_seed"].iloc[0]) > 1:
            look["label"] = hidden_name(f"{name}{ONE_RUN}")
            axes.plot(own["epoch"], _seeds(own), style.dash, marker=marker, markersize=3, zorder=2, **look, **THIN)


def _frame(axes: Axes, metric: str, margin: float | None, limits: tuple[float, float]) -> None:
    axes.axhline(0, color=BASELINE_COLOR, linewidth=1.2, zorder=1)
    if margin:
        axes.axhspan(-margin, margin, color=MARGIN_COLOR, linewidth=0, zorder=0)
    locator = MaxNLocator(_TICKS, steps=[1, 2, 5, 10])
    axes.set_ylim(_with_ticks(limits, locator))
    epoch_axis(axes)
    axes.yaxis.set_major_locator(locator)
    signed_ticks(axes.yaxis, metric)


def _with_ticks(limits: tuple[float, float], locator: MaxNLocator) -> tuple[float, float]:
    """Return the ends of an axis, extended by up to half the tick spacing to have a tick on each side of 0."""
    low, high = limits
    step = float(np.diff(locator.tick_values(low, high))[0])
    return min(low, -step) if low < -step / 2 else low, max(high, step) if high > step / 2 else high


def _mark_beyond(axes: Axes, part: _Panel, styles: Mapping[str, Style]) -> None:
    """Mark with a triangle at the edge the epochs at which a mean is beyond the panel; triangles are side by side."""
    low, high = axes.get_ylim()
    shown = [(str(name), own) for name, own in part.shown.groupby("name", sort=False)]
    for marker, edge, is_off in (("v", low, lambda mean: mean < low), ("^", high, lambda mean: mean > high)):
        off = [(name, own["epoch"][is_off(own["mean"])]) for name, own in shown]
        off = [(name, epochs) for name, epochs in off if len(epochs)]
        for place, (name, epochs) in enumerate(off):
            look: dict[str, Any] = {"color": styles[name].color, "markersize": 3.5, "clip_on": False, "zorder": 4}
            look["transform"] = sideways(axes, _APART * (place - (len(off) - 1) / 2))
            axes.plot(epochs, [edge] * len(epochs), marker, label=hidden_name(f"{name}, beyond the panel"), **look)


def _explain_runs(axes: Axes, counts: "pd.Series[int]", unit: Unit) -> None:
    """Add the entries of the legend for seeds and intervals, each with its number of pairs."""
    few, many = counts[counts.between(2, FEW_RUNS)], counts[counts > FEW_RUNS]
    if len(few):
        axes.plot([], [], color="0.5", label=f"one {unit.noun}, {number_of_runs({*few})}", **THIN)
    if len(many):
        label = f"{CONFIDENCE:.0%} interval of the mean, {number_of_runs({*many})}"
        axes.fill_between([], [], color="0.45", alpha=0.6, linewidth=0, label=label)


def _explain_marks(row: Sequence[Axes], margin: float | None, metric: str) -> None:
    """Add the entries of the legend for triangles, in the directions that are drawn, and for the margin."""
    axes, drawn = row[0], {line.get_marker() for own in row for line in own.lines}
    for marker, where in (("^", "above"), ("v", "below")):
        if marker in drawn:
            axes.plot([], [], marker, color="0.45", markersize=3.5, label=f"a mean {where} the panel")
    if margin:
        axes.fill_between(
            [], [], color=MARGIN_COLOR, linewidth=0, label=f"within the margin of {margin_text(margin, metric)}"
        )
