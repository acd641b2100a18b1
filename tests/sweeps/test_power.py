import itertools

import numpy as np
import pytest
from scipy.stats import permutation_test

from runner.sweeps.power import power_warning, seeds_needed, smallest_p


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


def test_a_warning_names_the_number_that_can():
    assert power_warning(6, 1) is None
    assert power_warning(1, 0) is None
    assert "1 seed cannot reach p < 0.05 over 2 comparisons:" in power_warning(1, 2)
    assert "5 seeds cannot reach p < 0.05 over 1 comparison:" in power_warning(5, 1)
    assert "seeds=8" in power_warning(7, 5)
    assert list(itertools.takewhile(lambda n: power_warning(n, 3), range(1, 99)))[-1] == 6
