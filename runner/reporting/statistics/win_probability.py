"""Probability of being better, P(A > B): its bootstrap interval, and the criterion for calling it meaningful.

Source: Bouthillier et al. 2021, "Accounting for variance in machine learning benchmarks", section 4 and appendix C.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.reporting.statistics.percentile_bootstrap import Interval, percentile_interval
from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.statistics.ties import Values, levelled

MEANINGFUL = 0.75  # a meaningful interval reaches beyond this P(A > B)


def share_of_wins(one: Values, other: Values, axis: int = -1) -> Values:
    """Return the share of pairs, one value from each sample, in which the first value is higher; ties count half.

    This is Mann and Whitney's U divided by the number of pairs. Samples lie along the axis.
    """
    ranks = stats.rankdata(np.concatenate([one, other], axis=axis), axis=axis)
    own = one.shape[axis]
    lowest = own * (own + 1) / 2
    sums = np.take(ranks, np.arange(own), axis=axis).sum(axis=axis)
    shares: Values = (sums - lowest) / (own * other.shape[axis])
    return shares


def paired_win_interval(wins: Values, unit: npt.NDArray[np.intp]) -> Interval:
    """Return the 95% percentile bootstrap interval of the mean of wins, resampled over units.

    If all pairs are won, or all are lost, the result is the interval of `all_won_interval`. In all other cases, it is
    NaN if nothing varies.

    Args:
        wins: one value per pair: 1 for a win, 0.5 for a tie, 0 for a loss.
        unit: number of each pair's unit; the pairs of a unit are resampled together.
    """
    sums, counts = np.bincount(unit, wins).astype(float), np.bincount(unit).astype(float)
    if wins.min() == wins.max() != 0.5:
        return all_won_interval(len(sums), has_won=bool(wins[0]))
    if np.ptp(sums / counts) == 0:
        return math.nan, math.nan

    def share(sums: Values, counts: Values, axis: int = -1) -> Values:
        shares: Values = sums.sum(axis=axis) / counts.sum(axis=axis)
        return shares

    return percentile_interval((sums, counts), share, paired=True)


def unpaired_win_interval(one: Values, other: Values) -> Interval:
    """Return the 95% percentile bootstrap interval of `share_of_wins`, resampled over both samples.

    If all pairs are won, or all are lost, the result is the interval of `all_won_interval`. In all other cases, it is
    NaN if nothing varies or a sample has a single value.

    Args:
        one: values; equal infinities are ties.
        other: values of the other sample.
    """
    level = levelled(np.concatenate([one, other]))
    samples = level[: len(one)], level[len(one) :]
    wins = float(share_of_wins(*samples))
    if wins in (0, 1):
        return all_won_interval(min(len(one), len(other)), has_won=wins == 1)
    if min(len(one), len(other)) < 2 or (level == level[0]).all():
        return math.nan, math.nan
    return percentile_interval(samples, share_of_wins)


def all_won_interval(units: int, *, has_won: bool = True) -> Interval:
    """Return the Clopper-Pearson 95% interval of the probability of an event that occurred in all n units, or in none.

    All resamples of such a sample are equal, so a bootstrap interval would have no width.
    """
    found = stats.binomtest(units if has_won else 0, units).proportion_ci(1 - LEVEL, "exact")
    return float(found.low), float(found.high)


def win_claim(low: float, high: float) -> str:
    """Return the claim that an interval of P(A > B) supports; "" for NaN.

    `not significant` if the interval contains 0.5, `not meaningful` if it lies above 0.5 and does not reach beyond
    `MEANINGFUL`, else `meaningful`. An interval below 0.5 is judged by the mirrored rule, as `worse, not meaningful` or
    `worse, meaningful`.
    """
    if math.isnan(low):
        return ""
    if low <= 0.5 <= high:
        return "not significant"
    side = "" if low > 0.5 else "worse, "
    return side + ("meaningful" if max(high, 1 - low) > MEANINGFUL else "not meaningful")
