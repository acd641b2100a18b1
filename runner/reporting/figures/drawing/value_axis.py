"""Horizontal axis of a varied number, with its values as ticks if there is room."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from runner.reporting.figures.drawing.appearance import ONE_COLUMN

_LETTERS, _LINES = 34, 13  # characters, or rotated labels, that fit along an axis in one column of a paper
_CHOSEN_BY_HAND = 6  # maximum number of characters of a value chosen by hand; values drawn by a search are longer
_DECADE = 10
_FEW_DECADES = 3  # maximum number of decades of an axis that has two ticks per decade


def _is_geometric(values: Sequence[float]) -> bool:
    """Return whether at least three positive values in ascending order have equal ratios: 16, 32, 64."""
    steps = np.diff(np.log(values))
    return len(steps) > 1 and bool(np.allclose(steps, steps[0], rtol=1e-6))


def scale_values(axes: Axes, values: Sequence[float], width: float = ONE_COLUMN) -> None:
    """Scale the axis of the varied number, and label its values if there is room.

    Args:
        values: values in ascending order.
        width: width of the panel in inches.
    """
    letters, lines = (room * width / ONE_COLUMN for room in (_LETTERS, _LINES))
    is_wide = values[0] > 0 and values[-1] > _DECADE * values[0]
    logarithmic = is_wide or (values[0] > 0 and _is_geometric(values))
    places = np.log10(values) if logarithmic else np.array(values)
    span = np.ptp(places) or 1.0
    nearest = np.diff(places).min(initial=span) / span
    names = [f"{value:g}" for value in values]
    longest = max(map(len, names))
    if logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if span < _FEW_DECADES else (1,)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        if not is_wide:
            axes.xaxis.set_minor_locator(NullLocator())
    axes.update_datalim([(values[0], 0), (values[-1], 0)], updatey=False)  # including values without completed runs
    axes.autoscale_view()
    if nearest * letters > longest:
        axes.set_xticks(values, labels=names)
    elif nearest * lines > 1 and longest <= _CHOSEN_BY_HAND:
        axes.set_xticks(values, labels=names, rotation=45)
