"""Against R's output on Student's sleep data (`sleep` in R's datasets; Student 1908), and against enumeration."""

import itertools
import math

import numpy as np
import pytest

from runner.reporting.statistics import binomial_error, compare_paired, compare_unpaired, holm, summarize

ONE = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
OTHER = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_the_paired_interval_is_that_of_r():
    # t.test(ONE, OTHER, paired = TRUE): mean difference -1.58, 95 percent confidence interval -2.4598858 -0.7001142
    found = compare_paired(ONE, OTHER)
    assert found.difference == pytest.approx(-1.58)
    assert (found.ci_low, found.ci_high) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)
    # t = -4.0621 on 10 pairs: d_z = t / sqrt(10)
    assert found.effect_size == pytest.approx(-4.062128 / math.sqrt(10), abs=1e-6)


def test_the_unpaired_test_is_that_of_r():
    # t.test(ONE, OTHER): t = -1.8608, df = 17.776, p-value = 0.07939, confidence interval -3.3654832 0.2054832
    found = compare_unpaired(ONE, OTHER)
    assert found.p_value == pytest.approx(0.07939, abs=1e-5)
    assert (found.ci_low, found.ci_high) == pytest.approx((-3.3654832, 0.2054832), abs=1e-7)
    assert found.test == "Welch"


def test_the_exact_p_is_the_share_of_flips_that_are_as_extreme():
    differences = np.subtract(ONE, OTHER)
    means = [abs(np.mean(differences * signs)) for signs in itertools.product((1, -1), repeat=len(differences))]
    expected = np.mean(np.array(means) >= abs(differences.mean()) - 1e-12)
    found = compare_paired(ONE, OTHER)
    assert found.p_value == pytest.approx(expected)
    assert found.test == "paired sign-flip, exact"


@pytest.mark.parametrize("n", [5, 6, 8])
def test_no_p_is_below_two_in_two_to_the_n(n):
    assert compare_paired(np.arange(1.0, n + 1), np.zeros(n)).p_value == pytest.approx(2 / 2**n)


def test_more_than_fifteen_pairs_are_sampled():
    generator = np.random.default_rng(0)
    found = compare_paired(generator.normal(0.0, 1, 40), np.zeros(40))
    assert "9999 samples" in found.test
    assert 0.05 < found.p_value < 1


def test_the_bootstrap_interval_covers_the_mean_and_says_nothing_of_two_values():
    found = compare_paired(ONE, OTHER)
    assert found.ci_low - 0.3 < found.bca_low < found.difference < found.bca_high < found.ci_high + 0.3
    assert math.isnan(compare_paired(ONE[:2], OTHER[:2]).bca_low)


def test_a_deviation_that_is_only_rounding_is_none():
    found = compare_paired([0.953, 0.905, 0.933], [0.96, 0.912, 0.94])  # 0.007 in every pair, but for the last digits
    assert (found.ci_low, found.ci_high) == pytest.approx((-0.007, -0.007))
    assert found.p_value == pytest.approx(2 / 2**3)
    assert np.isnan([found.effect_size, found.bca_low, found.bca_high]).all()
    apart = compare_unpaired([0.953] * 7, [0.96] * 7)
    assert apart.p_value == pytest.approx(0)
    assert np.isnan([apart.effect_size, apart.bca_low, apart.bca_high]).all()
    assert compare_paired([1e-3, 2e-3, 4e-3], [0.0, 0.0, 0.0]).effect_size == pytest.approx(1.5275, abs=1e-4)


def test_values_that_differ_by_rounding_alone_are_equal():
    one, other = [0.1 + 0.2] * 7, [0.3] * 7
    paired, unpaired = compare_paired(one, other), compare_unpaired(one, other)
    assert (paired.difference, paired.p_value, paired.win_probability) == (0, 1, 0.5)
    assert math.isnan(unpaired.p_value)
    assert unpaired.win_probability == 0.5


def test_the_probability_of_winning_counts_ties_half():
    assert compare_paired([1.0, 2.0], [1.0, 1.0]).win_probability == pytest.approx(0.75)
    assert compare_unpaired([3.0, 3.0], [1.0, 2.0]).win_probability == 1


def test_a_summary_is_that_of_r():
    # mean(ONE) 0.75, sd 1.78901, median 0.35, mean(ONE, trim = 0.25) 0.5333333
    found = summarize(ONE)
    assert (found.mean, found.std, found.median) == pytest.approx((0.75, 1.78901, 0.35), abs=1e-5)
    assert found.iqm == pytest.approx(0.5333333, abs=1e-6)
    assert found.standard_error == pytest.approx(1.78901 / math.sqrt(10), abs=1e-5)
    # t.test(ONE): 95 percent confidence interval -0.5297804 2.0297804
    assert (found.ci_low, found.ci_high) == pytest.approx((-0.5297804, 2.0297804), abs=1e-6)


def test_one_value_has_no_deviation_and_no_interval():
    found = summarize([0.5])
    assert found.mean == found.median == found.iqm == 0.5
    assert all(math.isnan(value) for value in (found.std, found.ci_low, found.ci_high))


def test_holm_is_that_of_r():
    # p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm"): 0.04 0.06 0.06 0.06
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    adjusted = holm([0.04, math.nan, 0.01])
    assert adjusted[0] == pytest.approx(0.04)
    assert math.isnan(adjusted[1])
    assert holm([]) == []


def test_the_test_set_s_own_error_is_a_tenth_of_a_point_at_99_percent():
    assert binomial_error(0.99, 10_000) == pytest.approx(0.000995, abs=1e-6)
