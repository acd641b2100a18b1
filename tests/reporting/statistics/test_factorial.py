import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.anova import AnovaRM

from runner.reporting.statistics import factorial
from runner.reporting.statistics.factorial import MOST_CONTRASTS, effects
from runner.reporting.statistics.significance.sign_flips import exact_interval, sign_flip_p


def draw(*shape, seed=0):
    """Draw scores with an effect of the seed."""
    generator = np.random.default_rng(seed)
    return generator.standard_normal(shape) + 2 * generator.standard_normal((shape[0], *[1] * (len(shape) - 1)))


def by_name(scores):
    return {(effect.axes, effect.levels): effect for effect in effects(scores)}


def test_contrasts_of_two_axes_with_two_levels_are_those_of_the_formulas_by_hand():
    scores = draw(7, 2, 2)
    a, b, c, d = (scores[:, i, j] for i, j in itertools.product(range(2), repeat=2))
    contrasts = {((0,), (1,)): (c + d - a - b) / 2, ((1,), (1,)): (b + d - a - c) / 2, ((0, 1), (1, 1)): d - b - c + a}
    found = by_name(scores)
    assert found.keys() == contrasts.keys()
    for name, values in contrasts.items():
        low, high = stats.t.interval(0.95, 6, values.mean(), stats.sem(values))
        own = found[name].difference
        assert (own.mean, own.low, own.high) == pytest.approx((values.mean(), low, high))
        assert found[name].p_value == sign_flip_p(values)
        assert (found[name].exact_low, found[name].exact_high) == pytest.approx(exact_interval(values))
        assert found[name].direction == np.sign(values.mean())
    simple = found[(0, 1), (1, 1)].simple
    assert [one.mean for one in simple] == pytest.approx([(c - a).mean(), (d - b).mean()])


def test_each_level_is_contrasted_with_the_first_and_averaged_over_all_other_axes():
    scores = draw(4, 2, 3, 2)
    found = by_name(scores)
    assert found[(1,), (2,)].difference.mean == pytest.approx((scores[:, :, 2] - scores[:, :, 0]).mean())
    crossed = scores[:, 1, 2] - scores[:, 0, 2] - scores[:, 1, 0] + scores[:, 0, 0]
    assert found[(0, 1), (1, 2)].difference.mean == pytest.approx(crossed.mean())
    # The axis with fewer levels comes first: its effect is stated at the levels of the other.
    assert {axes for axes, _ in found} == {(0,), (1,), (2,), (0, 1), (0, 2), (2, 1)}
    assert found[(2, 1), (1, 2)].difference.mean == pytest.approx(
        (scores[:, :, 2, 1] - scores[:, :, 2, 0] - scores[:, :, 0, 1] + scores[:, :, 0, 0]).mean()
    )


@pytest.mark.parametrize("levels", [(3, 4), (2, 3), (4, 3)])
def test_f_is_that_of_the_repeated_measures_analysis_of_variance(levels):
    scores = draw(5, *levels)
    places = np.indices(scores.shape).reshape(3, -1)
    frame = pd.DataFrame(dict(zip(("seed", "a", "b"), places, strict=True)) | {"score": scores.ravel()})
    table = AnovaRM(frame, "score", "seed", within=["a", "b"]).fit().anova_table["F Value"]
    found = {tuple(sorted(effect.axes)): effect.f_value for effect in effects(scores) if not effect.levels}
    expected = {(0,): table["a"], (1,): table["b"], (0, 1): table["a:b"]}
    assert found == pytest.approx({axes: expected[axes] for axes in found})
    assert len(found) == sum(size > 2 for size in levels) + 1


def test_an_axis_with_two_levels_has_no_omnibus_test():
    assert all(effect.levels for effect in effects(draw(4, 2, 2, 2)))


def every_permutation(scores):
    """Return the p value over all (levels!)^seeds orders of the levels or, for an interaction, of the profiles."""
    orders = [*itertools.permutations(range(scores.shape[-1]))]

    def size(table):
        means = table.mean(axis=0)
        means = means - means.mean(axis=-1, keepdims=True)
        return np.square(means - means.mean(axis=0) if means.ndim > 1 else means).sum()

    drawn = [
        size(np.stack([own[..., order] for own, order in zip(scores, chosen, strict=True)]))
        for chosen in itertools.product(orders, repeat=len(scores))
    ]
    return np.mean(np.array(drawn) >= size(scores) - 1e-9)


def test_an_omnibus_p_value_is_the_share_of_all_orders_within_the_seeds():
    scores = np.round(draw(4, 2, 3, seed=2), 1)  # with ties
    found = by_name(scores)
    assert found[(1,), ()].p_value == pytest.approx(every_permutation(scores.mean(axis=1)))
    profiles = scores - scores.mean(axis=1, keepdims=True)
    assert found[(0, 1), ()].p_value == pytest.approx(every_permutation(profiles))
    assert found[(1,), ()].test == "levels permuted within seeds, exact"
    assert found[(1,), ()].least == 1 / 6**3


def test_sampled_orders_give_nearly_the_exact_p_value_and_never_zero(monkeypatch):
    scores = draw(5, 2, 3, seed=4)
    exact = by_name(scores)
    monkeypatch.setattr(factorial, "_MOST_PERMUTATIONS", 1)
    sampled = by_name(scores)
    for name in (((1,), ()), ((0, 1), ())):
        assert sampled[name].test == "levels permuted within seeds, 9999 samples"
        assert sampled[name].p_value == pytest.approx(exact[name].p_value, abs=0.02)
    far = by_name(draw(9, 2, 3) + np.array([0, 100, 300]))[(1,), ()]
    assert far.p_value == far.least == 1e-4  # the observed order also counts


def test_main_effects_of_any_size_leave_an_interaction_as_it_is():
    scores = draw(4, 3, 3)
    shifted = scores + np.array([0, 50, -70])[:, None] + np.array([0, 300, 20])
    for name, effect in by_name(scores).items():
        if len(name[0]) == 2:
            assert by_name(shifted)[name].p_value == effect.p_value
            assert by_name(shifted)[name].f_value == pytest.approx(effect.f_value, nan_ok=True)


def test_rounding_errors_are_no_effects():
    """0.1 + 0.2 is not exactly 0.3, so differences of equal differences may differ in their last digits."""
    scores = np.tile([[0.1, 0.3, 0.5], [0.4, 0.6, 0.8]], (6, 1, 1)) + np.arange(6)[:, None, None] / 7
    found = by_name(scores)
    assert [found[(0, 1), levels].p_value for levels in ((), (1, 1), (1, 2))] == [1, 1, 1]
    assert np.isnan(found[(0, 1), ()].f_value)
    assert found[(0, 1), (1, 1)].direction == 0
    main = found[(0,), (1,)]
    assert (main.p_value, main.difference.mean) == pytest.approx((2 / 2**6, 0.3))
    assert np.isnan([main.difference.low, main.exact_low]).all()
    assert found[(1,), ()].f_value == np.inf


def test_the_smallest_p_values_are_reached():
    scores = np.zeros((4, 2, 3))
    scores[:, 1, 2], scores[:, 0, 1] = 1, 0.5
    scores += np.random.default_rng(0).normal(0, 1e-3, scores.shape)
    for effect in effects(scores):
        assert effect.p_value == pytest.approx(effect.least)


def test_an_effect_with_very_many_contrasts_has_its_omnibus_test_alone():
    found = by_name(draw(3, 3, MOST_CONTRASTS + 2))
    assert sorted(found) == [((0,), ()), ((0,), (1,)), ((0,), (2,)), ((0, 1), ()), ((1,), ())]
    assert len(by_name(draw(3, 2, MOST_CONTRASTS + 1))) == 1 + 2 * (1 + MOST_CONTRASTS)


def test_a_large_grid_is_sampled_less_often(monkeypatch):
    monkeypatch.setattr(factorial, "_MOST_CELLS", 400_000)
    tests = {effect.axes: effect.test for effect in effects(draw(4, 10, 10)) if not effect.levels}
    assert tests[0, 1] == "levels permuted within seeds, 1000 samples"
    assert tests[(0,)] == "levels permuted within seeds, 9999 samples"
