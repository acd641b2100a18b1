"""Is a difference real? Tests, intervals and effect sizes, by SciPy and statsmodels."""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]

CONFIDENCE = 0.95
FEWEST_SEEDS = 6  # an exact two-sided sign-flip test on 5 pairs cannot give p < 0.05: 2 / 2^5 = 0.0625
_EXACT_PAIRS = 15  # up to here all 2^n flips are tried
_RESAMPLES = 9_999
_ROUNDING = 1e-12  # of the largest value: what is smaller comes from the arithmetic


@dataclass(frozen=True)
class Summary:
    """What a variant's values over its seeds come to."""

    n: int
    mean: float
    std: float  # of the sample (n - 1); NaN for one value
    standard_error: float
    ci_low: float  # of the mean, by t; NaN for one value
    ci_high: float
    median: float
    iqm: float  # mean of the middle half
    min: float
    max: float


@dataclass(frozen=True)
class Comparison:
    """A variant against the baseline."""

    test: str  # paired sign-flip (exact or sampled), or Welch
    n: int  # pairs; where they are not paired, the values of whichever has fewer
    difference: float  # variant - baseline
    ci_low: float  # of the difference, by t (or Welch's t)
    ci_high: float
    bca_low: float  # of the difference, by BCa bootstrap; NaN below 3 values
    bca_high: float
    p_value: float
    effect_size: float  # paired: mean / deviation of the differences (Cohen's d_z); else Cohen's d, pooled
    win_probability: float  # P(variant > baseline), ties count half


def summarize(values: Sequence[float]) -> Summary:
    """Summarize one or more finite values.

    Source of the interquartile mean: Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice".
    """
    array = np.asarray(values, float)
    n = len(array)
    std = float(np.std(array, ddof=1)) if n > 1 else math.nan
    error = std / math.sqrt(n)
    low, high = _t_interval(float(array.mean()), error, n - 1)
    return Summary(
        n=n,
        mean=float(array.mean()),
        std=std,
        standard_error=error,
        ci_low=low,
        ci_high=high,
        median=float(np.median(array)),
        iqm=float(stats.trim_mean(array, 0.25)),
        min=float(array.min()),
        max=float(array.max()),
    )


def compare_paired(variant: Sequence[float], baseline: Sequence[float], *, bootstrap: bool = True) -> Comparison:
    """Compare two variants that have the same seeds, in the same order; `bootstrap`: with the BCa interval."""
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    differences = _differences(one, other)
    n = len(differences)
    mean = float(differences.mean())
    std = float(np.std(differences, ddof=1)) if n > 1 else math.nan
    rounding = _rounding(one, other)
    low, high = _t_interval(mean, std / math.sqrt(n), n - 1)
    exact = n <= _EXACT_PAIRS
    test = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf if exact else _RESAMPLES, rng=0
    )
    bca_low, bca_high = _bca((differences,), _mean, rounding) if bootstrap else (math.nan, math.nan)
    return Comparison(
        test=f"paired sign-flip, {'exact' if exact else f'{_RESAMPLES} samples'}",
        n=n,
        difference=mean,
        ci_low=low,
        ci_high=high,
        bca_low=bca_low,
        bca_high=bca_high,
        p_value=float(test.pvalue),
        effect_size=mean / std if std > rounding else math.nan,
        win_probability=_wins(one, other),
    )


def compare_unpaired(variant: Sequence[float], baseline: Sequence[float], *, bootstrap: bool = True) -> Comparison:
    """Compare two variants whose runs have nothing in common, by Welch's test; `bootstrap`: with the BCa interval."""
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    difference = float(one.mean() - other.mean())
    low = high = p_value = effect = math.nan
    rounding = _rounding(one, other)
    if min(len(one), len(other)) > 1:
        with _quiet():
            test = stats.ttest_ind(one, other, equal_var=False)
            interval = test.confidence_interval(CONFIDENCE)
        low, high, p_value = float(interval.low), float(interval.high), float(test.pvalue)
        pooled = math.sqrt((np.var(one, ddof=1) + np.var(other, ddof=1)) / 2)
        if pooled > rounding:
            effect = difference / pooled
        elif abs(difference) <= rounding:  # they are one and the same number, which no test can tell apart
            p_value = math.nan
    bca_low, bca_high = _bca((one, other), _mean_difference, rounding) if bootstrap else (math.nan, math.nan)
    return Comparison(
        test="Welch",
        n=min(len(one), len(other)),
        difference=difference,
        ci_low=low,
        ci_high=high,
        bca_low=bca_low,
        bca_high=bca_high,
        p_value=p_value,
        effect_size=effect,
        win_probability=_wins(one, other),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust the p values of a family of comparisons; those that are NaN stay so and do not count.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    from statsmodels.stats.multitest import multipletests

    adjusted = np.asarray(p_values, float)
    known = np.isfinite(adjusted)
    if known.any():
        adjusted[known] = multipletests(adjusted[known], method="holm")[1]
    return [float(value) for value in adjusted]


def binomial_error(accuracy: float, examples: int) -> float:
    """Return the binomial standard error that an accuracy has from the test set's size alone."""
    return math.sqrt(accuracy * (1 - accuracy) / examples)


def _t_interval(mean: float, error: float, freedom: int) -> tuple[float, float]:
    if freedom < 1:
        return math.nan, math.nan
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return mean - reach, mean + reach


def _rounding(one: Values, other: Values) -> float:
    """Return up to where a difference or deviation of two variants' values is none."""
    return _ROUNDING * float(max(np.abs(one).max(), np.abs(other).max()))


def _differences(one: Values, other: Values) -> Values:
    """Return by how much one is higher than the other; 0 where that is no more than rounding."""
    differences = one - other
    return np.where(np.abs(differences) > _rounding(one, other), differences, 0.0)


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
