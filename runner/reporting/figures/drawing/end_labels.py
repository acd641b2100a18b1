"""Names at the ends of curves, in place of a legend."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from scipy.optimize import isotonic_regression

from runner.reporting.figures.drawing.canvas import plain

_MOST = 9  # maximum number of labels
_LONGEST = 22  # characters of a label
_LINE = 1.25  # distance between labels, in font sizes
_ABOVE, _BELOW = " \N{UPWARDS ARROW}", " \N{DOWNWARDS ARROW}"
_BESIDE = 1.05  # left edge of the labels, as a share of the panel's width


@dataclass(frozen=True)
class End:
    """The end of a curve and its name."""

    name: str
    epoch: float
    value: float
    color: str


def fit_ends(names: Sequence[str], inches: float) -> bool:
    """Return whether names fit next to a panel of this height."""
    return len(names) <= min(_MOST, inches / _line_height()) and all(len(name) <= _LONGEST for name in names)


def label_ends(axes: Axes, ends: Sequence[End], inches: float, *, has_room: bool = False) -> None:
    """Write the names to the right of the panel, as close to the curves' ends as their height allows.

    The name of a curve that ends above or below the panel gets an arrow.

    Args:
        axes: axes with final limits.
        inches: approximate height of the panel.
        has_room: whether the space to the right of the panel is already empty, so the layout need not reserve room for
            the names.
    """
    heights = [_fraction(axes, end) for end in ends]
    places = np.clip(heights, 0, 1)
    for end, height, place, label in zip(ends, heights, places, spread(places, _line_height() / inches), strict=True):
        arrow = _ABOVE * (height > 1) + _BELOW * (height < 0)
        name = axes.annotate(
            plain(end.name) + arrow,
            (end.epoch, place),
            (_BESIDE, label),
            xycoords=("data", "axes fraction"),
            textcoords="axes fraction",
            va="center",
            color=end.color,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": end.color,
                "linewidth": 0.5,
                "shrinkA": 1,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )
        name.set_in_layout(not has_room)


def _line_height() -> float:
    """Return the distance between two labels, in inches."""
    return float(_LINE * mpl.rcParams["font.size"] / 72)


def spread(places: npt.ArrayLike, gap: float) -> npt.NDArray[np.float64]:
    """Return positions from 0 to 1 that are at least one gap apart and as close to the given ones as possible.

    They are the least-squares solution; labels that would leave the panel are moved into it.
    """
    wished = np.asarray(places, float)
    order = np.argsort(wished, kind="stable")
    steps = gap * np.arange(len(wished))
    room = max(0.0, 1 - gap * (len(wished) - 1))
    moved = np.clip(isotonic_regression(wished[order] - steps).x, 0.0, room) + steps
    found = np.empty(len(wished))
    found[order] = moved
    return found


def _fraction(axes: Axes, end: End) -> float:
    """Return the height of a curve's end, as a share of the panel's."""
    in_pixels = axes.transData.transform((end.epoch, end.value))
    return float(axes.transAxes.inverted().transform(in_pixels)[1])
