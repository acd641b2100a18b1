import itertools

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.tuning_curve import best_so_far, tuning_curve, winning_probabilities

LOST = float("nan")
SCORES = [0.52, 0.97, 0.31, 0.93, 0.52, 0.86, 0.75]


def winners(scores, budget, sign):
    """Return the winner of every subset of this size; None if no point in it has a score."""
    for draw in itertools.combinations(range(len(scores)), budget):
        scored = [point for point in draw if np.isfinite(scores[point])]
        yield max(scored, key=lambda point: (sign * scores[point], -point)) if scored else None


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("scores", [[0.4, 0.9, 0.7, 0.7, 0.1, 0.8], [0.4, LOST, 0.7, 0.7, LOST, float("inf")]])
def test_every_subset_of_the_points_gives_the_same_means_and_shares(scores, sign):
    tested = [0.3, 0.6, 0.9, 0.2, 0.8, 0.1]
    curve = tuning_curve(scores, tested, sign)
    for budget in range(1, 7):
        drawn = list(winners(scores, budget, sign))
        best = [point for point in drawn if point is not None]
        assert curve.without_score[budget - 1] == pytest.approx(1 - len(best) / len(drawn))
        assert curve.expected[budget - 1] == pytest.approx(np.mean([scores[point] for point in best]))
        assert curve.expected_test[budget - 1] == pytest.approx(np.mean([tested[point] for point in best]))


def test_the_range_leaves_at_most_one_fortieth_of_all_subsets_on_each_side():
    scores = np.random.default_rng(3).permutation(np.repeat(np.arange(7.0), 2))  # ties
    curve = tuning_curve(scores, scores, 1)
    for budget in range(1, 15):
        best = np.array([max(draw) for draw in itertools.combinations(scores, budget)])
        low, high = curve.low[budget - 1], curve.high[budget - 1]
        assert np.mean(best < low) < 0.025 <= np.mean(best <= low)
        assert np.mean(best > high) < 0.025 <= np.mean(best >= high)


def test_the_means_are_those_of_opda():
    # opda 0.8.0, EmpiricalDistribution(SCORES).u_tuning_curve([1, 2, 3, 5, 7], minimize=...)
    highest = [0.6942857142857143, 0.8438095238095238, 0.908, 0.9552380952380952, 0.97]
    lowest = [0.6942857142857143, 0.5447619047619048, 0.4594285714285714, 0.37, 0.31]
    for sign, published in ((1, highest), (-1, lowest)):
        assert tuning_curve(SCORES, SCORES, sign).expected[[0, 1, 2, 4, 6]] == pytest.approx(published)


def test_many_equal_copies_of_the_points_give_the_formula_with_replacement():
    """Dodge et al. 2019: the sum over the scores of score x (P(score or less)^k - P(less)^k)."""
    scores, shares = np.unique(SCORES, return_counts=True)
    reached = np.concatenate([[0.0], np.cumsum(shares) / len(SCORES)])
    curve = tuning_curve(np.tile(SCORES, 100), np.zeros(700), 1)
    for budget in (1, 2, 5, 10):
        assert curve.expected[budget - 1] == pytest.approx(scores @ np.diff(reached**budget), abs=1e-3)


def test_a_range_is_open_on_the_side_of_draws_without_a_score():
    for sign, side in ((1, "low"), (-1, "high")):
        curve = tuning_curve([0.5, 0.6, LOST, LOST], [0.0] * 4, sign)
        assert curve.without_score == pytest.approx([1 / 2, 1 / 6, 0, 0])
        assert np.isnan(getattr(curve, side)).tolist() == [True, True, False, False]


def test_of_equal_scores_the_first_point_wins_even_if_they_differ_by_rounding():
    assert tuning_curve([0.1 + 0.2, 0.3, 0.1], [1.0, 2.0, 3.0], 1).expected_test[-1] == 1
    assert tuning_curve([0.3, 0.1 + 0.2, 0.1], [1.0, 2.0, 3.0], 1).expected_test[-1] == 1


def test_an_unknown_test_score_matters_only_where_its_point_can_win():
    curve = tuning_curve([0.5, 0.6, 0.7], [LOST, 0.2, 0.3], 1)
    assert np.isnan(curve.expected_test).tolist() == [True, False, False]


def test_no_score_at_all_leaves_the_curve_unknown():
    curve = tuning_curve([LOST] * 6, [0.1] * 6, 1)
    assert np.isnan([curve.expected, curve.low, curve.high, curve.expected_test]).all()
    assert curve.without_score.tolist() == [1] * 6


def test_probabilities_of_a_thousand_points_do_not_overflow():
    for budget in (1, 500, 1000):
        wins = winning_probabilities(budget, 1000)
        assert wins.sum() == pytest.approx(1)
        assert wins[0] == pytest.approx(budget / 1000)


def test_the_mean_of_a_sample_is_unbiased_for_the_best_of_new_points():
    """The expected maximum of k uniform numbers is k / (k + 1); draws with replacement would give less."""
    generator = np.random.default_rng(5)
    curves = [tuning_curve(own, own, 1).expected for own in generator.random((400, 8))]
    error = np.std(curves, axis=0, ddof=1) / np.sqrt(len(curves))
    assert np.all(np.abs(np.mean(curves, axis=0) - np.arange(1, 9) / np.arange(2, 10)) < 3.5 * error)


def test_the_interval_of_the_median_is_that_of_a_quantile():
    scores = np.random.default_rng(6).normal(size=30)
    for sign in (1, -1):
        curve = tuning_curve(scores, scores, sign)
        for budget in (1, 2, 5, 30):
            quantile = 0.5 ** (1 / budget) if sign > 0 else 1 - 0.5 ** (1 / budget)
            found = stats.quantile_test(scores, p=quantile).confidence_interval(0.95)
            place = budget - 1
            bounds = [curve.median_low[place], curve.median_high[place]]
            assert bounds == pytest.approx([found.low, found.high], nan_ok=True)


def test_the_interval_of_the_median_covers_it_in_19_of_20_samples_at_least():
    """The median best of k uniform numbers is 0.5^(1 / k)."""
    generator = np.random.default_rng(7)
    truth = 0.5 ** (1 / np.arange(1, 13))
    covered = np.zeros(12)
    for own in generator.random((400, 12)):
        curve = tuning_curve(own, own, 1)
        covered += (np.nan_to_num(curve.median_low) <= truth) & (truth <= np.nan_to_num(curve.median_high, nan=1.0))
    error = np.sqrt(0.95 * 0.05 / 400)
    assert np.all(covered / 400 > 0.95 - 2.5 * error)
    assert np.mean(covered / 400) < 0.995  # not because it is unbounded


def test_an_interval_has_no_bound_where_points_lack_a_score_or_are_too_few():
    curve = tuning_curve([*np.linspace(0.1, 0.9, 9), LOST], np.zeros(10), 1)
    assert np.isnan(curve.median_high).tolist() == [False, *[True] * 9]
    assert not np.isnan(curve.median_low).any()
    assert np.isnan(tuning_curve([0.5, *[LOST] * 9], np.zeros(10), 1).median_low[0])


@pytest.mark.parametrize("sign", [1, -1])
def test_of_one_search_the_curve_is_the_best_so_far(sign):
    scores = [LOST, 0.4, 0.9, 0.7, LOST, 0.95, 0.1]
    tested = [0.0, 0.5, 0.8, 0.9, 0.0, LOST, 0.2]
    curve = best_so_far(scores, tested, sign)
    for budget in range(1, 8):
        known = [place for place in range(budget) if np.isfinite(scores[place])]
        best = max(known, key=lambda place: sign * scores[place], default=None)
        expected = (LOST, LOST) if best is None else (scores[best], tested[best])
        assert (curve.expected[budget - 1], curve.expected_test[budget - 1]) == pytest.approx(expected, nan_ok=True)
        assert curve.without_score[budget - 1] == (best is None)
    assert np.isnan([curve.low, curve.high, curve.median, curve.median_low, curve.median_high]).all()
