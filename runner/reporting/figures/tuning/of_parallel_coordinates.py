"""Parallel coordinates of the tuning: a line for each trial through its values to its score."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from runner.core.text import counted
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import PALETTE, key_lines, legend_below, panels, plain, sideways, wrapped
from runner.reporting.figures.drawing.names import key_names, shown_name
from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import STAR
from runner.reporting.figures.tuning.scales import Scale
from runner.reporting.metrics import axis_label, is_share
from runner.reporting.tuning.tuning_trials import Trials

MOST_PANELS = 6
_MOST_KEYS = 10
_HEIGHT = 1.4  # height in inches per panel
_MARGIN = 0.07  # share of the width between the first axis and the last
_TICKS = 4
_THIN, _THICK = 0.7, 1.7  # widths of a line and of the chosen line, relative to the line width of the look
_NAME = 60  # characters per line of a variant's name
_LETTERS_AN_INCH = 16  # average number of characters per inch in the names of keys
_LINE = 1.2  # line height of these names, in font sizes
_ASIDE = 4.5  # points, from an axis to its numbers
_OUTLINE = 1.8  # points, of the white outline of the numbers in front of lines
_LOST = "0.8"  # colour of trials without a score
_CHOSEN = PALETTE[1]
_MOST_NAMED, _NOTE = 6, 70  # names of variants that are not shown, and characters per line of this note
_BAR, _BAR_LETTERS = 12, 26  # per panel: length of the colour bar in widths, and characters per line of its label
NONE_OMITTED: Mapping[str, Sequence[str]] = {}
_COLORS = mpl.colormaps["viridis_r"]  # the best lines are dark

Array = npt.NDArray[np.float64]
Tick = tuple[float, str]


def parallel_coordinates(
    variants: Sequence[Trials], score_axis: ScoreAxis, title: str, omitted: Mapping[str, Sequence[str]] = NONE_OMITTED
) -> Figure:
    """Draw each trial as a line through the values of its keys to its score, in a panel per variant, best lines on top.

    Colours represent scores, the chosen line is thick, orange and ends in a star, and trials without a score are grey.
    A line has a gap at a key that is not set. If there are many keys, only the first ones are drawn.

    Args:
        variants: variants, each with two or more keys.
        omitted: the other variants, by the reason for which they are not drawn; the legend names them.
    """
    figure, column = panels(len(variants), title, TWO_COLUMNS, 0.2 + _HEIGHT * len(variants), columns=1)
    for axes, trials in zip(column, variants, strict=True):
        _draw(axes, trials, score_axis)
    _add_color_bar(figure, column, score_axis)
    last = column[-1]
    last.plot([], [], "-*", color=_CHOSEN, markerfacecolor="white", label="chosen", linewidth=2, **STAR)
    if not all(trials.table["is_scored"].all() for trials in variants):
        last.plot([], [], color=_LOST, label="no score")
    for reason, names in omitted.items():
        last.plot([], [], " ", label=wrapped(f"not shown: {_listed(names)} ({reason})", _NOTE))
    legend_below(figure, last)
    return figure


def _add_color_bar(figure: Figure, column: Sequence[Axes], score_axis: ScoreAxis) -> None:
    colors = _COLORS if score_axis.sign == 1 else _COLORS.reversed()
    scale = ScalarMappable(Normalize(score_axis.low, score_axis.high), colors)
    direction = "higher" if score_axis.sign == 1 else "lower"
    ends: Any = {"extend": "min" if score_axis.sign == 1 else "max"} if score_axis.is_cut else {}
    bar = figure.colorbar(scale, ax=[*column], aspect=_BAR * len(column), pad=0.01, **ends)
    bar.set_label(wrapped(f"{axis_label(score_axis.metric)}, {direction} is better", _BAR_LETTERS * len(column)))
    bar.outline.set_visible(False)
    if is_share(score_axis.metric):
        share_ticks(bar.ax.yaxis)


def _listed(names: Sequence[str]) -> str:
    """Return the first names, and the number of the others."""
    first, rest = [shown_name(name) for name in names[:_MOST_NAMED]], len(names) - _MOST_NAMED
    return ", ".join(first) + (f" and {counted(rest, 'other')}" if rest > 0 else "")


def _draw(axes: Axes, trials: Trials, score_axis: ScoreAxis) -> None:
    scales = dict([*trials.scales.items()][:_MOST_KEYS])
    last = len(scales)
    axes.set_axis_off()
    axes.set(xticks=[], yticks=[])  # ticks take time even if the axis is off
    axes.set(xlim=(-_MARGIN * last, (1 + _MARGIN) * last), ylim=(-0.02, 1.02))
    scores = trials.scored["score"].reindex(trials.table.index).to_numpy(float)
    heights = np.clip((scores - score_axis.low) / (score_axis.high - score_axis.low), 0, 1)
    is_chosen = trials.table["is_chosen"].to_numpy(bool)
    lines = np.column_stack([trials.places[[*scales]].to_numpy(float), heights])
    _draw_lines(axes, lines, is_chosen, score_axis.sign)
    axes.plot([last] * is_chosen.sum(), heights[is_chosen], "*", color="white", clip_on=False, zorder=6, **STAR)
    if score_axis.is_off(scores).any():
        edge = 0 if score_axis.sign == 1 else 1
        axes.plot(last, edge, score_axis.edge_marker, color="0.3", markersize=4, clip_on=False, zorder=5)
    letters = int(_LETTERS_AN_INCH * axes.figure.bbox.width / axes.figure.dpi / (last + 1))
    names = [
        *(key_lines(name, letters) for name in key_names([*scales]).values()),
        wrapped(axis_label(trials.metric), letters),
    ]
    for place, (scale, name) in enumerate(zip(scales.values(), names, strict=False)):
        _draw_axis(axes, place, scale.ticks(_TICKS), name)
    _draw_axis(axes, last, _score_ticks(score_axis), names[-1], is_last=True)
    heading = f"{wrapped(shown_name(trials.variant), _NAME)} ({counted(len(scores), 'trial')})"
    above = _LINE * mpl.rcParams["font.size"] * (1.5 + max(name.count("\n") + 1 for name in names))
    axes.set_title(heading, loc="left", fontweight="bold", pad=above)


def _draw_lines(axes: Axes, lines: Array, is_chosen: npt.NDArray[np.bool_], sign: int) -> None:
    """Draw the segments between adjacent keys that are both set, with the best trials and then the choice last.

    Args:
        lines: (trials, keys and score), from 0 to 1; NaN where a key is not set or a trial has no score.
        is_chosen: (trials,).
        sign: 1 if a higher score is better, -1 if a lower one is.
    """
    merits = lines[:, -1] if sign == 1 else 1 - lines[:, -1]
    is_scored = ~np.isnan(merits)
    widths = np.where(is_chosen, _THICK, _THIN) * mpl.rcParams["lines.linewidth"]
    segments, colors, thick = [], [], []
    for row in np.lexsort((merits, is_scored, is_chosen)):
        points = np.column_stack([np.arange(lines.shape[1]), lines[row]])
        own = [pair for pair in pairwise(points) if not np.isnan(pair).any()]
        segments += own
        color = _CHOSEN if is_chosen[row] else _COLORS(merits[row]) if is_scored[row] else _LOST
        colors += [color] * len(own)
        thick += [widths[row]] * len(own)
    axes.add_collection(LineCollection(segments, colors=colors, linewidths=thick))


def _score_ticks(score_axis: ScoreAxis) -> list[Tick]:
    times = 100 if is_share(score_axis.metric) else 1
    ticks = Scale("linear", score_axis.low, score_axis.high).ticks(_TICKS)
    return [(place, f"{times * float(text):g}") for place, text in ticks]


def _draw_axis(axes: Axes, place: float, ticks: Sequence[Tick], name: str, *, is_last: bool = False) -> None:
    heights = [height for height, _ in ticks]
    axes.vlines(place, 0, 1, color="0.3", linewidth=0.8, zorder=3)
    axes.plot([place] * len(heights), heights, "_", color="0.3", markersize=5, markeredgewidth=0.8, zorder=3)
    look: Any = {"fontsize": "small", "va": "center", "ha": "left" if is_last else "right", "zorder": 4}
    look["transform"] = sideways(axes, _ASIDE if is_last else -_ASIDE)
    is_inside = place > 0 and not is_last  # lines pass behind this text, so it needs no room at the margin
    if is_inside:
        look["path_effects"] = [withStroke(linewidth=_OUTLINE, foreground="white")]  # a box would cut the lines
    for height, text in ticks:
        shown = axes.text(place, height, plain(text), **look)
        shown.set_in_layout(not is_inside)
    axes.text(place, 1.07, name, ha="center", va="bottom")
