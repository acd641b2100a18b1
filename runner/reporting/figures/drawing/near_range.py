"""Range of a vertical axis of values: from 0 for rates, and without values far above the others for norms."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

_TYPICAL = 0.75  # quantile of the values
_FAR = 100  # multiple of the typical value above which a value does not determine the axis
_ROOM = 0.05  # room at either end of the axis, as a share of the range


def from_zero(axes: Axes) -> None:
    """Begin a linear axis of positive values at 0, so that small changes look small."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "linear" and low > 0:
        axes.set_ylim(0, (1 + _ROOM) * high)


def near_top(values: npt.ArrayLike) -> float:
    """Return the largest value that is not far above the others; infinity if there are no positive values."""
    numbers = np.asarray(values, float)
    positive = numbers[np.isfinite(numbers) & (numbers > 0)]
    if not len(positive):
        return np.inf
    return float(positive[positive <= _FAR * np.quantile(positive, _TYPICAL, method="lower")].max())


def limit_to_near(axes: Axes, values: npt.ArrayLike, top: float) -> None:
    """Limit the axis to the values up to the largest near one, if there are others."""
    numbers = np.asarray(values, float)
    numbers = numbers[np.isfinite(numbers)]
    if not (numbers > top).any():
        return
    if axes.get_yscale() == "log":
        low = float(numbers[numbers > 0].min())
        room = (top / low) ** _ROOM
        axes.set_ylim(low / room, top * room)
    else:
        low = float(numbers.min())
        axes.set_ylim(low - _ROOM * (top - low), top + _ROOM * (top - low))
