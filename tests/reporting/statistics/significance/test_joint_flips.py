"""Joint flips compared with a different enumeration, and with published boundaries of group-sequential designs."""

import itertools

import numpy as np
import pytest
from scipy import stats

from runner.records.design import Looks
from runner.reporting.statistics.significance.joint_flips import Sides, adjusted, repeated_interval
from runner.reporting.statistics.significance.sign_flips import exact_interval, sign_flip_p

LOOKS = Looks([4, 7, 10])
ONE_LOOK = Looks([8])


def sides(differences, sizes=(), shift=0.0, dataset=""):
    """Return the values to flip at each look: the first differences of each comparison."""
    looks = []
    for size in sizes or [len(differences)]:
        units = enumerate(differences[:size])
        looks.append(tuple(map(dict, zip(*(((n, d + shift), (n, -d + shift)) for n, d in units), strict=True))))
    return Sides(looks, dataset=dataset)


def brute_force(differences, datasets):
    """Adjust over all flips, one at a time: step-down, by the sizes of means scaled within each data set."""
    rows = np.array(differences, float)
    spread = np.sqrt((rows**2).mean(axis=1))
    of = [sorted(spread[place] for place, name in enumerate(datasets) if name == own) for own in datasets]
    rows = rows / np.maximum(spread, [own[(len(own) - 1) // 2] for own in of])[:, None]
    observed, found, reached = np.abs(rows.sum(axis=1)), {}, 0.0
    for place in np.argsort(-observed):
        left = [other for other in range(len(rows)) if other not in found]
        flips = [np.abs((rows[left] * signs).sum(axis=1)).max() for signs in itertools.product((1, -1), repeat=8)]
        reached = max(reached, np.mean(np.array(flips) >= observed[place] - 1e-9))
        found[place] = reached
    return [found[place] for place in range(len(rows))]


@pytest.mark.parametrize("seed", range(4))
def test_the_adjusted_p_is_the_share_of_joint_flips_with_a_statistic_as_extreme(seed):
    differences = np.random.default_rng(seed).normal(0.5, [[1], [0.3], [1], [4]], (4, 8)).round(2)
    for datasets in ("aaaa", "aabb"):
        family = [sides(own, dataset=name) for own, name in zip(differences, datasets, strict=True)]
        assert adjusted(family) == pytest.approx(brute_force(differences, datasets))


def test_a_comparison_with_ties_does_not_come_before_clearer_ones():
    """With 3 of 8 differences above 0, it has p = 0.25 at best; the others have the smallest possible p."""
    differences = [[1, 2, 1, 2, 1, 2, 1, 2], [0, 0, 0, 0, 0, 3, 3, 3], [2, 1, 2, 1, 2, 1, 2, 1]]
    found = adjusted([sides(own) for own in differences])
    assert found == pytest.approx(brute_force(differences, "aaa"))
    assert found == pytest.approx([2 / 2**8, 0.25, 2 / 2**8])


def test_a_noisy_data_set_does_not_hide_a_precise_one():
    generator = np.random.default_rng(5)
    differences = [generator.normal(0.01, 0.003, 8), *generator.normal(0, 1, (2, 8))]
    precise, *noisy = adjusted([sides(own, dataset=name) for own, name in zip(differences, "abb", strict=True)])
    assert precise < 0.05 < min(noisy)
    assert adjusted([sides(own) for own in differences])[0] > 0.05  # on one scale


def test_of_one_comparison_p_is_that_of_the_sign_flip_test():
    differences = np.random.default_rng(0).normal(0.5, 1, 9)
    assert adjusted([sides(differences)]) == [sign_flip_p(differences)]


def test_comparisons_that_are_equal_count_once():
    """Holm would multiply by three."""
    differences = np.random.default_rng(0).normal(0.5, 1, 9)
    assert adjusted([sides(differences)] * 3) == [sign_flip_p(differences)] * 3


def test_equivalence_of_one_comparison_is_the_larger_of_the_two_one_sided_p():
    differences = np.random.default_rng(1).normal(0.2, 1, 9)
    higher, lower = (sign_flip_p(1 + sign * differences, alternative="greater") for sign in (1, -1))
    assert adjusted([sides(differences, shift=1)], shifted=True, both=True) == [max(higher, lower)]


def test_seeds_that_a_comparison_lacks_are_left_out():
    both = np.random.default_rng(2).normal(0.5, 1, (2, 8))
    whole, part = adjusted([sides(both[0]), sides(both[1][:5])])
    assert whole >= sign_flip_p(both[0])
    assert part >= sign_flip_p(both[1][:5])


def test_beyond_17_seeds_flips_are_drawn_and_the_observed_one_counts():
    assert adjusted([sides(np.ones(20))]) == [pytest.approx(1e-5, abs=2e-5)]
    assert adjusted([sides(np.ones(20))])[0] > 0


@pytest.mark.parametrize("spending", ["pocock", "obrien_fleming"])
@pytest.mark.parametrize("both", [False, True])
def test_over_planned_looks_at_most_5_percent_of_all_flips_claim_something(spending, both):
    """Every flip of two comparisons is analysed as if it had been observed, so the count is exact."""
    looks = Looks([4, 6, 8], spending)
    differences = np.random.default_rng(3).normal(0, 1, (2, 8))
    claims = []
    for signs in itertools.islice(itertools.product((1, -1), repeat=8), 0, None, 2 if both else 1):
        family = [sides(own * signs, looks.sizes) for own in differences]
        p_values = adjusted(family, shifted=both, both=both, looks=looks)
        claims.append(min(p_values) < 0.05)
    assert np.mean(claims) <= 0.05
    assert np.mean(claims) >= (0 if both else 0.03)  # a test that never makes a claim would also pass


def test_a_claim_at_an_early_look_stays_and_the_last_one_may_spend_all():
    early = np.r_[np.linspace(0.9, 1.1, 8), [-5.0] * 4]
    assert adjusted([sides(early, (8, 12))], looks=Looks([8, 12]))[0] < 0.05
    assert adjusted([sides(early)])[0] > 0.05
    late = np.random.default_rng(5).normal(1.0, 1, 12)
    p_value = adjusted([sides(late, (4, 12))], looks=Looks([4, 12], "obrien_fleming"))[0]
    assert p_value == pytest.approx(sign_flip_p(late), rel=2e-3)  # 4 seeds could not spend anything


def test_a_look_that_may_not_spend_enough_claims_nothing():
    """Eight pairs reach 2 / 2^8 = 0.0078; O'Brien and Fleming's first look may spend 0.00003."""
    clear = sides(np.linspace(0.9, 1.1, 8), (8,))
    assert adjusted([clear], looks=Looks([8, 30], "obrien_fleming"))[0] > 0.05
    assert adjusted([clear], looks=Looks([8, 30], "pocock"))[0] < 0.05


def test_a_comparison_without_a_look_has_no_p():
    found = adjusted([sides(np.ones(8), (4,)), Sides([])], looks=LOOKS)
    assert np.isnan(found[1])
    assert not np.isnan(found[0])


def test_with_one_look_the_repeated_interval_is_the_exact_one():
    differences = np.random.default_rng(0).normal(0.5, 1, 8)
    found = repeated_interval([dict(enumerate(differences))], ONE_LOOK)
    assert found == pytest.approx(exact_interval(differences), abs=1e-5)


def test_the_repeated_interval_excludes_0_where_the_test_claims_at_its_last_look():
    for seed in range(12):
        differences = np.random.default_rng(seed).normal(0.9, 1, 10)
        low, high = repeated_interval([dict(enumerate(differences[:size])) for size in LOOKS.sizes], LOOKS)
        claims = adjusted([sides(differences, LOOKS.sizes)], looks=LOOKS)[0] < 0.05
        excludes = low > 0 or high < 0
        assert claims or not excludes  # an earlier look may also have made the claim


def test_the_repeated_interval_is_unbounded_where_a_look_may_not_spend_enough():
    assert np.isnan(repeated_interval([dict(enumerate(range(4)))], LOOKS)).all()


def test_the_boundaries_for_many_seeds_are_those_of_published_designs():
    """Two equal looks, two-sided 5%: Pocock-like spending gives 2.157 and 2.201, O'Brien-Fleming-like 2.963 and 1.969.

    Source: Jennison & Turnbull 2000, "Group sequential methods", section 7.2, by Armitage's recursion;
    this test simulates the normal limit instead.
    """
    generator = np.random.default_rng(0)
    first, more = generator.standard_normal((2, 400_000))
    at = [np.abs(first), np.abs(first + more) / np.sqrt(2)]
    for spending, boundaries in (("pocock", (2.157, 2.201)), ("obrien_fleming", (2.963, 1.969))):
        looks = Looks([100, 200], spending)
        assert looks.spent(0, 0.05) == pytest.approx(2 * stats.norm.sf(boundaries[0]), rel=0.01)
        crossed = (at[0] > boundaries[0]) | (at[1] > boundaries[1])
        assert crossed.mean() == pytest.approx(0.05, abs=0.0015)


@pytest.mark.parametrize("both", [False, True])
def test_what_an_early_look_has_claimed_stays_whatever_the_others_do(both):
    for seed in range(6):
        differences = np.random.default_rng(seed).normal(0 if both else 0.7, 1, (3, 10))
        shift = 1.5 if both else 0.0
        before = np.ones(3)
        for look in (1, 2, 3):
            # The first comparison stops after its first look.
            sizes = [LOOKS.sizes[: 1 if place == 0 else look] for place in range(3)]
            family = [sides(own, of, shift) for own, of in zip(differences, sizes, strict=True)]
            now = np.array(adjusted(family, shifted=both, both=both, looks=LOOKS))
            assert (now <= before).all()
            before = now
