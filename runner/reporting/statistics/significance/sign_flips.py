"""Sign flips: the exact test of a mean of paired differences, and the interval that inverts it."""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from runner.reporting.statistics.significance.attainability import EXACT_PAIRS, FLIPS, LEVEL
from runner.reporting.statistics.ties import Values

JOINT_EXACT = 17  # maximum number of values for which all 2^n joint flips are enumerated
AS_EXTREME = 1e-9  # share of the sum of absolute values; sums that differ by less are equal
_HALVINGS = 32  # bisections of the range of the differences to find an end of the interval; 2^-32 is below `AS_EXTREME`


def sign_flip_p(
    values: npt.ArrayLike, error: float = 0.0, alternative: Literal["two-sided", "greater"] = "two-sided"
) -> float:
    """Return the p value of a sign-flip test.

    This is the share of sign flips whose sum is at least as far from 0 as the observed sum (for `greater`, at least as
    large).

    Sums are compared with a tolerance relative to the sum of absolute values so that ties count as ties: equal sums of
    multiples of 1/10,000 may differ in their last digits. SciPy's permutation_test has no such tolerance and misses
    ties (scipy issue 15869). Up to `EXACT_PAIRS` values, all 2^n flips are counted in about 2^(n/2) steps: a search in
    a sorted list combines the sums of both halves (Horowitz & Sahni 1974). For more values, `FLIPS` random flips are
    drawn, and the observed one is added.

    Args:
        values: finite; zeros are allowed.
        error: rounding error of each value.
        alternative: alternative hypothesis: the mean is not 0, or it is above 0.
    """
    known = np.asarray(values, float)
    known = known[known != 0]
    if not len(known):
        return 1.0
    is_two_sided = alternative == "two-sided"
    observed = abs(known.sum()) if is_two_sided else known.sum()
    threshold = observed - AS_EXTREME * np.abs(known).sum() - error * len(known)
    if len(known) <= EXACT_PAIRS:
        left, right = _signed_sums(known[::2]), np.sort(_signed_sums(known[1::2]))
        extreme = int((len(right) - np.searchsorted(right, threshold - left, "left")).sum())
        if is_two_sided:
            extreme += int(np.searchsorted(right, -threshold - left, "right").sum())
        return min(1.0, extreme / (len(left) * len(right)))
    sums = (signs @ known for signs in _random_signs(len(known)))
    extreme = 1 + sum(int(((np.abs(some) if is_two_sided else some) >= threshold).sum()) for some in sums)
    return extreme / (FLIPS + 1)


def exact_interval(differences: npt.ArrayLike) -> tuple[float, float]:
    """Return the interval of the means that the two-sided sign-flip test does not reject at p < 0.05.

    For any symmetric distribution of the differences, it covers their mean with a probability of at least 95%. Both
    ends are NaN for fewer than six differences, which leave it unbounded.

    Let s be a choice of differences whose signs are flipped: the flipped sum of d - m is at least the observed sum if
    the mean of s is at most m. The lower end is therefore a quantile of the means of all choices (the "typical values"
    of Hartigan 1969, "Using subsample values as typical values"). Up to `EXACT_PAIRS` differences, it is found by
    bisection; for more, from `FLIPS` random choices.

    Args:
        differences: finite.
    """
    known = np.asarray(differences, float)
    if 0.5 ** len(known) >= LEVEL / 2:
        return math.nan, math.nan
    lower_end = _lower_end if len(known) <= EXACT_PAIRS else _sampled_lower_end
    return lower_end(known), -lower_end(-known)


def joint_signs(count: int) -> npt.NDArray[np.int8]:
    """Return rows of signs that flip n values together: all 2^n rows, or no flips and `FLIPS` random rows."""
    if count <= JOINT_EXACT:
        return np.where(np.arange(2**count)[:, None] >> np.arange(count) & 1, -1, 1).astype(np.int8)
    random = [signs.astype(np.int8) for signs in _random_signs(count)]
    return np.concatenate([np.ones((1, count), np.int8), *random])


def _lower_end(known: Values) -> float:
    return _first(
        lambda mean: 2 * sign_flip_p(known - mean, alternative="greater") >= LEVEL,
        float(known.min()),
        float(known.mean()),
    )


def _first(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return the lowest number between two at which a monotone condition is true; it is true at every higher number."""
    if holds(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _sampled_lower_end(known: Values) -> float:
    means = []
    for signs in _random_signs(len(known)):
        flipped = signs < 0
        sizes = flipped.sum(axis=1)
        means.append(np.divide(flipped @ known, sizes, out=np.full(len(signs), -np.inf), where=sizes > 0))
    # The observed choice (no flips) also counts, so the end is the k-th lowest of the drawn means.
    return float(np.sort(np.concatenate(means))[math.ceil(LEVEL / 2 * (FLIPS + 1)) - 2])


def _random_signs(count: int) -> Iterator[Values]:
    """Yield `FLIPS` rows of random signs, the same at every call, in chunks to save memory."""
    generator = np.random.default_rng(0)
    for draws in np.array_split(np.arange(FLIPS), 20):
        signs: Values = np.where(generator.integers(0, 2, (len(draws), count), dtype=np.int8), 1.0, -1.0)
        yield signs


def _signed_sums(values: Values) -> Values:
    """Return the sums of the values under all 2^n sign flips."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    return sums
