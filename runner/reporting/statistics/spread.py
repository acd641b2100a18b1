"""Standard deviations and their ratios, with intervals."""

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.t_quantile import t_quantile
from runner.reporting.statistics.ties import rounding_of

Interval = tuple[float, float]
NO_INTERVAL: Interval = (math.nan, math.nan)
_FEWEST_PAIRS = 3  # two pairs always have a correlation of 1 or -1
_FEWEST_WITH_A_SHAPE = 8  # with fewer values, two equal ones suffice for a small p


def standard_deviation(values: npt.ArrayLike) -> float:
    """Return the standard deviation (n - 1); 0 for values that differ only by rounding, NaN for a single value."""
    array = np.asarray(values, float)
    if len(array) < 2:
        return math.nan
    return 0.0 if np.ptp(array) <= rounding_of(array) else float(np.std(array, ddof=1))


def std_interval(values: npt.ArrayLike) -> Interval:
    """Return the chi-squared interval of a standard deviation, for a normal distribution.

    It is NaN for fewer than two values, or if nothing varies.

    Source: Snedecor & Cochran 1989, "Statistical Methods".
    """
    std = standard_deviation(values)
    if not std > 0:
        return NO_INTERVAL
    freedom = len(np.asarray(values)) - 1
    low, high = stats.chi2.ppf([(1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2], freedom)
    return std * math.sqrt(freedom / low), std * math.sqrt(freedom / high)


def ratio_interval(one: npt.ArrayLike, other: npt.ArrayLike) -> Interval:
    """Return the interval of the ratio of two standard deviations, from pairs of a bivariate normal distribution.

    It consists of the ratios that the Pitman-Morgan test does not reject. Unlike the F test's interval, it allows for
    the correlation of the pairs. It is NaN for fewer than three pairs, if nothing varies, or if both samples are
    proportional.

    Args:
        one, other: values of the same length, pair by pair.

    Source: Roy & Potthoff 1958, "Confidence bounds on vector analogues of the 'ratio of means' and the 'ratio of
    variances' for two correlated normal variates"; the test: Morgan 1939, Pitman 1939.
    """
    first, second = np.asarray(one, float), np.asarray(other, float)
    spreads = standard_deviation(first), standard_deviation(second)
    pairs = len(first)
    if pairs < _FEWEST_PAIRS or not min(spreads) > 0:
        return NO_INTERVAL
    unexplained = 1 - min(1.0, float(np.corrcoef(first, second)[0, 1]) ** 2)
    quantile = float(t_quantile(pairs - 2))
    middle = 1 + 2 * unexplained * quantile**2 / (pairs - 2)
    if not (half := math.sqrt(middle**2 - 1)) > 0:
        return NO_INTERVAL
    squared = (spreads[0] / spreads[1]) ** 2
    return math.sqrt(squared * (middle - half)), math.sqrt(squared * (middle + half))


def normality_p(values: npt.ArrayLike) -> float:
    """Return the p value of the Shapiro-Wilk test of normality; NaN for fewer than 8 values or if nothing varies."""
    array = np.asarray(values, float)
    if len(array) < _FEWEST_WITH_A_SHAPE or not standard_deviation(array) > 0:
        return math.nan
    return float(stats.shapiro(array).pvalue)
