import numpy as np
import pytest
from scipy.stats import permutation_test

from runner.reporting.statistics.significance.attainability import (
    EXACT_PAIRS,
    FLIPS,
    seeds_needed,
    smallest_equivalence_p,
    smallest_p,
)


@pytest.mark.parametrize("pairs", [3, 5, 6])
def test_the_smallest_p_is_that_of_differences_with_one_sign(pairs):
    differences = np.linspace(0.1, 0.2, pairs)
    exact = permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert smallest_p(pairs, 1) == pytest.approx(exact.pvalue)


def test_the_seeds_needed_are_those_of_the_known_cases():
    # n = 5: 0.0625, n = 6: 0.031; Holm over 5 comparisons needs 8 (0.0078 * 5 = 0.039).
    assert [seeds_needed(1), seeds_needed(5)] == [6, 8]
    for comparisons in range(1, 20):
        needed = seeds_needed(comparisons)
        assert smallest_p(needed, comparisons) < 0.05 <= smallest_p(needed - 1, comparisons)


def test_holm_multiplies_the_smallest_p_by_the_number_of_comparisons():
    assert smallest_p(6, 3) == 3 / 32
    assert smallest_p(3, 5) == 1.0


def test_where_flips_are_drawn_no_p_is_below_one_in_as_many_and_the_observed_one():
    assert smallest_p(EXACT_PAIRS + 1, 1) == pytest.approx(1 / (FLIPS + 1))
    assert smallest_p(EXACT_PAIRS + 1, 6_000) >= 0.05


def test_the_smallest_p_of_equivalence_is_that_of_shifted_differences_with_one_sign():
    exact = permutation_test(
        (np.ones(7),), np.sum, permutation_type="samples", alternative="greater", n_resamples=np.inf
    )
    assert smallest_equivalence_p(7, 1) == pytest.approx(exact.pvalue)
    assert [smallest_equivalence_p(6, comparisons) < 0.05 for comparisons in (3, 4)] == [True, False]
