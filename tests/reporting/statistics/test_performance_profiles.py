import numpy as np
import pytest

from runner.reporting.statistics.performance_profiles import profile, profile_score, ratios_to_fastest

MISSED = np.inf
# Three variants on four workloads; all of them miss the last.
TIMES = np.array([[2.0, 4.0, 3.0], [10.0, 5.0, 25.0], [1.0, MISSED, 1.0], [MISSED, MISSED, MISSED]])


def ratios():
    return ratios_to_fastest(TIMES, TIMES.min(axis=1, keepdims=True))


def test_times_are_divided_by_the_fastest_on_each_workload_and_a_miss_is_infinite():
    assert ratios().tolist() == [[1, 2, 1.5], [2, 1, 5], [1, MISSED, 1], [MISSED] * 3]
    assert ratios_to_fastest([0.0, 1.0], [0.0, 0.0]).tolist() == [1, MISSED]


@pytest.mark.parametrize(
    ("variant", "steps", "shares", "score"),
    [
        (0, [1, 2], [0.5, 0.75], (0.5 * 1 + 0.75 * 2) / 3),
        (1, [1, 2], [0.25, 0.5], (0.25 * 1 + 0.5 * 2) / 3),
        (2, [1, 1.5, 5], [0.25, 0.5, 0.75], (0.25 * 0.5 + 0.5 * 2.5) / 3),
    ],
)
def test_the_profile_and_its_mean_height_up_to_four_are_those_of_a_hand_made_table(variant, steps, shares, score):
    own = ratios()[:, variant]
    assert [values.tolist() for values in profile(own)] == [steps, shares]
    assert profile_score(own) == pytest.approx(score)


def test_the_score_is_the_integral_of_the_profile():
    """AlgoPerf integrates by the trapezoidal rule over a grid of ratios."""
    own = 1 + np.random.default_rng(0).exponential(2, 30)
    grid = np.linspace(1, 4, 30_001)
    heights = (own <= grid[:, None]).mean(axis=1)
    assert profile_score(own) == pytest.approx(np.trapezoid(heights, grid) / 3, abs=1e-4)


def test_always_the_fastest_scores_1_and_never_within_four_times_the_fastest_0():
    assert profile_score([1.0, 1.0]) == 1
    assert profile_score([4.0, 7.0, MISSED]) == 0
    assert [values.tolist() for values in profile([MISSED])] == [[1], [0]]
