"""Tests over data sets: Iman and Davenport's, Wilcoxon's signed-rank, and the Bayesian signed-rank test."""

import math

import numpy as np
from scipy import stats

from runner.reporting.statistics.paired_values import signed_ranks
from runner.reporting.statistics.significance.sign_flips import sign_flip_p
from runner.reporting.statistics.ties import Values

_DRAWS = 50_000  # draws from the posterior distribution
_PRIOR = 0.5  # weight of the prior observation, which is a difference of 0
_LARGEST = 1e300  # replaces infinity, so that two opposite values add up to 0


def iman_davenport(chi_squared: float, datasets: int, variants: int) -> tuple[float, float]:
    """Return Iman and Davenport's F with its p value, from Friedman's chi-squared.

    F = (N - 1) chi2 / (N (k - 1) - chi2) with N data sets and k variants, on k - 1 and (k - 1) (N - 1) degrees of
    freedom. F is infinite if all data sets agree; p is therefore never below the probability of this event under the
    null hypothesis, (k!)^(1 - N).

    Source: Iman & Davenport 1980, "Approximations of the critical region of the Friedman statistic"; Demsar 2006,
    "Statistical comparisons of classifiers over multiple data sets", section 3.2.2.
    """
    most = datasets * (variants - 1)
    rest = most - chi_squared
    if rest <= 1e-9 * most:
        return math.inf, _least_p(datasets, variants)
    found = (datasets - 1) * chi_squared / rest
    p_value = float(stats.f.sf(found, variants - 1, (variants - 1) * (datasets - 1)))
    return found, max(p_value, _least_p(datasets, variants))


def _least_p(datasets: int, variants: int) -> float:
    return math.exp((1 - datasets) * math.lgamma(variants + 1))


def signed_rank_p(differences: Values) -> float:
    """Return the two-sided p value of Wilcoxon's signed-rank test, exact up to 30 differences.

    Differences of 0 are omitted, and ties share a rank.

    Args:
        differences: one per data set; infinite if the variants differ in their shares of lost runs.
    """
    return sign_flip_p(signed_ranks(differences))


def bayesian_signed_rank(differences: Values, rope: float) -> tuple[float, float, float]:
    """Return the probabilities that the difference is below -rope, within the region of equivalence, and above rope.

    The posterior is a Dirichlet process with one prior observation of 0. Each draw assigns weights to the differences,
    and adds up the weights of the pairs whose mean lies in each region. The probability of a region is the share of
    draws in which the region has the largest weight.

    Args:
        differences: one per data set; infinite if the variants differ in their shares of lost runs.
        rope: half-width of the region of practical equivalence, above 0.

    Source: Benavoli et al. 2014, "A Bayesian Wilcoxon signed-rank test based on the Dirichlet process"; Benavoli et
    al. 2017, "Time for a change: a tutorial for comparing multiple classifiers through Bayesian analysis".
    """
    observed = np.concatenate([[0.0], np.clip(differences, -_LARGEST, _LARGEST)])
    means = (observed[:, None] + observed[None, :]) / 2
    generator = np.random.default_rng(0)
    weights = generator.dirichlet([_PRIOR, *np.ones(len(differences))], _DRAWS)
    regions = [np.heaviside(side * means - rope, 0.5) for side in (-1, 1)]
    below, above = (((weights @ region) * weights).sum(axis=1) for region in regions)
    winners = np.argmax([below, 1 - below - above, above], axis=0)
    left, within, right = np.bincount(winners, minlength=3) / _DRAWS
    return float(left), float(within), float(right)
