"""Score axis of figures of trials: it shows the better trials, and marks at its edge those far behind."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from runner.reporting.figures.drawing.share_ticks import share_ticks
from runner.reporting.metrics import is_share

Array = npt.NDArray[np.float64]

_FAR, _SHOWN = 3, 2  # times the distance of the worst quarter from the best: what is far, and what is shown then
_ROOM = 0.06  # of the axis, on either side


@dataclass(frozen=True)
class ScoreAxis:
    """The part of a score's axis that a figure shows."""

    metric: str
    low: float
    high: float
    sign: int  # 1 if a higher score is better, -1 if a lower one is

    @classmethod
    def of(cls, metric: str, scores: Array, bests: Array, sign: int) -> "ScoreAxis":
        """Return the axis for scores, at least one.

        Scores that are much further from the best than three quarters of them would hide the differences between the
        others, and are off the axis.

        Args:
            bests: the best score of each variant, which is on the axis; NaN if there is none.
        """
        merits = sign * scores
        best, worst, quarter = merits.max(), merits.min(), float(np.quantile(merits, 0.25))
        if best - worst > _FAR * (best - quarter) > 0:
            worst = min(best - _SHOWN * (best - quarter), np.nanmin(sign * bests))
        room = _ROOM * (best - worst) or _ROOM * abs(best) or _ROOM
        low, high = sorted([sign * (worst - room), sign * (best + room)])
        return cls(metric, low, high, sign)

    @property
    def edge(self) -> float:
        """The end of the axis at which scores lie that are off it."""
        return self.low if self.sign == 1 else self.high

    @property
    def edge_marker(self) -> str:
        """The marker for scores off the axis, which points to them."""
        return "v" if self.sign == 1 else "^"

    def is_off(self, scores: Array) -> npt.NDArray[np.bool_]:
        """Return which scores are off the axis; NaN is not."""
        return (scores < self.low) | (scores > self.high)

    def scale(self, axes: Axes) -> None:
        """Give a panel this axis, without a label."""
        axes.set_ylim(self.low, self.high)
        if is_share(self.metric):
            share_ticks(axes.yaxis)
