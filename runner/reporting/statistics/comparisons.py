"""Comparisons of two samples: tests, intervals and effect sizes, with SciPy and statsmodels."""

import math
import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.reporting.statistics.paired_values import (
    ERROR,
    direction_of,
    paired_differences,
    signed_ranks,
    unit_means,
    unit_numbers,
)
from runner.reporting.statistics.significance.attainability import CONFIDENCE, EXACT_PAIRS, FLIPS
from runner.reporting.statistics.significance.equivalence import against_margin
from runner.reporting.statistics.significance.sign_flips import exact_interval, sign_flip_p
from runner.reporting.statistics.summary import t_interval
from runner.reporting.statistics.ties import Values, levelled, rounding_of
from runner.reporting.statistics.win_probability import paired_win_interval, share_of_wins, unpaired_win_interval

_RESAMPLES = 9_999
_MOST_SPLITS = 200_000  # maximum number of splits into two samples that are enumerated


@dataclass(frozen=True)
class Comparison:
    """Comparison of a variant with the baseline; a diverged run is the worst of its pair."""

    test: str  # paired sign-flip or signed-rank (exact or sampled), Welch, or rank-sum
    n: int  # number of pairs; without pairs, of values in the smaller sample
    difference: float  # variant - baseline over completed runs; NaN without completed runs
    ci_low: float  # t-interval (or Welch's) of the difference; NaN if nothing varies
    ci_high: float
    bca_low: float  # interval by BCa bootstrap; NaN for fewer than 3 values or if nothing varies
    bca_high: float
    p_value: float
    effect_size: float  # paired: mean / standard deviation of differences (Cohen's d_z); else Cohen's d
    win_probability: float  # P(variant > baseline), over pairs or all combinations; ties count half
    n_completed: int  # n for difference, intervals and effect size, without diverged runs
    direction: int  # sign of the test statistic: 1 if the variant is higher, -1 if lower, 0 if neither
    exact_low: float = math.nan  # with pairs: interval by inversion of the sign-flip test; NaN if unbounded
    exact_high: float = math.nan
    p_equivalence: float = math.nan  # p value for a difference within the margin; NaN without a margin
    p_beyond: float = math.nan  # two-sided p value for a difference beyond the margin
    win_low: float = math.nan  # interval of win_probability by percentile bootstrap; NaN if undefined
    win_high: float = math.nan


def compare_paired(
    variant: Sequence[float],
    baseline: Sequence[float],
    *,
    units: Sequence[Hashable] | None = None,
    bootstrap: bool = True,
    margin: float | None = None,
) -> Comparison:
    """Compare two variants by pairs of runs.

    If all runs completed, the test flips the signs of the differences. If a run diverged, its difference is infinite,
    and the test flips the signs of the ranks (Wilcoxon's signed-rank test): a diverged run gets the largest rank,
    counted against its variant, and two diverged runs are a tie.

    Args:
        variant: one value per run; a diverged run has an infinitely bad value.
        baseline: values of the paired runs, in the same order.
        units: the unit of each pair, if several pairs vary together (a seed in several cells of a grid). The signs of a
            unit are flipped together, and the unit counts once, with the mean of its pairs.
        bootstrap: compute the slow intervals: BCa, exact, and of the win probability.
        margin: differences within it count as equal; None: nothing is tested against a margin.
    """
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    unit = unit_numbers(units, len(one))
    differences, rounding = paired_differences(one, other), rounding_of(one, other)
    finite = np.isfinite(differences)
    completed = finite & np.isfinite(one)
    ranks, error = not completed.all(), ERROR * rounding
    flipped = _flipped(one, other, unit, ranks=ranks)
    exact = len(flipped) <= EXACT_PAIRS
    p_value = sign_flip_p(flipped, error=0.0 if ranks else error)

    def higher_p(one: Values, other: Values) -> float:
        return sign_flip_p(_flipped(one, other, unit, ranks=ranks), 0.0 if ranks else error, "greater")

    wins = np.sign(differences) / 2 + 0.5
    win_low, win_high = paired_win_interval(wins, unit) if bootstrap else (math.nan, math.nan)
    own = unit_means(differences[completed], unit[completed])
    varies = len(own) > 1 and np.std(own, ddof=1) > rounding
    exact_low, exact_high = exact_interval(own) if bootstrap and varies else (math.nan, math.nan)
    return Comparison(
        test=f"paired {'signed-rank' if ranks else 'sign-flip'}, {'exact' if exact else f'{FLIPS} samples'}",
        n=len(flipped),
        p_value=p_value,
        win_probability=float(np.mean(wins)),
        n_completed=len(own),
        direction=direction_of(flipped),
        exact_low=exact_low,
        exact_high=exact_high,
        win_low=win_low,
        win_high=win_high,
        **paired_estimates(own, rounding, bootstrap=bootstrap),
        **against_margin(higher_p, one, other, margin),
    )


def paired_sides(
    variant: Sequence[float], baseline: Sequence[float], units: Sequence[Hashable], shift: float, *, ranks: bool
) -> tuple[dict[Hashable, float], dict[Hashable, float]]:
    """Return the values that paired tests flip, for the claims that variant + shift or baseline + shift is higher.

    Args:
        units: the unit of each pair, as for `compare_paired`.
        ranks: flip signed ranks, as if a run had diverged.

    Returns:
        For each side one value per unit.
    """
    one, other, unit = np.asarray(variant, float), np.asarray(baseline, float), unit_numbers(units, len(units))
    names = [*dict.fromkeys(units)]
    sides = (_flipped(one + shift, other, unit, ranks=ranks), _flipped(other + shift, one, unit, ranks=ranks))
    higher, lower = (dict(zip(names, map(float, side), strict=True)) for side in sides)
    return higher, lower


def compare_unpaired(
    variant: Sequence[float], baseline: Sequence[float], *, bootstrap: bool = True, margin: float | None = None
) -> Comparison:
    """Compare two variants whose runs are not paired.

    Uses Welch's test on the values or, if a run diverged (its value is infinite), the permutation test on the ranks
    (Wilcoxon's rank-sum test). `bootstrap`: compute the intervals by BCa and of the win probability. `margin`: as for
    pairs.
    """
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    rounding = rounding_of(one, other)
    completed = one[np.isfinite(one)], other[np.isfinite(other)]
    estimates, p_value = _unpaired_estimates(*completed, rounding, bootstrap=bootstrap)
    wins, test, direction = _wins(one, other), "Welch", int(np.sign(np.nan_to_num(estimates["difference"])))
    higher_p = _welch_higher_p
    if len(completed[0]) < len(one) or len(completed[1]) < len(other):
        test, p_value = _rank_sum(one, other)
        higher_p = _rank_sum_higher_p
        direction = int(np.sign(wins - 0.5))  # sign of the difference of mean ranks
    win_low, win_high = unpaired_win_interval(one, other) if bootstrap else (math.nan, math.nan)
    return Comparison(
        test=test,
        n=min(len(one), len(other)),
        p_value=p_value,
        win_probability=wins,
        n_completed=min(map(len, completed)),
        direction=direction,
        win_low=win_low,
        win_high=win_high,
        **estimates,
        **against_margin(higher_p, one, other, margin),
    )


def binomial_error(accuracy: float, examples: int) -> float:
    """Return the binomial standard error of an accuracy on a test set of the given size."""
    return math.sqrt(accuracy * (1 - accuracy) / examples)


def _sums(values: Values, unit: npt.NDArray[np.intp]) -> Values:
    return np.bincount(unit, values).astype(float)


def _flipped(one: Values, other: Values, unit: npt.NDArray[np.intp], *, ranks: bool) -> Values:
    """Return the values whose signs a paired test flips, one per unit: differences, or their signed ranks."""
    differences = paired_differences(one, other)
    return _sums(signed_ranks(differences), unit) if ranks else unit_means(differences, unit)


def paired_estimates(
    differences: Values, rounding: float, *, bootstrap: bool, overlap: float = 0.0
) -> dict[str, float]:
    """Return the difference of completed pairs, its intervals and effect size; NaN if undefined.

    Args:
        overlap: as for `summarize`.
    """
    n = len(differences)
    mean = float(differences.mean()) if n else math.nan
    std = float(np.std(differences, ddof=1)) if n > 1 else math.nan
    low, high = t_interval(mean, std, n, rounding, overlap)
    bca_low, bca_high = _bca((differences,), _mean, rounding) if bootstrap else (math.nan, math.nan)
    effect = mean / std if std > rounding else math.nan
    return {
        "difference": mean,
        "ci_low": low,
        "ci_high": high,
        "bca_low": bca_low,
        "bca_high": bca_high,
        "effect_size": effect,
    }


def _unpaired_estimates(
    one: Values, other: Values, rounding: float, *, bootstrap: bool
) -> tuple[dict[str, float], float]:
    """Return the same estimates as `paired_estimates` for unpaired values, and Welch's p value."""
    difference = float(one.mean() - other.mean()) if len(one) and len(other) else math.nan
    low = high = p_value = effect = math.nan
    if min(len(one), len(other)) > 1:
        with _quiet():
            test = stats.ttest_ind(one, other, equal_var=False)
            interval = test.confidence_interval(CONFIDENCE)
        p_value = float(test.pvalue)
        pooled = math.sqrt((np.var(one, ddof=1) + np.var(other, ddof=1)) / 2)
        if pooled > rounding:
            low, high, effect = float(interval.low), float(interval.high), difference / pooled
        elif abs(difference) <= rounding:  # all values are equal: no test applies
            p_value = math.nan
    bca_low, bca_high = _bca((one, other), _mean_difference, rounding) if bootstrap else (math.nan, math.nan)
    estimates = {
        "difference": difference,
        "ci_low": low,
        "ci_high": high,
        "bca_low": bca_low,
        "bca_high": bca_high,
        "effect_size": effect,
    }
    return estimates, p_value


def _welch_higher_p(one: Values, other: Values) -> float:
    """Return the one-sided p value of Welch's test; NaN for one value or if nothing varies."""
    if min(len(one), len(other)) < 2 or max(np.ptp(one), np.ptp(other)) <= rounding_of(one, other):
        return math.nan
    with _quiet():
        return float(stats.ttest_ind(one, other, equal_var=False, alternative="greater").pvalue)


def _rank_sum(one: Values, other: Values) -> tuple[str, float]:
    """Return the name and two-sided p value of the permutation test on ranks; ties share a rank."""
    if min(len(one), len(other)) < 2:
        return "rank-sum", math.nan
    how = "exact" if _has_few_splits(one, other) else f"{_RESAMPLES} samples"
    return f"rank-sum, {how}", _rank_sum_p(one, other, np.abs)


def _rank_sum_higher_p(one: Values, other: Values) -> float:
    """Return the one-sided p value of the permutation test on ranks."""
    return math.nan if min(len(one), len(other)) < 2 else _rank_sum_p(one, other, np.positive)


def _rank_sum_p(one: Values, other: Values, far: Callable[[Values], Values]) -> float:
    """Return the share of splits whose first rank sum is as far from the expected one (signed: above) as observed."""
    ranks = 2 * stats.rankdata(levelled(np.concatenate([one, other])))  # integers, so equal sums tie exactly
    expected = len(one) * ranks.mean()

    def distance(sample: Values, _: Values, axis: int = -1) -> Values:
        return far(np.sum(sample, axis=axis) - expected)

    test = stats.permutation_test(
        (ranks[: len(one)], ranks[len(one) :]),
        distance,
        alternative="greater",
        n_resamples=np.inf if _has_few_splits(one, other) else _RESAMPLES,
        rng=0,
    )
    return float(test.pvalue)


def _has_few_splits(one: Values, other: Values) -> bool:
    return math.comb(len(one) + len(other), len(one)) <= _MOST_SPLITS


def _bca(samples: tuple[Values, ...], statistic: object, rounding: float) -> tuple[float, float]:
    if min(len(sample) for sample in samples) < 3 or all(np.ptp(sample) <= rounding for sample in samples):
        return math.nan, math.nan
    with _quiet():
        result = stats.bootstrap(
            samples, statistic, confidence_level=CONFIDENCE, method="BCa", n_resamples=_RESAMPLES, rng=0
        )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence SciPy's warnings about samples without variation, because the resulting NaN is sufficient."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _mean(sample: Values, axis: int = -1) -> Values:
    means: Values = np.mean(sample, axis=axis)
    return means


def _mean_difference(one: Values, other: Values, axis: int = -1) -> Values:
    difference: Values = np.mean(one, axis=axis) - np.mean(other, axis=axis)
    return difference


def _wins(one: Values, other: Values) -> float:
    level = levelled(np.concatenate([one, other]))
    return float(share_of_wins(level[: len(one)], level[len(one) :]))
