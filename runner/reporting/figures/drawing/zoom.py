"""Last part of learning curves, enlarged if the whole axis hides how the curves differ at their ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_HIDDEN = 1 / 3  # share of the axis within which ends can hardly be distinguished
_FEWEST_BETTER = 3  # minimum number of variants in the better half, if only that is enlarged
_FEWEST, _FEWEST_OF_HALF = 5, 4  # minimum number of epochs
_FAR = 10  # multiple of the typical distance from the median beyond which ends may lie outside the enlarged part
_FEWEST_SHOWN = 3  # minimum number of epochs of the part
_AROUND = 1.0  # share of the range of the ends, above and below it, within which earlier values are shown
_MAGNIFIED = 0.6  # largest height of the part, as a share of the axis
_ROOM = 0.03  # room at either end, as a share of the axis


@dataclass(frozen=True)
class LastPart:
    """The first epoch of the part, and the limits of its vertical axis."""

    first: int
    low: float
    high: float


def last_part(
    curves: Sequence[pd.DataFrame], low: float, high: float, *, log: bool = False, sign: int = 0
) -> LastPart | None:
    """Return the part to enlarge: that of all curves, or else of the better half of many; None if neither is hidden.

    Worse variants often stretch the axis, as too small and too large learning rates of a grid do.

    Args:
        curves: mean, low and high by epoch, one for each variant.
        low: lower end of the whole axis.
        high: its upper end.
        log: whether the whole axis is logarithmic.
        sign: 1 if higher values are better, -1 if lower ones are, 0 if neither.
    """
    known = [own for curve in curves if len(own := curve[curve["mean"].notna()])]
    last = max((int(own.index[-1]) for own in known), default=0)
    part = _hidden_part(known, low, high, log=log) if last >= _FEWEST else None
    better = sorted(known, key=lambda own: -sign * float(own["mean"].iloc[-1]))[: -(-len(known) // 2)]
    if part or not sign or len(better) < _FEWEST_BETTER or last < _FEWEST_OF_HALF:
        return part
    return _hidden_part(better, low, high, log=log)


def _hidden_part(known: Sequence[pd.DataFrame], low: float, high: float, *, log: bool) -> LastPart | None:
    """Return the last part of curves; None if their ends can be distinguished, or if there is nothing to compare.

    The ends are hidden if they and their intervals cover less than a third of the axis; ends far from most others do
    not count. The part begins at the epoch from which all curves stay near their final range, so that the curves fill
    it. It contains at least three epochs. No mean curve leaves it, apart from those that end far from most others.
    """
    if len(known) < 2:
        return None
    near = _near(known)
    bands = [own.iloc[-1] for own in near]
    least, most = min(float(own.min()) for own in bands), max(float(own.max()) for own in bands)
    if not 0 < _height(least, most, log=log) < _HIDDEN * _height(low, high, log=log):  # False for NaN
        return None
    around = _AROUND * (most - least)
    first = _first([own["mean"] for own in near], least - around, most + around)
    shown = pd.concat([own.loc[first:] for own in near])
    shown_bands = np.append(shown[["low", "high"]].to_numpy(float).ravel(), [least, most])
    bottom = min(float(shown["mean"].min()), max(least - around, np.nanmin(shown_bands)))
    top = max(float(shown["mean"].max()), min(most + around, np.nanmax(shown_bands)))
    if not _height(bottom, top, log=log) < _MAGNIFIED * _height(low, high, log=log):  # still far from their ends
        return None
    room = _ROOM * (top - bottom)
    return LastPart(first, bottom - room, top + room)


def _height(low: float, high: float, *, log: bool) -> float:
    """Return the height of a part of the axis as it is drawn; infinite if it reaches 0 on a logarithmic axis."""
    if not log:
        return high - low
    return float(np.log(high / low)) if low > 0 else np.inf


def _near(curves: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    ends = np.array([own["mean"].iloc[-1] for own in curves])
    away = np.abs(ends - np.median(ends))
    usual = float(np.median(away[away > 0])) if away.any() else 0.0
    return [own for own, distance in zip(curves, away, strict=True) if distance <= _FAR * usual]


def _first(means: Sequence["pd.Series[float]"], low: float, high: float) -> int:
    """Return the first epoch from which all curves stay between two values; one of the last epochs if there is none."""
    table = pd.concat(means, axis="columns")
    outside = table.index[((table < low) | (table > high)).any(axis="columns")]
    begins = outside[-1] + 1 if len(outside) else table.index[0]
    return int(min(begins, table.index[-1] - _FEWEST_SHOWN + 1))
