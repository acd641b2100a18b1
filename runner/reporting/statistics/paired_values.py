"""Values of pairs: differences, their signed ranks, and their means over units."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.reporting.statistics.significance.sign_flips import AS_EXTREME
from runner.reporting.statistics.ties import Values, levelled, rounding_of

ERROR = 5e-8  # multiplied by `rounding_of`: a generous bound on the error of one difference in double precision


def paired_differences(one: Values, other: Values) -> Values:
    """Return the differences one - other; 0 for rounding errors and for equal infinities."""
    with np.errstate(invalid="ignore"):
        differences = np.where(one == other, 0.0, one - other)
    return np.where(np.abs(differences) > rounding_of(one, other), differences, 0.0)


def unit_numbers(units: Sequence[Hashable] | None, pairs: int) -> npt.NDArray[np.intp]:
    """Return the number of each pair's unit, from 0; None: each pair is a unit."""
    numbers: dict[Hashable, int] = {}
    known = range(pairs) if units is None else units
    return np.array([numbers.setdefault(unit, len(numbers)) for unit in known], np.intp)


def unit_means(values: Values, unit: npt.NDArray[np.intp]) -> Values:
    """Return the mean of each unit's values; units are numbered as by `unit_numbers`."""
    counts = np.bincount(unit)
    return np.bincount(unit, values)[counts > 0] / counts[counts > 0]


def signed_ranks(differences: Values) -> Values:
    """Return signed ranks of absolute differences; the rank is 0 for no difference, and ties share a rank."""
    ranks = np.zeros(len(differences))
    known = differences != 0
    ranks[known] = stats.rankdata(levelled(np.abs(differences[known]))) * np.sign(differences[known])
    return ranks


def direction_of(flipped: Values) -> int:
    """Return the sign of the sum; 0 if the sum is a rounding error."""
    total = flipped.sum()
    return int(np.sign(total)) if abs(total) > AS_EXTREME * np.abs(flipped).sum() else 0


def pair_error(variant: Sequence[float], baseline: Sequence[float]) -> float:
    """Return a bound on the rounding error of the difference of a pair."""
    return ERROR * rounding_of(np.asarray(variant, float), np.asarray(baseline, float))
