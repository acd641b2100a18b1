"""Axis of differences from a baseline: its range, its signed tick labels and its axis label."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Transform, offset_copy

from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.figures.drawing.canvas import wrapped
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.metrics import is_share, quantity, shown_unit, sign_of

MARGIN_COLOR = "0.9"
_FAR = 5  # multiple of the typical reach beyond which a variant may lie outside the axis
_ROOM = 0.05  # room at either end of the axis, as a share of the range
_SPACE = "\N{NO-BREAK SPACE}"
_NARROW = 0.01  # half the range if all differences are 0; of proportions, a percentage point
_ARROW = 3  # distance of an arrow from the edge of the axis, in points


def difference_limits(values: Sequence[npt.ArrayLike], margin: float | None) -> tuple[float, float]:
    """Return the limits of an axis that includes 0, the margin and all variants except those far beyond the others.

    Args:
        values: values of each variant; values that are not finite are omitted.
    """
    arrays = [np.asarray(own, float) for own in values]
    known = [finite for own in arrays if len(finite := own[np.isfinite(own)])]
    reaches = [float(np.abs(own).max()) for own in known]
    usual = np.median([reach for reach in reaches if reach] or [0.0])  # variants identical to the baseline do not count
    near = [own for own, reach in zip(known, reaches, strict=True) if reach <= _FAR * usual]
    shown = np.concatenate([*near, [0.0, margin or 0.0, -(margin or 0.0)]])
    room = _ROOM * float(np.ptp(shown)) or _NARROW
    return float(shown.min()) - room, float(shown.max()) + room


def limits_by_cell(found: Sequence[Difference], margin: float | None, *, apart: bool) -> dict[str, tuple[float, float]]:
    """Return the axis limits of each cell; they are equal if all cells share an axis.

    Args:
        apart: whether the cells are different data sets, whose differences may have different sizes, so each has its
            own axis. Otherwise, the cells share an axis unless all estimates of a cell would then lie outside it.
    """
    ends: dict[str, list[list[float]]] = {}
    estimates: dict[str, list[float]] = {}
    for one in found:
        values = [one.estimate, one.low, one.high, one.new_low, one.new_high, *one.by_seed.values()]
        ends.setdefault(one.cell, []).append(values)
        estimates.setdefault(one.cell, []).extend([one.estimate] * math.isfinite(one.estimate))
    low, high = difference_limits([values for own in ends.values() for values in own], margin)
    is_common = all(any(low <= value <= high for value in own) for own in estimates.values() if own)
    if is_common and not apart:
        return dict.fromkeys(ends, (low, high))
    return {cell: difference_limits(own, margin) if estimates[cell] else (low, high) for cell, own in ends.items()}


def signed_ticks(axis: Axis, metric: str) -> None:
    """Label the ticks with signed numbers, in the displayed unit of differences."""
    scale = 100 if is_share(metric) else 1
    axis.set_major_formatter(FuncFormatter(lambda value, _: minus(f"{scale * value:+.4g}") if value else "0"))


def difference_label(metric: str, baseline: str, width: int) -> str:
    """Return the label of the axis, in lines of at most `width` characters."""
    unit = f"({shown_unit(metric)})".replace(" ", _SPACE) if shown_unit(metric) else ""
    return wrapped(f"difference from {shown_name(baseline)} in {quantity(metric)} {unit}".strip(), width)


def sides(metric: str) -> tuple[str, str]:
    """Return the labels for the two sides of 0, with arrows."""
    left, right = ("worse", "better") if sign_of(metric) > 0 else ("better", "worse")
    return f"\N{LEFTWARDS ARROW} {left}", f"{right} \N{RIGHTWARDS ARROW}"


def minus(text: str) -> str:
    """Format a number with a typographic minus sign."""
    return text.replace("-", "\N{MINUS SIGN}")


def moved_inside(axes: Axes, inwards: int) -> Transform:
    """Return the transform of the data with which an arrow at the left (1) or right (-1) edge is inside the axes."""
    return offset_copy(axes.transData, axes.get_figure(root=True), x=inwards * _ARROW, units="points")
