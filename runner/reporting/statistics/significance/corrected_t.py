"""Corrected resampled t-test: comparisons over the folds of cross-validation, whose training sets overlap.

Two folds of k share (k - 2) / (k - 1) of their training examples, so their results are correlated, and the variance of
a mean over n of them is larger than s^2 / n. This variance is estimated by

    s^2 (1 / n + n_test / n_train)        n_test / n_train = 1 / (k - 1) for k folds

where n counts the folds of all repetitions.

Sources: Nadeau & Bengio 2003, "Inference for the generalization error"; Bouckaert & Frank 2004, "Evaluating the
replicability of significance tests for comparing learning algorithms", for repeated cross-validation.
"""

import math
from collections.abc import Hashable, Sequence

import numpy as np
from scipy import stats

from runner.reporting.statistics.comparisons import Comparison, paired_estimates
from runner.reporting.statistics.paired_values import direction_of, paired_differences, unit_means, unit_numbers
from runner.reporting.statistics.significance.equivalence import against_margin
from runner.reporting.statistics.significance.names_of_tests import CORRECTED_T, NO_TEST
from runner.reporting.statistics.significance.overlap import overlap_of
from runner.reporting.statistics.t_quantile import t_quantile
from runner.reporting.statistics.ties import Values, rounding_of

_UNKNOWN = ("ci_low", "ci_high", "bca_low", "bca_high", "p_value", "effect_size", "win_probability")


def compare_folds(
    variant: Sequence[float],
    baseline: Sequence[float],
    folds: int,
    *,
    units: Sequence[Hashable] | None = None,
    margin: float | None = None,
) -> Comparison:
    """Compare two variants on the folds on which both were trained and tested.

    A diverged run has no value, and no test by ranks allows for overlapping training sets, so the p values are NaN.
    Intervals that assume independent folds (BCa, exact, of the win probability) are NaN.

    Args:
        variant: one value per fold, of all repetitions; a diverged run has an infinitely bad value.
        baseline: values on the same folds, in the same order.
        folds: number of folds of one repetition.
        units: the fold of each pair, if several pairs share a fold; the fold counts once, with the mean of its pairs.
        margin: differences within it count as equal; None: nothing is tested against a margin.
    """
    one, other = np.asarray(variant, float), np.asarray(baseline, float)
    unit, rounding, overlap = unit_numbers(units, len(one)), rounding_of(one, other), overlap_of(folds)
    differences = paired_differences(one, other)
    completed = np.isfinite(differences) & np.isfinite(one)
    own = unit_means(differences[completed], unit[completed])

    def higher_p(one: Values, other: Values) -> float:
        if not completed.all():
            return math.nan
        return _higher_p(unit_means(paired_differences(one, other), unit), overlap, rounding)

    sides = higher_p(one, other), higher_p(other, one)
    return Comparison(
        test=CORRECTED_T,
        n=len({*unit.tolist()}),
        p_value=2 * min(sides),
        win_probability=float(np.mean(np.sign(differences) / 2 + 0.5)),
        n_completed=len(own),
        direction=direction_of(own) if completed.all() else 0,
        **paired_estimates(own, rounding, overlap=overlap, bootstrap=False),
        **against_margin(higher_p, one, other, margin),
    )


def apart_folds(variant: Sequence[float], baseline: Sequence[float]) -> Comparison:
    """Return the difference of the means of two variants that do not share their folds, for which no test is known."""
    sides = [np.asarray(side, float)[np.isfinite(side)] for side in (variant, baseline)]
    known = all(map(len, sides))
    return Comparison(
        test=NO_TEST,
        n=min(len(variant), len(baseline)),
        difference=float(sides[0].mean() - sides[1].mean()) if known else math.nan,
        n_completed=min(map(len, sides)),
        direction=0,
        **dict.fromkeys(_UNKNOWN, math.nan),
    )


def interval_reach(n: int, folds: int) -> float:
    """Return the half-width of the 95% interval of a mean over folds, in standard deviations over these folds.

    Args:
        n: number of folds of all repetitions, at least 2.
        folds: number of folds of one repetition.
    """
    return float(t_quantile(n - 1)) * math.sqrt(1 / n + overlap_of(folds))


def _higher_p(differences: Values, overlap: float, rounding: float) -> float:
    """Return the one-sided p value for a mean above 0; NaN for a single fold or if nothing varies."""
    n = len(differences)
    if n < 2 or (std := float(np.std(differences, ddof=1))) <= rounding:
        return math.nan
    return float(stats.t.sf(differences.mean() / (std * math.sqrt(1 / n + overlap)), n - 1))
