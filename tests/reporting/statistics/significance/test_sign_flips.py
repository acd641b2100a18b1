"""The exact interval compared with SciPy's permutation test and with enumeration."""

import itertools

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.comparisons import compare_paired
from runner.reporting.statistics.significance import sign_flips
from runner.reporting.statistics.significance.sign_flips import exact_interval, sign_flip_p


def permutation_p(differences, alternative="two-sided"):
    """Return SciPy's p value for whole numbers, whose equal sums tie exactly."""
    test = stats.permutation_test(
        (np.asarray(differences, float),), np.sum, permutation_type="samples", alternative=alternative,
        n_resamples=np.inf,
    )  # fmt: skip
    return test.pvalue


@pytest.mark.parametrize("seed", range(5))
def test_the_one_sided_p_is_that_of_scipy(seed):
    differences = np.random.default_rng(seed).integers(-6, 12, 8)
    assert sign_flip_p(differences, alternative="greater") == pytest.approx(permutation_p(differences, "greater"))
    assert sign_flip_p(-differences, alternative="greater") == pytest.approx(permutation_p(differences, "less"))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [1, 10_000])
def test_the_interval_holds_exactly_what_the_test_does_not_reject(seed, scale):
    """SciPy tests means of whole differences in units of 1/840; 840 is a multiple of 1 to 8."""
    differences = np.random.default_rng(seed).integers(-6, 12, 8)
    low, high = np.multiply(exact_interval(differences / scale), scale)
    for end, outwards in ((low, -1), (high, 1)):
        assert permutation_p(840 * differences - round(840 * end)) >= 0.05
        assert permutation_p(840 * differences - round(840 * end) - outwards) < 0.05


@pytest.mark.parametrize("n", [6, 7, 9, 12])
def test_its_ends_are_typical_values(n):
    """The ends are quantiles of the means of all subsets of the differences (Hartigan 1969)."""
    differences = np.random.default_rng(n).exponential(1, n)
    chosen = itertools.chain.from_iterable(itertools.combinations(differences, size) for size in range(1, n + 1))
    means = np.sort([np.mean(values) for values in chosen])
    place = int(np.ceil(0.025 * 2**n)) - 2
    assert exact_interval(differences) == pytest.approx((means[place], means[-1 - place]), abs=1e-8)


def test_with_six_differences_it_is_their_range_and_with_five_it_is_unbounded():
    differences = [0.1, 0.4, -0.2, 0.3, 0.6, 0.2]
    assert exact_interval(differences) == pytest.approx((-0.2, 0.6))
    assert np.isnan(exact_interval(differences[:5])).all()
    assert np.isnan(exact_interval([])).all()


def test_many_differences_are_sampled_and_agree_with_the_exact_interval(monkeypatch):
    differences = np.random.default_rng(1).normal(0.3, 1, 24)
    exact = exact_interval(differences)
    monkeypatch.setattr(sign_flips, "EXACT_PAIRS", 20)
    assert exact_interval(differences) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("n", [8, 40])
def test_it_covers_0_where_the_test_over_the_same_flips_is_not_significant(n):
    generator = np.random.default_rng(n)
    for mean in np.linspace(-1, 1, 12):
        differences = generator.normal(mean, 1, n)
        low, high = exact_interval(differences)
        assert (low <= 0 <= high) == (sign_flip_p(differences) >= 0.05)


def test_a_comparison_has_it_beside_the_other_intervals():
    one, other = [0.95, 0.96, 0.94, 0.97, 0.93, 0.99], [0.94, 0.94, 0.945, 0.94, 0.92, 0.95]
    found = compare_paired(one, other, bootstrap=True)
    assert (found.exact_low, found.exact_high) == pytest.approx((-0.005, 0.04))
    assert np.isnan(compare_paired(one, np.subtract(one, 0.01)).exact_low)  # all differences are equal
    with_lost = compare_paired([*one, -np.inf], [*other, 0.9])
    assert (with_lost.exact_low, with_lost.exact_high) == (found.exact_low, found.exact_high)  # over completed pairs
