"""Score axis for figures of trials and points: it shows the better ones, and marks those far behind at its edge."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.metrics import is_share

Array = npt.NDArray[np.float64]

# Distance from the best score beyond which scores are outliers, and length of the axis in that case; in units of the
# distance from the best score to the worst quartile.
_FAR, _SHOWN = 3, 2
_ROOM = 0.06  # room on either side, as a share of the axis


@dataclass(frozen=True)
class ScoreAxis:
    """The part of a score's axis that a figure shows."""

    metric: str
    low: float
    high: float
    sign: int  # 1 if a higher score is better, -1 if a lower one is
    is_cut: bool = False  # whether some scores are off the axis

    @classmethod
    def of(cls, metric: str, scores: Array, bests: Array, sign: int) -> "ScoreAxis":
        """Return the axis for one or more scores.

        Scores much further from the best than the best three quarters of the scores are off the axis, since they would
        hide the differences between the others.

        Args:
            bests: the best score of each variant, which must be on the axis; NaN if there is none.
        """
        merits = sign * scores
        best, worst, quarter = merits.max(), merits.min(), float(np.quantile(merits, 0.25))
        if best - worst > _FAR * (best - quarter) > 0:
            worst = min(best - _SHOWN * (best - quarter), np.nanmin(sign * bests))
        is_cut = bool(merits.min() < worst)
        room = _ROOM * (best - worst) or _ROOM * abs(best) or _ROOM
        low, high = sorted([sign * (worst - room), sign * (best + room)])
        return cls(metric, low, high, sign, is_cut)

    @property
    def edge(self) -> float:
        """The limit beyond which scores are off the axis."""
        return self.low if self.sign == 1 else self.high

    @property
    def edge_marker(self) -> str:
        """The marker for scores off the axis, which points to them."""
        return "v" if self.sign == 1 else "^"

    def is_off(self, scores: Array) -> npt.NDArray[np.bool_]:
        """Return a mask of the scores that are off the axis; it is false for NaN."""
        return (scores < self.low) | (scores > self.high)

    def scale(self, axes: Axes) -> None:
        """Apply this axis to a panel, without a label."""
        axes.set_ylim(self.low, self.high)
        if is_share(self.metric):
            share_ticks(axes.yaxis)
