"""Tuning curve: the best of k points, drawn at random and without replacement from the N that were tried.

The point with the r-th best score wins a draw of k with probability C(N - r, k - 1) / C(N, k), so means and ranges over
all draws are exact.

Source: Dodge et al. 2019, "Show Your Work: Improved Reporting of Experimental Results", who draw with replacement;
without replacement the mean has no bias (Tang et al. 2020, "Showing Your Work Doesn't Always Work").
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runner.reporting.statistics.comparisons import CONFIDENCE
from runner.reporting.statistics.ties import Values, levelled

_TAIL = (1 - CONFIDENCE) / 2
_ROUNDING = 1e-12  # of a sum of probabilities


@dataclass(frozen=True)
class TuningCurve:
    """The best of a draw, at the budgets 1 to N.

    Attributes:
        expected: mean best score, over the draws that have one; NaN if none has.
        low, high: central 95% range of the best score over all draws; NaN on the side of draws without a score.
        without_score: share of draws in which no point has a score.
        expected_test: mean test score of the winners; NaN if a point that can win has none.
    """

    expected: Values
    low: Values
    high: Values
    without_score: Values
    expected_test: Values


def tuning_curve(scores: npt.ArrayLike, tested: npt.ArrayLike, sign: int) -> TuningCurve:
    """Return the tuning curve of points.

    A point without a score wins no draw, but counts as tried. Of equal scores the first one wins.

    Args:
        scores: one per point; NaN or infinite without one.
        tested: test score of each point; NaN if unknown.
        sign: 1 if a higher score is better, else -1.
    """
    level, tests = np.asarray(levelled(scores)), np.asarray(tested, float)
    points, scored = len(level), int(np.isfinite(level).sum())
    order = np.argsort(np.where(np.isfinite(level), -sign * level, np.inf), kind="stable")
    level, tests = (
        np.append(level[order[:scored]], np.nan),
        tests[order[:scored]],
    )  # NaN: the best of a draw without any
    rows = []
    for budget in range(1, points + 1):
        wins = winning_probabilities(budget, points)
        without, known = wins[scored:].sum(), wins[:scored]
        best, worst = (level[min(rank, scored)] for rank in _central_ranks(wins))
        low, high = (worst, best) if sign > 0 else (best, worst)
        rows.append([_mean(level[:scored], known), low, high, without, _mean(tests, known)])
    return TuningCurve(*np.array(rows, float).reshape(-1, 5).T)


def winning_probabilities(budget: int, points: int) -> Values:
    """Return the probability of each point, best first, to be the best in a draw of `budget` of them."""
    behind = np.arange(points - 1, 0, -1)
    ratios = np.maximum(behind + 1 - budget, 0) / behind  # of neighbours; no binomial coefficient overflows
    chances: Values = budget / points * np.cumprod(np.append(1.0, ratios))
    return chances


def _central_ranks(wins: Values) -> tuple[int, int]:
    """Return the best and the worst rank that leave at most 2.5% of the draws beyond them."""
    enough = _TAIL - _ROUNDING
    best = np.argmax(np.cumsum(wins) >= enough)
    worst = len(wins) - 1 - np.argmax(np.cumsum(wins[::-1]) >= enough)
    return int(best), int(worst)


def _mean(values: Values, weights: Values) -> float:
    can_win = weights > 0
    return float(np.average(values[can_win], weights=weights[can_win])) if can_win.any() else np.nan
