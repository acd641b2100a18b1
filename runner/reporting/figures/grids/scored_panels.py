"""Vertical axes of panels with means of scores: their range, the points beyond it, and the seeds of few runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.drawing.canvas import sideways
from runner.reporting.figures.drawing.curves import FEW_RUNS, ONE_RUN
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.metrics import is_share

Array = npt.NDArray[np.float64]

_FULL = 1.004  # upper limit of an axis of proportions: an interval may extend beyond 100%, which no score does
_ROOM = 0.05  # room beyond the points, as a share of their range
BEYOND = " the axis"  # end of the legend entry for points beyond the axis
_SEED: dict[str, Any] = {
    "marker": "o",
    "markersize": 2.5,
    "markeredgewidth": 0,
    "alpha": 0.6,
    "linestyle": "none",
    "zorder": 2.5,
}


def are_few(scores: Mapping[Any, Sequence[float]]) -> bool:
    """Return whether single seeds are drawn in place of an interval, which would be wider than the panel.

    Args:
        scores: the scores of the seeds, by value of the key.
    """
    return max(map(len, scores.values()), default=0) <= FEW_RUNS


def draw_seeds(axes: Axes, scores: Mapping[Any, Sequence[float]], color: str, name: str, aside: float = 0.0) -> None:
    """Draw a dot for each seed of a line's points, unless each point has only one.

    Args:
        aside: shift to the right, in points.
    """
    pairs = [(value, score) for value, own in scores.items() for score in own]
    if len(pairs) > len(scores):
        label = hidden_name(f"{name}{ONE_RUN}")
        axes.plot(*zip(*pairs, strict=True), **_SEED, color=color, label=label, transform=sideways(axes, aside))


def scale_scores(
    row: Sequence[Axes], metric: str, columns: int, axis: ScoreAxis | None, unit: Unit, reach: float
) -> None:
    """Give all panels one vertical axis, mark the points beyond it, and name marks and seeds in the last one.

    The axis holds the points that `axis` holds, and their intervals as far as they reach.

    Args:
        columns: number of panels side by side.
        axis: the axis of the means; None without any.
        reach: length of the intervals that is shown beyond the points, as a share of the range of the points.
    """
    lines = [
        (axes, line)
        for axes in row
        for line in axes.lines
        if line.get_transform() == axes.transData or _is_of_seeds(line)
    ]
    if axis is None or not lines:
        return
    values = np.concatenate([_heights(line) for _, line in lines])
    values = values[np.isfinite(values)]
    merits = axis.sign * values
    inside = values[merits >= axis.sign * axis.edge] if axis.is_cut else values
    least, most = float(inside.min()), float(inside.max())
    span = most - least or abs(least) or 1.0
    drawn = [axes.get_ylim() for axes in row]
    low = max(min(least - _ROOM * span, *(low for low, _ in drawn)), least - reach * span)
    high = min(max(most + _ROOM * span, *(high for _, high in drawn)), most + reach * span)
    if axis.is_cut:
        low, high = (axis.low, high) if axis.sign == 1 else (low, axis.high)
    if is_share(metric):
        low, high = max(low, 1 - _FULL), min(high, _FULL)
    for place, axes in enumerate(row):
        axes.set_ylim(low, high)
        if is_share(metric):
            share_ticks(axes.yaxis)
        if place % columns:
            axes.tick_params(labelleft=False)
    _name_marks(row, lines, (low, high), unit)


def _name_marks(
    row: Sequence[Axes], lines: Sequence[tuple[Axes, Line2D]], limits: tuple[float, float], unit: Unit
) -> None:
    kinds = dict[str, str]()
    for axes, line in lines:
        kinds |= _mark_beyond(axes, line, *limits)
    if any(_is_of_seeds(line) for _, line in lines):
        row[-1].plot([], [], **_SEED, color="0.3", label=f"one {unit.noun}")
    for marker, side in kinds.items():
        row[-1].plot([], [], marker, color="0.3", markersize=4, label=f"{side}{BEYOND}")


def _mark_beyond(axes: Axes, line: Line2D, low: float, high: float) -> dict[str, str]:
    """Draw triangles at the edge at the points of a line beyond the limits; return their markers and sides.

    Grey lines of other groups have none.
    """
    found = dict[str, str]()
    places, heights = np.asarray(line.get_xdata(), float), _heights(line)
    if line.get_marker() in ("None", ".", "*"):
        return found
    look: dict[str, Any] = {"clip_on": False, "markersize": 4, "zorder": 4, "transform": axes.get_xaxis_transform()}
    for marker, side, edge, is_off in (("v", "below", 0, heights < low), ("^", "above", 1, heights > high)):
        if is_off.any():
            axes.plot(places[is_off], np.full(is_off.sum(), edge), marker, color=line.get_color(), **look)
            found[marker] = side
    return found


def _is_of_seeds(line: Line2D) -> bool:
    return str(line.get_label()).endswith(ONE_RUN)


def _heights(line: Line2D) -> Array:
    return np.asarray(line.get_ydata(), float)
