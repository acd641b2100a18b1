"""Tick labels for values between 0 and 1, in percent."""

from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, FuncFormatter

_DIGITS = 6  # significant digits of a percentage


def share_ticks(axis: Axis) -> None:
    """Label the ticks of a proportion in percent, without trailing zeros."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: _text(value)))


def _text(share: float) -> str:
    percent = round(100 * share, _DIGITS) + 0.0  # no negative zero
    return Formatter.fix_minus(f"{percent:.{_DIGITS}g}")
