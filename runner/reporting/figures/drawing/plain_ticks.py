"""Tick labels without powers of ten: proportions in percent, and logarithmic axes with plain numbers."""

import math

from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

_DIGITS = 6  # significant digits of a percentage
_SHORT, _MEDIUM = 0.8, 1.5  # decades of a logarithmic axis with even ticks, and with four ticks in a decade
_LONG, _LONGEST = 3, 8  # decades above which only powers of ten have a tick, and above which no other has a small one


def share_ticks(axis: Axis) -> None:
    """Label the ticks of a proportion in percent, without trailing zeros."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: _text(value)))


def logarithmic_ticks(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, at 1, 2, (3) and 5 in each decade, or evenly on a short axis.

    On longer axes, all other multiples of powers of ten have small ticks.
    """
    low, high = axis.get_view_interval()
    decades = math.log10(high / low)
    evenly = decades < _SHORT
    subs = (1.0,) if decades > _LONG else (1.0, 2.0, 5.0) if decades > _MEDIUM else (1.0, 2.0, 3.0, 5.0)
    axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]) if evenly else LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator() if evenly or decades > _LONGEST else LogLocator(subs=range(2, 10)))
    axis.set_minor_formatter(NullFormatter())


def _text(share: float) -> str:
    percent = round(100 * share, _DIGITS) + 0.0  # no negative zero
    return Formatter.fix_minus(f"{percent:.{_DIGITS}g}")
