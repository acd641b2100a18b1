"""Comparisons of two samples: tests, intervals and effect sizes, with SciPy and statsmodels."""

import math
import warnings
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.reporting.statistics.attainability import EXACT_PAIRS, FLIPS, seeds_needed
from runner.reporting.statistics.ties import Values, levelled, rounding_of

CONFIDENCE = 0.95
FEWEST_SEEDS = seeds_needed(1)  # 6: an exact two-sided test on 5 pairs gives p of at least 2 / 2^5 = 0.0625
_RESAMPLES = 9_999
_AS_EXTREME = 1e-9  # of the sum of absolute values: sums that differ by less are equal
_ERROR = 1e-4  # of `rounding_of`: a generous bound on the error of one difference
_MOST_SPLITS = 200_000  # of two samples, to enumerate


@dataclass(frozen=True)
class Summary:
    """Summary statistics of a variant's values over its seeds."""

    n: int
    mean: float
    std: float  # of the sample (n - 1); NaN for one value
    standard_error: float
    ci_low: float  # t-interval of the mean; NaN for one value or equal values
    ci_high: float
    median: float
    iqm: float  # mean of the middle half
    min: float
    max: float


@dataclass(frozen=True)
class Comparison:
    """Comparison of a variant with the baseline; a diverged run is the worst of its pair."""

    test: str  # paired sign-flip or signed-rank (exact or sampled), Welch, or rank-sum
    n: int  # pairs; unpaired: values of the smaller sample
    difference: float  # variant - baseline over completed runs; NaN without any
    ci_low: float  # of the difference, by t (or Welch's t); NaN if nothing varies
    ci_high: float
    bca_low: float  # of the difference, by BCa bootstrap; NaN below 3 values or if nothing varies
    bca_high: float
    p_value: float
    effect_size: float  # paired: mean / standard deviation of differences (Cohen's d_z); else Cohen's d
    win_probability: float  # P(variant > baseline), over pairs or all combinations; ties count half
    n_completed: int  # n of difference, intervals and effect size: without diverged runs
    direction: int  # by the test statistic: 1 if the variant is higher, -1 if lower, 0 if neither


def summarize(values: Sequence[float]) -> Summary:
    """Summarize one or more finite values.

    Source of the interquartile mean: Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice".
    """
    array = np.asarray(values, float)
    n = len(array)
    std = float(np.std(array, ddof=1)) if n > 1 else math.nan
    low, high = _t_interval(float(array.mean()), std, n, rounding_of(array))
    return Summary(
        n=n,
        mean=float(array.mean()),
        std=std,
        standard_error=std / math.sqrt(n),
        ci_low=low,
        ci_high=high,
        median=float(np.median(array)),
        iqm=float(stats.trim_mean(array, 0.25)),
        min=float(array.min()),
        max=float(array.max()),
    )


def compare_paired(
    variant: Sequence[float],
    baseline: Sequence[float],
    *,
    units: Sequence[Hashable] | None = None,
    bootstrap: bool = True,
) -> Comparison:
    """Compare two variants by pairs of runs.

    If all runs completed, the test flips the signs of the differences. If a run diverged, its difference is infinite,
    and the test flips the signs of the ranks (Wilcoxon's signed-rank test): a diverged run gets the largest rank
    against its variant, and two diverged runs are a tie.

    Args:
        variant: one value per run; a diverged run has the infinitely worse value.
        baseline: values of the paired runs, in the same order.
        units: the unit of each pair, if several pairs vary together (a seed in several cells of a grid). The signs of
            a unit are flipped together, and it counts once, by the mean of its pairs.
        bootstrap: compute the BCa interval.
    """
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    unit = np.unique(np.arange(len(one)) if units is None else _codes(units), return_inverse=True)[1]
    differences, rounding = _differences(one, other), rounding_of(one, other)
    finite = np.isfinite(differences)
    completed = finite & np.isfinite(one)
    ranks = not completed.all()
    flipped = _sums(_signed_ranks(differences), unit) if ranks else _means(differences, unit)
    exact = len(flipped) <= EXACT_PAIRS
    p_value = sign_flip_p(flipped, error=0.0 if ranks else _ERROR * rounding)
    own = _means(differences[completed], unit[completed])
    return Comparison(
        test=f"paired {'signed-rank' if ranks else 'sign-flip'}, {'exact' if exact else f'{FLIPS} samples'}",
        n=len(flipped),
        p_value=p_value,
        win_probability=float(np.mean(np.sign(differences) / 2 + 0.5)),
        n_completed=len(own),
        direction=_direction(flipped),
        **_paired_estimates(own, rounding, bootstrap=bootstrap),
    )


def compare_unpaired(variant: Sequence[float], baseline: Sequence[float], *, bootstrap: bool = True) -> Comparison:
    """Compare two variants whose runs are not paired.

    Uses Welch's test on the values or, if a run diverged (its value is infinite), the permutation test on the ranks
    (Wilcoxon's rank-sum test). `bootstrap`: compute the BCa interval.
    """
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    rounding = rounding_of(one, other)
    completed = one[np.isfinite(one)], other[np.isfinite(other)]
    estimates, p_value = _unpaired_estimates(*completed, rounding, bootstrap=bootstrap)
    wins, test, direction = _wins(one, other), "Welch", int(np.sign(np.nan_to_num(estimates["difference"])))
    if len(completed[0]) < len(one) or len(completed[1]) < len(other):
        test, p_value = _rank_sum(one, other)
        direction = int(np.sign(wins - 0.5))  # sign of the difference of mean ranks
    return Comparison(
        test=test,
        n=min(len(one), len(other)),
        p_value=p_value,
        win_probability=wins,
        n_completed=min(map(len, completed)),
        direction=direction,
        **estimates,
    )


def sign_flip_p(values: npt.ArrayLike, error: float = 0.0) -> float:
    """Return the two-sided p value of a sign-flip test.

    This is the share of sign flips whose sum is at least as far from 0 as the observed sum.

    Sums are compared with a tolerance relative to the sum of absolute values, so that ties count as ties: sums of
    multiples of 1/10,000 differ in their last digits. SciPy's permutation_test has no such tolerance and misses ties
    (scipy issue 15869). Up to `EXACT_PAIRS` values, all 2^n flips are enumerated: a search in a sorted list combines
    the sums of both halves (Horowitz & Sahni 1974), in 2^(n/2) steps. For more values, `FLIPS` random flips are drawn
    and the observed one is added.

    Args:
        values: finite; zeros are allowed.
        error: rounding error of each value.
    """
    known = np.asarray(values, float)
    known = known[known != 0]
    if not len(known):
        return 1.0
    threshold = abs(known.sum()) - _AS_EXTREME * np.abs(known).sum() - error * len(known)
    if len(known) <= EXACT_PAIRS:
        left, right = _signed_sums(known[::2]), np.sort(_signed_sums(known[1::2]))
        above = len(right) - np.searchsorted(right, threshold - left, "left")
        below = np.searchsorted(right, -threshold - left, "right")
        return min(1.0, float(above.sum() + below.sum()) / (len(left) * len(right)))
    generator = np.random.default_rng(0)
    extreme = 1
    for draws in np.array_split(np.arange(FLIPS), 20):  # keeps the signs of a thousand pairs in memory
        signs = generator.integers(0, 2, (len(draws), len(known)), dtype=np.int8) * 2.0 - 1
        extreme += int((np.abs(signs @ known) >= threshold).sum())
    return extreme / (FLIPS + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust the p values of a family of comparisons by Holm's method; NaN stays NaN and does not count.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    from statsmodels.stats.multitest import multipletests  # takes seconds

    adjusted = np.asarray(p_values, float)
    known = np.isfinite(adjusted)
    if known.any():
        adjusted[known] = multipletests(adjusted[known], method="holm")[1]
    return [float(value) for value in adjusted]


def binomial_error(accuracy: float, examples: int) -> float:
    """Return the binomial standard error of an accuracy on a test set of this size."""
    return math.sqrt(accuracy * (1 - accuracy) / examples)


def _t_interval(mean: float, std: float, n: int, rounding: float) -> tuple[float, float]:
    """Return the t-interval of a mean; NaN for one value or equal values, which do not show the variation."""
    if n < 2 or std <= rounding:
        return math.nan, math.nan
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * std / math.sqrt(n)
    return mean - reach, mean + reach


def _differences(one: Values, other: Values) -> Values:
    """Return one - other; 0 for rounding errors and for equal infinities."""
    with np.errstate(invalid="ignore"):
        differences = np.where(one == other, 0.0, one - other)
    return np.where(np.abs(differences) > rounding_of(one, other), differences, 0.0)


def _codes(units: Sequence[Hashable]) -> list[int]:
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(unit, len(numbers)) for unit in units]


def _sums(values: Values, unit: npt.NDArray[np.intp]) -> Values:
    return np.bincount(unit, values).astype(float)


def _means(values: Values, unit: npt.NDArray[np.intp]) -> Values:
    counts = np.bincount(unit)
    return np.bincount(unit, values)[counts > 0] / counts[counts > 0]


def _signed_ranks(differences: Values) -> Values:
    """Return signed ranks of absolute differences; 0 for no difference, ties share a rank."""
    ranks = np.zeros(len(differences))
    known = differences != 0
    ranks[known] = stats.rankdata(levelled(np.abs(differences[known]))) * np.sign(differences[known])
    return ranks


def _signed_sums(values: Values) -> Values:
    """Return the sums of the values under all 2^n sign flips."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def _direction(flipped: Values) -> int:
    """Return the sign of the sum; 0 if the sum is a rounding error."""
    total = flipped.sum()
    return int(np.sign(total)) if abs(total) > _AS_EXTREME * np.abs(flipped).sum() else 0


def _paired_estimates(differences: Values, rounding: float, *, bootstrap: bool) -> dict[str, float]:
    """Return the difference of completed pairs, its intervals and effect size; NaN if undefined."""
    n = len(differences)
    mean = float(differences.mean()) if n else math.nan
    std = float(np.std(differences, ddof=1)) if n > 1 else math.nan
    low, high = _t_interval(mean, std, n, rounding)
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
    """Return the estimates of `_paired_estimates` for unpaired values, and Welch's p value."""
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


def _rank_sum(one: Values, other: Values) -> tuple[str, float]:
    """Return the name and two-sided p value of the permutation test on ranks; ties share a rank."""
    if min(len(one), len(other)) < 2:
        return "rank-sum", math.nan
    ranks = 2 * stats.rankdata(levelled(np.concatenate([one, other])))  # integers, so that equal sums tie exactly
    expected = len(one) * ranks.mean()

    def distance(sample: Values, _: Values, axis: int = -1) -> Values:
        far: Values = np.abs(np.sum(sample, axis=axis) - expected)
        return far

    exact = math.comb(len(ranks), len(one)) <= _MOST_SPLITS
    test = stats.permutation_test(
        (ranks[: len(one)], ranks[len(one) :]),
        distance,
        alternative="greater",
        n_resamples=np.inf if exact else _RESAMPLES,
        rng=0,
    )
    return f"rank-sum, {'exact' if exact else f'{_RESAMPLES} samples'}", float(test.pvalue)


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
    """Silence SciPy's warnings about samples without variation; the resulting NaN says the same."""
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
    return float(np.mean(np.sign(_differences(one[:, None], other[None, :])) / 2 + 0.5))
