"""Ties: values that differ only by rounding, and the order of variants with ties.

A mean of accuracies is a number of examples divided by an integer. Two equal means can still differ in their last
digit. Keras computes metrics in single precision, so the values themselves have about seven correct digits.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# Relative to the largest value; smaller differences are rounding errors. A value in single precision has a relative
# error of up to 2^-24, so the standard deviation of two equal differences can reach 2^-23 * sqrt(2) = 1.7e-7.
ROUNDING = 2e-7

Values = npt.NDArray[np.float64]


def rounding_of(*samples: npt.ArrayLike) -> float:
    """Return the largest difference between values of these samples that counts as a tie."""
    values = np.concatenate([np.ravel(np.asarray(sample, float)) for sample in samples])
    finite = np.abs(values[np.isfinite(values)])
    return ROUNDING * float(finite.max()) if len(finite) else 0.0


def levelled(values: npt.ArrayLike) -> Values:
    """Return the values with ties made equal; NaN and infinity stay unchanged."""
    array = np.array(values, float)
    finite = np.flatnonzero(np.isfinite(array))
    ascending = finite[np.argsort(array[finite], kind="stable")]
    if len(ascending):
        steps = np.diff(array[ascending], prepend=array[ascending[0]]) > rounding_of(array)
        firsts = np.flatnonzero(steps | (np.arange(len(ascending)) == 0))
        array[ascending] = array[ascending][firsts[np.searchsorted(firsts, np.arange(len(ascending)), "right") - 1]]
    return array


def places(means: npt.ArrayLike, diverged: npt.ArrayLike, sign: int) -> Values:
    """Return the rank of each variant, from 0 for the best; ties share a rank, and the rank is NaN without any result.

    The share of diverged runs decides first, because means cover only completed runs. The mean decides between variants
    with the same share.

    Args:
        means: means over completed runs; NaN without completed runs.
        diverged: share of diverged runs among those with a result; NaN without a result.
        sign: 1 if a higher mean is better, else -1.
    """
    level, shares = sign * levelled(means), np.asarray(diverged, float)
    keys = [
        None if np.isnan(share) else (share, np.inf if np.isnan(mean) else -mean)
        for mean, share in zip(level, shares, strict=True)
    ]
    order = sorted({key for key in keys if key is not None})
    return np.array([np.nan if key is None else order.index(key) for key in keys])


def best_first(names: Sequence[str], places_of: Values) -> list[str]:
    """Return the names in the order of their ranks; names without a rank come last, and ties keep their order."""
    return [names[position] for position in np.argsort(np.where(np.isnan(places_of), np.inf, places_of), kind="stable")]
