"""Tick labels without powers of ten: proportions in percent, and logarithmic axes with plain numbers."""

import math

from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, FuncFormatter, LogLocator, MaxNLocator, NullLocator

_DIGITS = 6  # significant digits of a percentage
_SHORT, _LONG = 0.8, 3  # decades of a logarithmic axis with even ticks, and with ticks only at powers of ten


def share_ticks(axis: Axis) -> None:
    """Label the ticks of a proportion in percent, without trailing zeros."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: _text(value)))


def logarithmic_ticks(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, at 1, 2 and 5 in each decade, or evenly on a short axis."""
    low, high = axis.get_view_interval()
    decades = math.log10(high / low)
    evenly = decades < _SHORT
    subs = (1.0,) if decades > _LONG else (1.0, 2.0, 5.0)
    axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]) if evenly else LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _text(share: float) -> str:
    percent = round(100 * share, _DIGITS) + 0.0  # no negative zero
    return Formatter.fix_minus(f"{percent:.{_DIGITS}g}")
