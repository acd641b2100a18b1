"""Vertical axes of learning curves: limits by the ends of the curves, and logarithmic axes of losses."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from runner.reporting.figures.drawing.curves import WIDE_RANGE
from runner.reporting.figures.drawing.plain_ticks import logarithmic_ticks, share_ticks
from runner.reporting.metrics import is_share

_EARLY = 0.05  # quantile of all values; smaller proportions may lie below the axis if no curve ends there
_EARLIER = 0.1  # room below that quantile, as a share of the range
_LEAST = 0.8  # lower end of a logarithmic axis, as a multiple of the smallest value
_TOP_ROOM = 0.05  # room at the ends of an axis that early values leave, as a share of the range
_TOP = 1.005  # highest upper limit of an axis of proportions, although bands may extend beyond it


def reach(finite: npt.NDArray[np.float64], ends: Sequence[float], metric: str) -> tuple[float, float, bool]:
    """Return the limits of the scale for all epochs, and whether it is logarithmic.

    Early values of a metric between 0 and 1 may lie outside the scale, but the ends of curves may not.
    """
    if not len(finite):
        return np.nan, np.nan, False
    low, high = float(finite.min()), float(finite.max())
    if is_share(metric):
        return min([float(np.quantile(finite, _EARLY)), *ends]), high, False
    return low, high, low > 0 and high > WIDE_RANGE * low


def scale_scores(axes: Axes, values: npt.ArrayLike, metric: str, *, log: bool = False, top: float = np.inf) -> None:
    """Scale the vertical axis of drawn curves: it may cut off early values, and is logarithmic if a loss varies a lot.

    Args:
        log: use a logarithmic axis in any case.
        top: value above which drawn curves leave the panel.
    """
    finite = finite_values(values)
    lines = [ys for line in axes.lines if len(ys := finite_values(line.get_ydata()))]
    low, high, is_log = reach(finite, [ys[-1] for ys in lines], metric)
    if top < np.inf:
        axes.set_ylim(low - _TOP_ROOM * (high - low), top + _TOP_ROOM * (top - low))
    if is_log or (log and high > 0):
        axes.set_yscale("log")
        least = _LEAST * float(finite[finite > 0].min())
        axes.set_ylim(bottom=max(axes.get_ylim()[0], least))  # the lower end of a band may be close to 0
    if is_share(metric):
        share_ticks(axes.yaxis)
        bottom, upper = axes.get_ylim()
        if any(len(ys) > 1 for ys in lines):
            bottom = max(bottom, low - _EARLIER * (high - low))
        axes.set_ylim(bottom, min(upper, _TOP))


def finite_values(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the finite values as a flat array of numbers."""
    numbers: npt.NDArray[np.float64] = np.asarray(values, float)
    return numbers[np.isfinite(numbers)]


def share_scale(row: Sequence[Axes], room: float) -> None:
    """Give the panels one scale, with room at both ends as a share of the range."""
    scale = "log" if any(axes.get_yscale() == "log" for axes in row) else "linear"
    for axes in row:
        if axes.get_yscale() != scale:
            axes.set_yscale(scale)
            drawn = np.concatenate([finite_values(line.get_ydata()) for line in axes.lines] or [np.empty(0)])
            if len(positive := drawn[drawn > 0]):
                axes.set_ylim(_LEAST * float(positive.min()), axes.get_ylim()[1])
    limits = [axes.get_ylim() for axes in row]  # positive on a logarithmic axis
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    space = room * (high - low)
    for axes in row:
        axes.set_ylim(low - space if low > space else low, high + space)
        if scale == "log":
            logarithmic_ticks(axes.yaxis)
