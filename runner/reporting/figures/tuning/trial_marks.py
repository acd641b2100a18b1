"""Markers of trials in a figure: dots at scores, crosses for trials without a score, triangles for those far behind."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from runner.reporting.figures.drawing.canvas import plain, sideways
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.tuning.tuning_trials import Trials

Array = npt.NDArray[np.float64]

_OFF = "off the axis"
_CROSSES = {"pruned": "x", "failed": "|"}  # markers of states; + marks any other state
_LARGE = 4.0  # size of dots among grey ones, in points
_SIZE, _SMALL = 3.0, 1.5  # sizes of dots, in points
_MANY = 60  # maximum number of trials for dots of full size
_EDGE: dict[str, Any] = {"linestyle": "", "clip_on": False, "zorder": 4, "markersize": 4}


def draw_trials(
    axes: Axes,
    places: Array,
    trials: Trials,
    style: Style,
    score_axis: ScoreAxis,
    *,
    large: bool = False,
    aside: float = 0.0,
) -> list[str]:
    """Draw a variant's trials; return the kinds of markers other than dots.

    Args:
        places: (trials,), positions on the x-axis; NaN is not drawn.
        large: draw large dots, for one variant among grey ones.
        aside: shift to the right, in points.
    """
    table = trials.table
    scores, is_scored = table["score"].to_numpy(float), table["is_scored"].to_numpy(bool)
    is_off, is_here = score_axis.is_off(scores), ~np.isnan(places)
    at_edge = np.where(np.isnan(scores) | is_off, score_axis.edge, scores)
    inside = is_here & is_scored & ~is_off
    size = _LARGE if large else _SIZE if len(table) <= _MANY else _SMALL
    shift: dict[str, Any] = {"transform": sideways(axes, aside)}
    look: dict[str, Any] = {"alpha": 0.9 if large else 0.6, "markersize": size, "markeredgewidth": 0, **shift}
    axes.plot(places[inside], scores[inside], style.marker, color=style.color, **look)
    states = np.where(is_scored, np.where(is_off, _OFF, ""), table["state"])
    kinds = [str(kind) for kind in dict.fromkeys(states[is_here]) if kind]
    for kind in kinds:
        chosen = is_here & (states == kind)
        axes.plot(places[chosen], at_edge[chosen], _marker(kind, score_axis), color=style.color, **_EDGE, **shift)
    return kinds


def name_marks(axes: Axes, kinds: Iterable[str], score_axis: ScoreAxis) -> None:
    """Add the kinds of markers to the legend."""
    for kind in dict.fromkeys(kinds):
        label = f"{'below' if score_axis.sign == 1 else 'above'} the axis" if kind == _OFF else plain(kind)
        axes.plot([], [], _marker(kind, score_axis), color="0.3", markersize=4, label=label)


def _marker(kind: str, score_axis: ScoreAxis) -> str:
    return score_axis.edge_marker if kind == _OFF else _CROSSES.get(kind, "+")
