"""Sign test of paired times, some of which may be infinite, and the interval of the median that inverts it."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.reporting.statistics.paired_values import paired_differences, unit_numbers
from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.statistics.significance.equivalence import against_margin
from runner.reporting.statistics.significance.names_of_tests import SIGN_TEST
from runner.reporting.statistics.ties import Values

TIME_COLUMNS = [
    "faster", "slower", "median_difference", "median_low", "median_high", "time_ratio", "time_ratio_low",
    "time_ratio_high",
]  # fmt: skip


@dataclass(frozen=True)
class PairedTimes:
    """Paired comparison of a variant's times with the baseline's; the time of a run that missed the target is infinite.

    Medians and intervals exclude pairs of two such runs. They are NaN without other pairs, or if the median lies
    between minus and plus infinity.
    """

    test: str
    p_value: float
    direction: int  # 1 if the variant is slower in more units, -1 if faster, 0 if neither
    faster: int  # number of units (seeds) in which the variant is faster
    slower: int
    median_difference: float  # variant - baseline; infinite if most pairs have a run that missed the target
    median_low: float  # 95% interval of the median; infinite if unbounded, NaN for fewer than six units
    median_high: float
    time_ratio: float  # median of variant / baseline: 0.5 is twice as fast
    time_ratio_low: float
    time_ratio_high: float
    p_equivalence: float = math.nan  # p value for a difference within the margin; NaN without a margin
    p_beyond: float = math.nan  # two-sided p value for a difference beyond the margin


def compare_times(
    variant: Sequence[float],
    baseline: Sequence[float],
    *,
    units: Sequence[Hashable] | None = None,
    margin: float | None = None,
) -> PairedTimes:
    """Compare the times of two variants by pairs of runs, with the sign test.

    The test counts the units in which the variant is faster and those in which it is slower. Ties do not count; two
    runs that missed the target are a tie.

    Args:
        variant: one time per run, at least 0; infinite for a run that missed the target.
        baseline: times of the paired runs, in the same order.
        units: the unit of each pair, if several pairs vary together (a seed in several cells of a grid). A unit counts
            once, with the median of its pairs.
        margin: differences within it count as equal; None: nothing is tested against a margin.

    Source: Dixon & Mood 1946, "The statistical sign test".
    """
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    unit = unit_numbers(units, len(one))

    def differences(one: Values, other: Values) -> Values:
        return _medians(paired_differences(one, other), one, other, unit)

    def higher_p(one: Values, other: Values) -> float:
        return sign_test_p(differences(one, other), "greater")

    found = differences(one, other)
    faster, slower = int((found < 0).sum()), int((found > 0).sum())
    logarithms = _medians(_log_ratios(one, other), one, other, unit)
    low, high = median_interval(found)
    ratio_low, ratio_high = np.exp(median_interval(logarithms))
    return PairedTimes(
        test=SIGN_TEST,
        p_value=sign_test_p(found),
        direction=int(np.sign(slower - faster)),
        faster=faster,
        slower=slower,
        median_difference=_median(found),
        median_low=low,
        median_high=high,
        time_ratio=math.exp(_median(logarithms)),
        time_ratio_low=float(ratio_low),
        time_ratio_high=float(ratio_high),
        **against_margin(higher_p, one, other, margin),
    )


def paired_signs(
    variant: Sequence[float], baseline: Sequence[float], units: Sequence[Hashable], shift: float
) -> tuple[dict[Hashable, float], dict[Hashable, float]]:
    """Return the signs that sign tests flip, for the claims that variant + shift or baseline + shift is higher.

    Args:
        units: the unit of each pair, as for `compare_times`.

    Returns:
        For each side the sign of every unit; 0 for a tie.
    """
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    unit, signs = unit_numbers(units, len(one)), dict.fromkeys(units, 0.0)

    def of(higher: Values, lower: Values) -> dict[Hashable, float]:
        ended = np.unique(unit[_is_known(higher, lower)])
        names = [*signs]
        found = np.sign(_medians(paired_differences(higher, lower), higher, lower, unit))
        return signs | {names[place]: float(sign) for place, sign in zip(ended, found, strict=True)}

    return of(one + shift, other), of(other + shift, one)


def sign_test_p(differences: npt.ArrayLike, alternative: Literal["two-sided", "greater"] = "two-sided") -> float:
    """Return the exact p value of the sign test; 1 if all differences are 0.

    Args:
        differences: any numbers, including infinite ones.
        alternative: alternative hypothesis: positive and negative differences are not equally likely, or positive ones
            are more likely.
    """
    signs = np.sign(np.asarray(differences, float))
    known = int(np.count_nonzero(signs))
    if not known:
        return 1.0
    return float(stats.binomtest(int((signs > 0).sum()), known, alternative=alternative).pvalue)


def median_interval(values: npt.ArrayLike) -> tuple[float, float]:
    """Return the 95% interval of the median from the order statistics, exact for any distribution.

    The k-th lowest and the k-th highest value enclose the median unless fewer than k values lie on one side of it. The
    number of values on one side is binomial (n, 1/2). Both ends are NaN for fewer than six values, which leave the
    median unbounded.

    Args:
        values: any numbers, including infinite ones.

    Source: Thompson 1936, "On confidence ranges for the median and other expectation distributions".
    """
    ordered = np.sort(np.asarray(values, float))
    place = int(stats.binom.ppf(LEVEL / 2, len(ordered), 0.5)) if len(ordered) else 0
    return (float(ordered[place - 1]), float(ordered[-place])) if place else (math.nan, math.nan)


def _log_ratios(one: Values, other: Values) -> Values:
    """Return log(one / other); 0 for equal times."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(one == other, 0.0, np.log(one) - np.log(other))


def _is_known(one: Values, other: Values) -> npt.NDArray[np.bool_]:
    return np.isfinite(one) | np.isfinite(other)


def _medians(values: Values, one: Values, other: Values, unit: npt.NDArray[np.intp]) -> Values:
    """Return the median of each unit over its pairs, excluding pairs of two infinite times.

    It is 0 if the middle values of a unit are minus and plus infinity, because the unit is then neither faster nor
    slower.
    """
    known = _is_known(one, other)
    medians = np.array([_median(values[known & (unit == own)]) for own in np.unique(unit[known])])
    return np.where(np.isnan(medians), 0.0, medians)


def _median(values: Values) -> float:
    """Return the median; NaN without values, or if it lies between minus and plus infinity."""
    with np.errstate(invalid="ignore"):
        return float(np.median(values)) if len(values) else math.nan
