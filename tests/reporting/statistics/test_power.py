"""Power compared with statsmodels' t-test, published sample sizes, and the report's test on simulated studies."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from runner.records.design import Looks
from runner.reporting.statistics.power import (
    Design,
    detectable,
    detectable_of,
    equivalence_power,
    power_of,
    seeds_for_difference,
    seeds_for_equivalence,
    spread_factors,
)
from runner.reporting.statistics.significance.joint_flips import adjusted
from runner.reporting.statistics.significance.sign_flips import sign_flip_p
from tests.reporting.statistics.significance.test_joint_flips import sides

LOOKS = Looks([5, 7, 9])


def observed(comparisons, pairs, seed=0):
    """Return normal differences from a common baseline, by seed."""
    runs = np.random.default_rng(seed).normal(0, 1, (comparisons + 1, pairs)) / math.sqrt(2)
    return [dict(enumerate(run - runs[0])) for run in runs[1:]]


@pytest.mark.parametrize(("effect", "pairs"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_seeds_for_a_standardized_difference_are_those_of_published_tables(effect, pairs):
    # G*Power 3.1, difference between two dependent means, two-sided, alpha 0.05, power 0.8: 199, 34 and 15 pairs
    assert seeds_for_difference(Design.normal(1), 0, effect) == pairs


def test_more_seeds_than_the_coarse_ones_have_the_power_of_the_t_test():
    power = TTestPower().power(0.6, 25, 0.05, alternative="two-sided")
    assert power_of(Design.normal(1), 0, 25, 0.6) == pytest.approx(power, abs=1e-6)
    assert detectable(Design.normal(3), 0, 25) == pytest.approx(
        TTestPower().solve_power(None, 25, 0.05 / 3, 0.8), rel=1e-4
    )


@pytest.mark.parametrize("seeds", [10, 12])
def test_the_simulated_power_of_normal_differences_is_near_that_of_the_t_test(seeds):
    effect = TTestPower().solve_power(None, seeds, 0.05, 0.8)
    assert power_of(Design.normal(1), 0, seeds, effect) == pytest.approx(0.8, abs=3 * math.sqrt(0.16 / 400))


def test_six_seeds_show_a_difference_if_all_six_have_its_sign():
    """Six seeds reach their smallest p of 0.031 only if all differences have the same sign."""
    needed = stats.norm.ppf(0.8 ** (1 / 6))
    assert detectable(Design.normal(1), 0, 6) == pytest.approx(needed, rel=0.05)


@pytest.mark.parametrize("looks", [None, LOOKS])
@pytest.mark.parametrize("comparisons", [1, 3])
def test_the_simulation_decides_as_the_report_does(comparisons, looks):
    """The report drops comparisons that are already rejected (step-down), so it may decide a few more studies."""
    design, shift = Design.normal(comparisons, looks=looks), 1.0
    noise = design._noise(9)[:, :60]
    noise[0] += shift
    sizes = looks.sizes if looks else ()
    studies = [[sides(own, sizes) for own in noise[:, study]] for study in range(60)]
    claimed = np.array([adjusted(family, looks=looks)[0] < 0.05 for family in studies])
    shown = design.studies(9).with_difference(0, shift)[:60]
    assert 10 < shown.sum() < 55
    assert not (shown & ~claimed).any()
    assert (shown != claimed).sum() <= (0 if comparisons == 1 else 3)


def test_the_simulation_decides_equivalence_as_the_report_does():
    design, margin = Design.normal(2), 1.1
    noise = design._noise(8)[:, :60]
    studies = [[sides(own, shift=margin) for own in noise[:, study]] for study in range(60)]
    claimed = [adjusted(family, shifted=True, both=True)[0] < 0.05 for family in studies]
    shown = design.studies(8).within(margin)[0, :60]
    assert 10 < shown.sum() < 55
    assert shown.tolist() == claimed


def test_a_brute_force_simulation_has_the_power_that_was_asked_for():
    differences = observed(1, 10, seed=3)
    smallest = detectable_of(differences)[0]
    values = np.array([*differences[0].values()])
    centred = (values - values.mean()) * math.sqrt(10 / 9)
    drawn = np.random.default_rng(5).choice(centred, (1_000, 10))
    power = np.mean([sign_flip_p(own + smallest) < 0.05 for own in drawn])
    assert power == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / 400))


def test_what_is_detectable_grows_with_the_spread_and_the_family_and_not_with_the_observed_difference():
    alone = detectable_of(observed(1, 9))[0]
    apart = [{seed: 10 * value + 7 for seed, value in observed(1, 9)[0].items()}]
    assert detectable_of(apart)[0] == pytest.approx(10 * alone, rel=0.02)
    assert detectable_of(observed(5, 9))[0] > alone


def test_a_noisier_data_set_leaves_a_precise_one_its_power():
    designs = (Design(np.array([1.0, 20, 20]), datasets=datasets) for datasets in (("a", "b", "b"), ()))
    alone, shared = (detectable(design, 0, 10) for design in designs)
    assert 1 < alone < shared / 4


@pytest.mark.parametrize("pairs", [1, 2, 5])
def test_below_six_seeds_nothing_is_detectable(pairs):
    assert math.isnan(detectable_of(observed(2, pairs))[0])


def test_differences_that_do_not_vary_show_no_power():
    assert math.isnan(detectable_of([dict.fromkeys(range(8), 0.25)])[0])
    assert math.isnan(seeds_for_difference(Design.of([dict.fromkeys(range(8), 0.25)]), 0, 0.1))


def test_holm_needs_more_seeds_than_one_comparison():
    apart = Design.normal(1, level=0.05 / 5)
    assert math.isnan(detectable(apart, 0, 7))  # 2 / 2^7 is more than 0.05 / 5
    assert detectable(apart, 0, 9) > 1.2 * detectable(Design.normal(1), 0, 9)


def test_planned_looks_cost_a_little_power():
    looked, once = (detectable(Design.normal(1, looks=looks), 0, 12) for looks in (Looks([6, 9, 12]), None))
    assert once < looked < 1.25 * once


def test_a_family_of_a_thousand_is_answered_by_t():
    design = Design.normal(1_000)
    assert design.method(9) == "t"
    # solve_power is wrong here, because its two-sided power is NaN above 2.1
    assert TTestPower().power(detectable(design, 0, 9), 9, 0.025 / 1_000, alternative="larger") == pytest.approx(0.8)


def test_equivalence_by_t_is_that_of_an_exact_formula():
    """Without a difference, the probability that both one-sided t-tests succeed is integrated over the deviation."""
    margin, seeds = 0.7, 20
    generator = np.random.default_rng(0)
    spread = np.sqrt(generator.chisquare(seeds - 1, 100_000) / (seeds - 1))
    reach = margin * math.sqrt(seeds) - stats.t.ppf(0.95, seeds - 1) * spread
    exact = np.mean(np.maximum(0, 2 * stats.norm.cdf(reach) - 1))
    assert equivalence_power(Design.normal(1), 0, seeds, margin) == pytest.approx(exact, abs=0.01)
    needed = int(seeds_for_equivalence(Design.normal(1), 0, margin))
    powers = [equivalence_power(Design.normal(1), 0, number, margin) for number in (needed - 1, needed)]
    assert powers[0] < 0.8 <= powers[1]


def test_the_interval_of_a_standard_deviation_covers_it():
    low, high = spread_factors(3)
    assert (low, high) == (pytest.approx(0.5207, abs=1e-4), pytest.approx(6.2847, abs=1e-4))  # table of chi-square, 2
    drawn = np.random.default_rng(0).normal(size=(4_000, 3)).std(axis=1, ddof=1)
    assert np.mean((low * drawn < 1) & (high * drawn > 1)) == pytest.approx(0.95, abs=0.015)
