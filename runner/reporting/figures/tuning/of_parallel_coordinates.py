"""Parallel coordinates of the tuning: a line for each trial through its values to its score."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import key_lines, panels, plain, wrapped
from runner.reporting.figures.drawing.names import key_names, shown_name
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
_LETTERS_AN_INCH = 15  # average number of characters per inch in the names of keys
_LINE = 1.2  # line height of these names, in font sizes
_LOST = (0.8, 0.8, 0.8, 1.0)  # colour of trials without a score
_COLORS = mpl.colormaps["viridis_r"]  # the best lines are dark

Array = npt.NDArray[np.float64]
Tick = tuple[float, str]


def parallel_coordinates(variants: Sequence[Trials], score_axis: ScoreAxis, title: str) -> Figure:
    """Draw each trial as a line through the values of its keys to its score, in a panel per variant, best lines on top.

    Colours represent scores, the chosen line is thick and ends in a star, and trials without a score are grey. A line
    has a gap at a key that is not set. If there are many keys, only the first ones are drawn.

    Args:
        variants: variants, each with two or more keys.
    """
    figure, column = panels(len(variants), title, TWO_COLUMNS, 0.2 + _HEIGHT * len(variants), columns=1)
    for axes, trials in zip(column, variants, strict=True):
        _draw(axes, trials, score_axis)
    return figure


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
    _draw_lines(axes, lines, np.where(is_chosen, _THICK, _THIN) * mpl.rcParams["lines.linewidth"], score_axis.sign)
    axes.plot([last] * is_chosen.sum(), heights[is_chosen], "*", color="white", clip_on=False, zorder=6, **STAR)
    if score_axis.is_off(scores).any():
        edge = 0 if score_axis.sign == 1 else 1
        axes.plot(last, edge, score_axis.edge_marker, color="0.3", markersize=4, clip_on=False, zorder=5)
    letters = int(_LETTERS_AN_INCH * TWO_COLUMNS / (last + 1))
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


def _draw_lines(axes: Axes, lines: Array, widths: Array, sign: int) -> None:
    """Draw the segments between adjacent keys that are both set, with the best trial last.

    Args:
        lines: (trials, keys and score), from 0 to 1; NaN where a key is not set or a trial has no score.
        widths: (trials,), in points.
        sign: 1 if a higher score is better, -1 if a lower one is.
    """
    merits = lines[:, -1] if sign == 1 else 1 - lines[:, -1]
    is_scored = ~np.isnan(merits)
    segments, colors, thick = [], [], []
    for row in np.lexsort((merits, is_scored)):
        points = np.column_stack([np.arange(lines.shape[1]), lines[row]])
        own = [pair for pair in pairwise(points) if not np.isnan(pair).any()]
        segments += own
        colors += [_COLORS(merits[row]) if is_scored[row] else _LOST] * len(own)
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
    is_inside = place > 0 and not is_last  # lines pass behind this text, so it needs no room at the margin
    if is_inside:
        look["bbox"] = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.6}
    for height, text in ticks:
        shown = axes.text(place + (0.03 if is_last else -0.02), height, plain(text), **look)
        shown.set_in_layout(not is_inside)
    axes.text(place, 1.07, name, ha="center", va="bottom")
