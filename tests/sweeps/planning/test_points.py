from collections import Counter

import numpy as np
import pytest
from scipy import stats

from runner.core.errors import ConfigError
from runner.sweeps.planning.points import tuning_points
from runner.sweeps.planning.study import Tune

RATE = {"low": 1e-4, "high": 1.0, "log": True}
SHARE = {"low": 0.0, "high": 1.0}


def points(axes, name="a", **keys):
    tune = Tune.model_validate({"axes": axes} | keys)
    return tuning_points(tune, tune.axes, name)


def numbers(points, at=0):
    return np.array([float(point[at].partition("=")[2]) for point in points])


@pytest.mark.parametrize("sampler", ["random", "sobol"])
class TestASample:
    def test_has_as_many_points_as_the_budget_and_is_the_same_each_time(self, sampler):
        drawn = points({"rate": RATE, "share": SHARE}, sampler=sampler, budget=11)
        assert len({tuple(point) for point in drawn}) == 11
        assert drawn == points({"rate": RATE, "share": SHARE}, sampler=sampler, budget=11)
        assert drawn != points({"rate": RATE, "share": SHARE}, sampler=sampler, budget=11, sampler_seed=1)

    def test_keeps_its_points_in_a_larger_budget(self, sampler):
        small, large = (points({"rate": RATE, "units": [1, 2]}, sampler=sampler, budget=size) for size in (5, 20))
        assert large[:5] == small

    def test_draws_the_same_numbers_for_a_key_that_variants_share(self, sampler):
        both = {"rate": RATE, "share": SHARE}
        tune = Tune.model_validate(
            {"axes": {"rate": RATE}, "per_variant": {"b": both}, "sampler": sampler, "budget": 9}
        )
        one, other = (tuning_points(tune, tune.axes_of(name), name) for name in ("a", "b"))
        assert list(numbers(one)) == list(numbers(other))
        again = tune.model_copy(update={"per_variant": {}})
        assert tuning_points(again, tune.axes, "a") == one  # regardless of later variants and keys

    def test_tries_no_point_twice_and_all_of_a_small_space(self, sampler):
        axes = {"units": {"low": 1, "high": 3}, "kind": ["x", "y"]}
        assert len({tuple(point) for point in points(axes, sampler=sampler, budget=5)}) == 5
        every = points(axes, sampler=sampler, budget=60)
        assert sorted(map(tuple, every)) == [(f"units={n}", f"kind={kind}") for n in (1, 2, 3) for kind in "xy"]

    def test_finds_rare_values_too(self, sampler):
        axes = {"width": {"low": 1, "high": 200, "log": True}}
        assert len({tuple(point) for point in points(axes, sampler=sampler, budget=199)}) == 199


def test_random_points_are_uniform_on_the_scale_of_each_axis():
    drawn = points({"rate": RATE, "share": SHARE}, sampler="random", budget=2000)
    rates, shares = np.log10(numbers(drawn)) / 4 + 1, numbers(drawn, 1)
    assert stats.kstest(rates, "uniform").pvalue > 0.01
    assert stats.kstest(shares, "uniform").pvalue > 0.01
    assert abs(stats.spearmanr(rates, shares).statistic) < 0.06


def test_sobol_points_fill_every_box_of_equal_size_once():
    drawn = points({"x": SHARE, "y": SHARE, "z": SHARE}, sampler="sobol", budget=16)
    for at in range(3):
        assert sorted((numbers(drawn, at) * 16).astype(int)) == list(range(16))
    boxes = Counter(zip(*((numbers(drawn, at) * 4).astype(int) for at in (0, 1)), strict=True))
    assert set(boxes.values()) == {1}
    assert len(boxes) == 16


def test_the_default_is_a_grid_of_lists_and_a_random_sample_of_ranges():
    assert Tune.model_validate({"axes": {"rate": [1, 2]}}).method == "grid"
    assert Tune.model_validate({"axes": {"rate": [1, 2], "share": SHARE}}).method == "random"


def test_a_grid_takes_the_steps_of_a_range():
    axes = {"share": {"low": 0.0, "high": 0.2, "step": 0.1}, "units": [8, 16]}
    assert len(points(axes, sampler="grid")) == 6
    assert points(axes, sampler="grid")[-1] == ["share=0.2", "units=16"]


@pytest.mark.parametrize(("sampler", "budget", "count"), [("grid", None, 5), ("random", 4, 4), ("random", 9, 5)])
def test_a_conditional_axis_is_in_the_points_that_meet_its_condition(sampler, budget, count):
    momentum = {"low": 0.5, "high": 1.0, "step": 0.5, "when": "kind=batch,layer"}
    drawn = points({"kind": ["none", "batch", "layer"], "momentum": momentum}, sampler=sampler, budget=budget)
    assert all(len(point) == (1 if point[0] == "kind=none" else 2) for point in drawn)
    assert len({tuple(point) for point in drawn}) == len(drawn) == count


def test_too_large_a_grid_is_refused():
    with pytest.raises(ConfigError, match="width: 100000 variants or points; at most 10000"):
        points({"width": {"low": 1, "high": 100_000}}, sampler="grid")
