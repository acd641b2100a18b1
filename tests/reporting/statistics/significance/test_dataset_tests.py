import math

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.significance.dataset_tests import bayesian_signed_rank, iman_davenport, signed_rank_p
from tests.benchmarks import calibration_tasks
from tests.reporting.comparison.test_ranks import DEMSAR


def test_iman_davenport_is_what_demsar_published():
    """Demsar 2006, page 14: chi-squared 9.28 gives F = 3.69 on 3 and 39 degrees of freedom, above the critical 2.85."""
    found, p_value = iman_davenport(9.28, 14, 4)
    assert found == pytest.approx(3.69, abs=0.005)
    assert p_value == pytest.approx(stats.f.sf(found, 3, 39))
    assert p_value < 0.05


def test_iman_davenport_is_the_analysis_of_variance_of_the_ranks():
    """This also holds with ties if chi-squared is corrected for them: F of the variants, with data sets as blocks."""
    ranks = DEMSAR.rank(axis="columns").to_numpy()
    datasets, variants = ranks.shape
    between = datasets * ((ranks.mean(axis=0) - ranks.mean()) ** 2).sum() / (variants - 1)
    rest = ((ranks - ranks.mean(axis=0)) ** 2).sum() / ((variants - 1) * (datasets - 1))
    chi_squared = stats.friedmanchisquare(*ranks.T).statistic
    assert iman_davenport(chi_squared, datasets, variants)[0] == pytest.approx(between / rest)


def test_p_of_complete_agreement_is_the_chance_of_it():
    """Three data sets rank three variants in the same order: 1 of 6 x 6 possible orders of the last two data sets."""
    found, p_value = iman_davenport(stats.friedmanchisquare(*np.tile([1, 2, 3], (3, 1)).T).statistic, 3, 3)
    assert math.isinf(found)
    assert p_value == pytest.approx(1 / 36)


# SciPy 1.17.1: scipy.stats.wilcoxon(differences.round(6), method=PermutationMethod(n_resamples=inf)).
@pytest.mark.parametrize(
    ("other", "expected"), [("C4.5+m", 0.00732421875), ("C4.5+cf", 0.8779296875), ("C4.5+m+cf", 0.012451171875)]
)
def test_signed_rank_p_is_that_of_an_exact_permutation_test_with_ties(other, expected):
    assert signed_rank_p((DEMSAR[other] - DEMSAR["C4.5"]).to_numpy()) == expected


def test_a_lost_data_set_has_the_largest_rank():
    differences = np.array([0.1, 0.2, 0.3, 0.4, 0.5, -np.inf])
    assert signed_rank_p(differences) == signed_rank_p(np.array([0.1, 0.2, 0.3, 0.4, 0.5, -0.6]))


# baycomp 1.0.3 (SignedRankTest.probs with 200,000 draws) on Demsar's table, C4.5 as the first argument.
@pytest.mark.parametrize(
    ("other", "rope", "expected"),
    [
        ("C4.5+m", 0.01, (0.0, 0.330205, 0.669795)), ("C4.5+m", 0.02, (0.0, 0.884415, 0.115585)),
        ("C4.5+cf", 0.001, (0.384205, 0.00001, 0.615785)), ("C4.5+cf", 0.01, (0.11633, 0.69493, 0.18874)),
        ("C4.5+m+cf", 0.01, (0.000395, 0.03276, 0.966845)), ("C4.5+m+cf", 0.02, (0.0, 0.533165, 0.466835)),
    ],
)  # fmt: skip
def test_bayesian_signed_rank_is_that_of_baycomp(other, rope, expected):
    found = bayesian_signed_rank((DEMSAR[other] - DEMSAR["C4.5"]).to_numpy(), rope)
    assert found == pytest.approx(expected, abs=0.008)
    assert sum(found) == pytest.approx(1)


def test_bayesian_signed_rank_is_symmetric_and_takes_lost_data_sets():
    differences = np.array([0.1, 0.05, -0.02, 0.2, np.inf, -np.inf])
    left, within, right = bayesian_signed_rank(differences, 0.03)
    assert bayesian_signed_rank(-differences, 0.03) == pytest.approx((right, within, left), abs=0.01)
    assert right > left


def test_tests_over_data_sets_are_rarely_significant_without_a_difference_and_often_with_one():
    null = calibration_tasks.claims(8, 4, 0.0, 200, bayesian=0)
    assert null["Iman and Davenport"].mean() < 0.1
    assert null["Wilcoxon"].mean() < 0.1
    assert calibration_tasks.claims(8, 4, 3.0, 100, bayesian=0)["Wilcoxon"].mean() > 0.8
