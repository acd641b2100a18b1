import math

import numpy as np
import pytest

from runner.reporting.statistics.ties import best_first, levelled, places


def test_what_differs_by_rounding_alone_is_levelled():
    values = np.array([0.3, 0.1 + 0.2, 0.3 + 1000.1 - 1000.1, 0.3001, math.nan, math.inf, -math.inf])
    level = levelled(values)
    assert len(set(level[:3])) == 1
    assert level[3] == 0.3001
    assert math.isnan(level[4])
    assert level[5:].tolist() == [math.inf, -math.inf]
    assert levelled([]).size == 0
    assert levelled([1.23e-7, 1.24e-7]).tolist() == [1.23e-7, 1.24e-7]  # small is not equal


def test_places_are_the_same_after_adding_and_subtracting_a_constant():
    generator = np.random.default_rng(0)
    for means in generator.integers(9700, 9706, (200, 6)) / 10_000:
        moved = means + 0.1 - 0.1 + 7 - 7
        assert places(means, np.zeros(6), 1).tolist() == places(moved, np.zeros(6), 1).tolist()


@pytest.mark.parametrize(("sign", "expected"), [(1, [1, 0, 3, 2, math.nan]), (-1, [0, 1, 3, 2, math.nan])])
def test_a_variant_that_diverged_comes_after_those_that_did_not(sign, expected):
    found = places([0.9, 0.95, math.nan, 0.99, math.nan], [0, 0, 1, 0.5, math.nan], sign)
    assert np.array_equal(found, expected, equal_nan=True)


def test_equals_stay_in_their_order_and_what_has_no_place_is_last():
    assert best_first(["a", "b", "c", "d"], np.array([math.nan, 1, 0, 1])) == ["c", "b", "d", "a"]
