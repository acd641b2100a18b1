"""Ties: values that differ by no more than the rounding of their arithmetic, and the order that they leave.

A mean of accuracies is a whole number of examples divided by a whole number. Two such means can be equal and still
differ in the last digit of a double, which decides nothing.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

ROUNDING = 1e-10  # of the largest value: any smaller difference comes from the arithmetic

Values = npt.NDArray[np.float64]


def rounding_of(*samples: npt.ArrayLike) -> float:
    """Return the largest difference between values of these samples that is none."""
    values = np.concatenate([np.ravel(np.asarray(sample, float)) for sample in samples])
    finite = np.abs(values[np.isfinite(values)])
    return ROUNDING * float(finite.max()) if len(finite) else 0.0


def levelled(values: npt.ArrayLike) -> Values:
    """Return the values with those that differ by rounding alone made equal; NaN and infinity stay."""
    array = np.array(values, float)
    finite = np.flatnonzero(np.isfinite(array))
    ascending = finite[np.argsort(array[finite], kind="stable")]
    if len(ascending):
        steps = np.diff(array[ascending], prepend=array[ascending[0]]) > rounding_of(array)
        firsts = np.flatnonzero(steps | (np.arange(len(ascending)) == 0))
        array[ascending] = array[ascending][firsts[np.searchsorted(firsts, np.arange(len(ascending)), "right") - 1]]
    return array


def places(means: npt.ArrayLike, diverged: npt.ArrayLike, sign: int) -> Values:
    """Return the place of each variant, 0 for the best; equal ones share a place, one without any result has NaN.

    A run that diverged lost. A mean is of completed runs alone, so the share of diverged runs comes first and the mean
    decides among variants with the same share.

    Args:
        means: of the completed runs; NaN where there are none.
        diverged: the share of the runs with a result that diverged; NaN where there are none.
        sign: 1 where a higher mean is better, else -1.
    """
    level, shares = sign * levelled(means), np.asarray(diverged, float)
    keys = [
        None if np.isnan(share) else (share, np.inf if np.isnan(mean) else -mean)
        for mean, share in zip(level, shares, strict=True)
    ]
    order = sorted({key for key in keys if key is not None})
    return np.array([np.nan if key is None else order.index(key) for key in keys])


def best_first(names: Sequence[str], places_of: Values) -> list[str]:
    """Return the names by their place, those without one last; equal ones stay in their order."""
    return [names[position] for position in np.argsort(np.where(np.isnan(places_of), np.inf, places_of), kind="stable")]
