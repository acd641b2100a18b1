"""Last part of learning curves, to be enlarged if the whole axis hides how the curves differ at their ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_HIDDEN = 1 / 3  # share of the axis within which ends can hardly be distinguished
_FEWEST = 5  # minimum number of epochs
_FAR = 10  # multiple of the typical distance from the median beyond which ends may lie outside the enlarged part
_LEAST_SHARE = 3  # at least a third of the epochs are shown
_AROUND = 0.5  # share of the range of the ends, above and below it, within which earlier values are shown
_ROOM = 0.03  # room at either end, as a share of the axis


@dataclass(frozen=True)
class LastPart:
    """The first epoch of the part, and the limits of its vertical axis."""

    first: int
    low: float
    high: float


def last_part(curves: Sequence[pd.DataFrame], low: float, high: float, *, log: bool = False) -> LastPart | None:
    """Return the part to enlarge; None if the curves' ends can be distinguished, or if there is nothing to compare.

    The ends are hidden if they and their intervals cover less than a third of the axis; ends far from most others do
    not count. The part begins where the curves come near their final range, and contains at least a third of the
    epochs.

    Args:
        curves: mean, low and high by epoch, one for each variant.
        low: lower end of the whole axis.
        high: its upper end.
        log: whether the whole axis is logarithmic.
    """
    known = [own for curve in curves if len(own := curve[curve["mean"].notna()])]
    if len(known) < 2 or max(own.index[-1] for own in known) < _FEWEST:
        return None
    near = _near(known)
    bands = [own.iloc[-1] for own in near]
    least, most = min(float(own.min()) for own in bands), max(float(own.max()) for own in bands)
    with np.errstate(divide="ignore", invalid="ignore"):  # an interval may extend below 0
        least_drawn, most_drawn, low_drawn, high_drawn = (
            np.log([least, most, low, high]) if log else (least, most, low, high)
        )
    if not 0 < most_drawn - least_drawn < _HIDDEN * (high_drawn - low_drawn):  # False for NaN
        return None
    around = _AROUND * (most - least)
    last = max(int(own.index[-1]) for own in near)
    begins = max(_begins_within(own["mean"], least - around, most + around) for own in near)
    first = min(begins, last - -(-last // _LEAST_SHARE))
    shown = np.concatenate([own.loc[first:].to_numpy(float).ravel() for own in near])
    bottom, top = max(least - around, float(np.nanmin(shown))), min(most + around, float(np.nanmax(shown)))
    room = _ROOM * (top - bottom)
    return LastPart(first, bottom - room, top + room)


def _near(curves: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    ends = np.array([own["mean"].iloc[-1] for own in curves])
    away = np.abs(ends - np.median(ends))
    usual = float(np.median(away[away > 0])) if away.any() else 0.0
    return [own for own, distance in zip(curves, away, strict=True) if distance <= _FAR * usual]


def _begins_within(mean: "pd.Series[float]", low: float, high: float) -> int:
    """Return the first epoch from which a curve stays between two values."""
    outside = mean.index[~mean.between(low, high)]
    after = mean.index[mean.index > outside[-1]] if len(outside) else mean.index
    return int(after[0]) if len(after) else int(mean.index[-1])
