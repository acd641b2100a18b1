"""Is a difference real? Tests, intervals and effect sizes, by SciPy and statsmodels."""

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
FEWEST_SEEDS = seeds_needed(1)  # 6: an exact two-sided test on 5 pairs cannot give p < 0.05: 2 / 2^5 = 0.0625
_RESAMPLES = 9_999
_AS_EXTREME = 1e-9  # of the sum of all differences: two sums that are no further apart are equal
_ERROR = 1e-4  # of what counts as rounding: the error of one difference, with room to spare
_MOST_SPLITS = 200_000  # of two samples, that are all tried


@dataclass(frozen=True)
class Summary:
    """What a variant's values over its seeds come to."""

    n: int
    mean: float
    std: float  # of the sample (n - 1); NaN for one value
    standard_error: float
    ci_low: float  # of the mean, by t; NaN for one value, or values that are all equal
    ci_high: float
    median: float
    iqm: float  # mean of the middle half
    min: float
    max: float


@dataclass(frozen=True)
class Comparison:
    """A variant against the baseline; a run that diverged is the worst of its pair."""

    test: str  # paired sign-flip or signed-rank (exact or sampled), Welch, or rank-sum
    n: int  # pairs; where they are not paired, the values of whichever has fewer
    difference: float  # variant - baseline, of runs that completed; NaN without any
    ci_low: float  # of the difference, by t (or Welch's t); NaN where nothing varies
    ci_high: float
    bca_low: float  # of the difference, by BCa bootstrap; NaN below 3 values, or where nothing varies
    bca_high: float
    p_value: float
    effect_size: float  # paired: mean / deviation of the differences (Cohen's d_z); else Cohen's d, pooled
    win_probability: float  # P(variant > baseline), of pairs where there are pairs; ties count half
    n_completed: int  # the pairs, or values of whichever has fewer, that difference, intervals and effect are of
    direction: int  # by the test's statistic: 1 if the variant is higher, -1 if it is lower, 0 if neither


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

    Where all runs completed, the test flips the signs of the differences. Where one diverged, its difference is
    infinite, and the test flips the signs of the ranks (Wilcoxon's signed-rank test): a diverged run takes the largest
    rank against its side, and two diverged runs are a tie.

    Args:
        variant: its runs' values; infinite, on the side that is worse, for a run that diverged.
        baseline: those of the runs that they are paired with, in the same order.
        units: what each pair belongs to, if several pairs vary together (a seed in several cells of a grid). Their
            signs are flipped together, and a unit counts once, by the mean of its pairs.
        bootstrap: whether the BCa interval is wanted.
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
    """Compare two variants whose runs have nothing in common.

    By Welch's test on the values, or, where a run diverged (its value is infinite), by the permutation test on their
    ranks (Wilcoxon's rank-sum test). `bootstrap`: with the BCa interval.
    """
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    rounding = rounding_of(one, other)
    completed = one[np.isfinite(one)], other[np.isfinite(other)]
    estimates, p_value = _unpaired_estimates(*completed, rounding, bootstrap=bootstrap)
    wins, test, direction = _wins(one, other), "Welch", int(np.sign(np.nan_to_num(estimates["difference"])))
    if len(completed[0]) < len(one) or len(completed[1]) < len(other):
        test, p_value = _rank_sum(one, other)
        direction = int(np.sign(wins - 0.5))  # as the difference of the mean ranks
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
    """Return the two-sided p of a sign-flip test: the share of all sign changes with a sum as far from 0.

    Sums that tie are ties: they are compared with a tolerance relative to the sum of the absolute values, because sums
    of multiples of 1/10,000 differ in their last digits. SciPy's permutation_test has no such tolerance, and misses
    ties (scipy issue 15869). All 2^n changes count up to `EXACT_PAIRS` values: the sums of each half of the values are
    combined by a search in a sorted list (Horowitz & Sahni 1974), so n values cost 2^(n/2) steps. Beyond that `FLIPS`
    changes are drawn, and the observed one is added to them.

    Args:
        values: finite; zeros, which no change alters, are allowed.
        error: of each value, from the arithmetic that it comes from.
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
    for draws in np.array_split(np.arange(FLIPS), 20):  # so that the signs of a thousand pairs fit in memory
        signs = generator.integers(0, 2, (len(draws), len(known)), dtype=np.int8) * 2.0 - 1
        extreme += int((np.abs(signs @ known) >= threshold).sum())
    return extreme / (FLIPS + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust the p values of a family of comparisons; those that are NaN stay so and do not count.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    from statsmodels.stats.multitest import multipletests  # takes seconds

    adjusted = np.asarray(p_values, float)
    known = np.isfinite(adjusted)
    if known.any():
        adjusted[known] = multipletests(adjusted[known], method="holm")[1]
    return [float(value) for value in adjusted]


def binomial_error(accuracy: float, examples: int) -> float:
    """Return the binomial standard error that an accuracy has from the test set's size alone."""
    return math.sqrt(accuracy * (1 - accuracy) / examples)


def _t_interval(mean: float, std: float, n: int, rounding: float) -> tuple[float, float]:
    """Return the interval of a mean; NaN for one value, and for equal ones, which do not say how far others vary."""
    if n < 2 or std <= rounding:
        return math.nan, math.nan
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * std / math.sqrt(n)
    return mean - reach, mean + reach


def _differences(one: Values, other: Values) -> Values:
    """Return by how much one is higher; 0 where that is no more than rounding, or where both are infinite alike."""
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
    """Return the rank of each absolute difference with its sign; differences of 0 have none, and equal ones share."""
    ranks = np.zeros(len(differences))
    known = differences != 0
    ranks[known] = stats.rankdata(levelled(np.abs(differences[known]))) * np.sign(differences[known])
    return ranks


def _signed_sums(values: Values) -> Values:
    """Return the sums of the values under all 2^n sign changes."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def _direction(flipped: Values) -> int:
    """Return the sign of the sum, 0 where it is no more than rounding."""
    total = flipped.sum()
    return int(np.sign(total)) if abs(total) > _AS_EXTREME * np.abs(flipped).sum() else 0


def _paired_estimates(differences: Values, rounding: float, *, bootstrap: bool) -> dict[str, float]:
    """Return the difference of completed pairs, its intervals and the effect size; NaN where there is none."""
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
    """Return what `_paired_estimates` does for values without pairs, and Welch's p."""
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
        elif abs(difference) <= rounding:  # they are one and the same number, which no test can tell apart
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
    """Return the name and the two-sided p of the permutation test on the ranks, in which ties share a rank."""
    if min(len(one), len(other)) < 2:
        return "rank-sum", math.nan
    ranks = 2 * stats.rankdata(levelled(np.concatenate([one, other])))  # whole numbers, whose sums tie exactly
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
    """Keep SciPy's warnings of samples that hardly vary to ourselves: the NaN that comes out says as much."""
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
