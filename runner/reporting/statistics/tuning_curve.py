"""Tuning curve: the best of k points drawn at random without replacement from the N points tried.

The point with the r-th best score wins a draw of k with probability C(N - r, k - 1) / C(N, k), so means and ranges over
all draws are exact.

Source: Dodge et al. 2019, "Show Your Work: Improved Reporting of Experimental Results", who draw with replacement;
without replacement, the mean has no bias (Tang et al. 2020, "Showing Your Work Doesn't Always Work"). The confidence
interval of a quantile: Conover 1999, "Practical Nonparametric Statistics", section 3.2.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.ties import Values, levelled

# Kinds of curves, as in tuning_curve.csv:
DRAWS = "draws"  # curve of independent points
SO_FAR = "so_far"  # curve of the trials of one search, in their order
REPEATED = "repeated"  # mean of such curves over several searches
_TAIL = (1 - CONFIDENCE) / 2
_DIGITS = 12  # decimals to which sums of probabilities are rounded, so that equal shares compare equal
_ROUNDING = 10.0**-_DIGITS


@dataclass(frozen=True)
class TuningCurve:
    """The best of a draw, at the budgets 1 to N.

    Attributes:
        expected: mean best score over the draws with a score; NaN if there are none.
        low, high: central 95% range of the best score over all draws; NaN on the side of draws without a score.
        without_score: share of draws in which no point has a score.
        expected_test: mean test score of the winners; NaN if a point that can win has none.
        median: median best score over all draws; NaN if it belongs to a draw without a score.
        median_low, median_high: for points drawn at random, the 95% confidence interval, separately at each budget, of
            the median best of as many new points; NaN if it is unbounded.
    """

    expected: Values
    low: Values
    high: Values
    without_score: Values
    expected_test: Values
    median: Values
    median_low: Values
    median_high: Values


def tuning_curve(scores: npt.ArrayLike, tested: npt.ArrayLike, sign: int) -> TuningCurve:
    """Return the tuning curve of points.

    A point without a score wins no draw, but counts as tried. Among equal scores, the first one wins.

    Args:
        scores: one per point; NaN or infinite without one.
        tested: test score of each point; NaN if unknown.
        sign: 1 if a higher score is better, else -1.
    """
    level = sign * levelled(scores)
    level[~np.isfinite(level)] = -np.inf
    order = np.argsort(-level, kind="stable")
    level, tests = level[order], np.asarray(tested, float)[order]
    rows = np.array([_best_of(budget, level, tests) for budget in range(1, len(level) + 1)]).reshape(-1, 6)
    expected, worst, best, without_score, expected_test, median = np.where(np.isfinite(rows), rows, np.nan).T
    low, high = _ascending(sign, worst, best)
    median_low, median_high = _ascending(sign, *_bounds_of_median(level))
    return TuningCurve(sign * expected, low, high, without_score, expected_test, sign * median, median_low, median_high)


def best_so_far(scores: npt.ArrayLike, tested: npt.ArrayLike, sign: int) -> TuningCurve:
    """Return the best of the first k points of one search, whose points depend on each other.

    Only `expected`, `without_score` and `expected_test` have values; they describe one search, so there are no draws
    and no range.

    Args:
        scores: one per point, in the order of the search; NaN or infinite without one.
        tested: test score of each point; NaN if unknown.
        sign: 1 if a higher score is better, else -1.
    """
    level = sign * levelled(scores)
    level[~np.isfinite(level)] = -np.inf
    best = [int(np.argmax(level[:count])) for count in range(1, len(level) + 1)]
    is_found = np.isfinite(level[best]) if best else np.array([], bool)
    expected = np.where(is_found, sign * level[best], np.nan)
    expected_test = np.where(is_found, np.asarray(tested, float)[best], np.nan)
    none = np.full(len(level), np.nan)
    return TuningCurve(expected, none, none, 1.0 - is_found, expected_test, none, none, none)


def _ascending(sign: int, worse: Values, better: Values) -> tuple[Values, Values]:
    return (worse, better) if sign > 0 else (-better, -worse)


def _best_of(budget: int, level: Values, tests: Values) -> list[float]:
    """Return one budget's expected score, range, share without a score, expected test score and median.

    Args:
        level: scores, best first; higher is better, and minus infinity means no score.
        tests: test score of each of these points.
    """
    wins = winning_probabilities(budget, len(level))
    scored = np.isfinite(level)
    better = np.cumsum(wins)
    worse = np.cumsum(wins[::-1])
    best, median = (level[np.argmax(better >= share - _ROUNDING)] for share in (_TAIL, 0.5))
    worst = level[::-1][np.argmax(worse >= _TAIL - _ROUNDING)]
    expected, expected_test = (_mean(values[scored], wins[scored]) for values in (level, tests))
    without_score = round(float(wins[~scored].sum()), _DIGITS)
    return [expected, worst, best, without_score, expected_test, median]


def _bounds_of_median(level: Values) -> tuple[Values, Values]:
    """Return, for each budget, the two order statistics that enclose the median best of new points with 95% confidence.

    The number of points below that median, the quantile 0.5^(1 / budget) of one point, is binomial.
    """
    points = len(level)
    quantiles = 0.5 ** (1 / np.arange(1, points + 1))
    ascending = np.concatenate([[-np.inf], level[::-1], [np.inf]])
    counts = stats.binom.ppf(_TAIL, points, quantiles), 1 + stats.binom.isf(_TAIL, points, quantiles)
    found = [ascending[count.astype(int)] for count in counts]
    worse, better = (np.where(np.isfinite(bound), bound, np.nan) for bound in found)
    return worse, better


def winning_probabilities(budget: int, points: int) -> Values:
    """Return the probability that each point, best first, is the best in a draw of `budget` points."""
    behind = np.arange(points - 1, 0, -1)
    ratios = np.maximum(behind + 1 - budget, 0) / behind  # of successive terms, so no binomial coefficient overflows
    chances: Values = budget / points * np.cumprod(np.append(1.0, ratios))
    return chances


def _mean(values: Values, weights: Values) -> float:
    can_win = weights > 0
    return float(np.average(values[can_win], weights=weights[can_win])) if can_win.any() else np.nan
