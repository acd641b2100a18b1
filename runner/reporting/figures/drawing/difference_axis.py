"""Axis of differences from a baseline: its range, its ticks with signs and its label."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter

from runner.reporting.figures.drawing.canvas import wrapped
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.metrics import is_share, quantity, shown_unit, sign_of

MARGIN_COLOR = "0.9"
_FAR = 5  # multiple of the usual reach beyond which a variant may leave the axis
_ROOM = 0.05  # room at either end of the axis, as a share of the range
_SPACE = "\N{NO-BREAK SPACE}"


def difference_limits(values: Sequence[npt.ArrayLike], margin: float | None) -> tuple[float, float]:
    """Return the ends of an axis with 0, the margin and the values of all variants except those far beyond the others.

    Args:
        values: values of each variant; values that are not finite are omitted.
    """
    arrays = [np.asarray(own, float) for own in values]
    known = [finite for own in arrays if len(finite := own[np.isfinite(own)])]
    reaches = [float(np.abs(own).max()) for own in known]
    near = [own for own, reach in zip(known, reaches, strict=True) if reach <= _FAR * np.median(reaches)]
    shown = np.concatenate([*near, [0.0, margin or 0.0, -(margin or 0.0)]])
    room = _ROOM * float(np.ptp(shown)) or 1.0
    return float(shown.min()) - room, float(shown.max()) + room


def signed_ticks(axis: Axis, metric: str) -> None:
    """Write the ticks with their signs, in the unit in which differences are shown."""
    scale = 100 if is_share(metric) else 1
    axis.set_major_formatter(FuncFormatter(lambda value, _: minus(f"{scale * value:+.4g}") if value else "0"))


def difference_label(metric: str, baseline: str, width: int) -> str:
    """Return the label of the axis, in lines of at most `width` letters."""
    unit = f"({shown_unit(metric)})".replace(" ", _SPACE) if shown_unit(metric) else ""
    return wrapped(f"difference from {shown_name(baseline)} in {quantity(metric)} {unit}".strip(), width)


def sides(metric: str) -> tuple[str, str]:
    """Return the words for both sides of 0, with arrows."""
    left, right = ("worse", "better") if sign_of(metric) > 0 else ("better", "worse")
    return f"\N{LEFTWARDS ARROW} {left}", f"{right} \N{RIGHTWARDS ARROW}"


def minus(text: str) -> str:
    """Return a number with a real minus sign."""
    return text.replace("-", "\N{MINUS SIGN}")
