import pytest

from runner.core.errors import ConfigError
from runner.sweeps.planning.study import read_study

RANGE = {"low": 0.0, "high": 1.0}
TWO = {"variants": {"a": [], "b": ["optimizer=sgd"]}}


def test_a_number_of_seeds_counts_from_zero():
    assert read_study(TWO | {"seeds": 3}).seeds == [0, 1, 2]
    assert read_study(TWO | {"seeds": [4, 0]}).seeds == [4, 0]
    assert len(read_study(TWO).seeds) == 10


def test_the_command_line_s_seeds_take_the_place_of_the_study_s():
    assert read_study(TWO | {"seeds": 3}, seeds=2).seeds == [0, 1]


def test_the_seeds_of_the_tuning_are_not_those_of_the_result():
    tuned = read_study(TWO | {"tune": {"axes": {"optimizer.learning_rate": [0.1, 1.0]}, "seeds": 2}})
    assert tuned.tune.seeds == [1000, 1001]
    with pytest.raises(ConfigError, match=r"study\.tune\.seeds: shares 1 with study\.seeds"):
        read_study(TWO | {"tune": {"axes": {"seed": [0.1]}, "seeds": [1]}})


def test_a_study_is_read_back_as_it_was_planned():
    axes = {"x": [1, 2], "y": {"low": 0.1, "high": 1.0, "log": True, "when": "x=2"}}
    study = read_study(TWO | {"tune": {"axes": axes, "per_variant": {"b": {"z": RANGE}}, "budget": 4}})
    assert study.model_dump(mode="json")["tune"]["axes"] == axes
    assert read_study(study.model_dump(mode="json")) == study


def test_the_axes_of_a_cell_are_those_of_its_variant():
    study = read_study(TWO | {"tune": {"axes": {"x": [1]}, "per_variant": {"b": {"z": [2]}}}})
    assert [list(study.axes_of(arm)) for arm in ("a", "b", "b,training.epochs=3")] == [["x"], ["z"], ["z"]]


def test_a_loss_is_better_when_it_is_lower_unless_told_otherwise():
    assert read_study(TWO | {"metric": "val_loss"}).sign == -1
    assert read_study(TWO).sign == 1
    assert read_study(TWO | {"metric": "val_loss", "direction": "max"}).sign == 1


def test_a_variant_with_a_part_left_out_can_be_the_baseline_and_be_tuned_by_itself():
    own = {"per_variant": {"without l2": {"x": [1]}}}
    assert read_study({"drop": ["l2"], "baseline": "without l2", "tune": own}).variant_names == ["full", "without l2"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "study.variants: must name at least one variant"),
        (TWO | {"baseline": "c"}, r"study.baseline=c: no such variant \(allowed: a, b\)"),
        (TWO | {"names": {"c": "C"}}, "study.names.c: no such variant"),
        (TWO | {"names": {"a": "b"}}, "study.names: .b. would name two variants"),
        (TWO | {"metric": "test_accuracy"}, "study.metric=test_accuracy: must be a metric of the validation set"),
        (TWO | {"variant": {}}, "study.variant={}: no such key; did you mean variants?"),
        (TWO | {"target": 97}, "study.target=97: must be from 0 to 1"),
        (TWO | {"margin": 0}, "study.margin=0: must be a finite number above 0"),
        (TWO | {"margin": -0.001}, "study.margin=-0.001: must be a finite number above 0"),
        (TWO | {"margin": 2}, "study.margin=2: must be above 0 and at most 1.*; 0.02 is 2 percentage points"),
        (TWO | {"seeds": 0}, "study.seeds=0: must be the number of seeds, 1 to 10000, or a list of seeds"),
        (TWO | {"seeds": 10**9}, "study.seeds=1000000000: must be the number of seeds, 1 to 10000, or a list of seeds"),
        (TWO | {"seeds": []}, "study.seeds="),
        (TWO | {"seeds": [1, 1]}, "names a seed twice"),
        (TWO | {"tune": {}}, r"study.tune: needs axes"),
        (TWO | {"tune": {"axes": {"x": [1]}, "bugdet": 3}}, "study.tune.bugdet=3: no such key; did you mean budget?"),
        (TWO | {"tune": {"per_variant": {"c": {"x": [1]}}}}, "study.tune.per_variant.c: no such variant"),
        (TWO | {"grid": {"x": []}}, "study.grid.x="),
        (TWO | {"tune": {"axes": {"x": {"low": 2, "high": 1}}}}, "study.tune.axes.x.low=2 must be below high=1"),
        (TWO | {"tune": {"axes": {"x": {"lo": 2}}}}, "study.tune.axes.x.lo=2: no such key; did you mean log?"),
        (TWO | {"tune": {"axes": {"x": RANGE}}}, "study.tune.budget: sampler=random needs a budget"),
        (TWO | {"tune": {"axes": {"x": [1]}, "sampler": "sobol"}}, "study.tune.budget: sampler=sobol needs a budget"),
        (TWO | {"tune": {"axes": {"x": RANGE}, "budget": 10**9}}, "study.tune.budget=1000000000: at most 10000"),
        (TWO | {"tune": {"axes": {"x": RANGE}, "sampler": "grid"}}, "study.tune.axes.x: sampler=grid needs a list"),
        (
            TWO | {"tune": {"axes": {"x": [1]}, "sampler": "tpee"}},
            "sampler=tpee: must be 'grid', 'random', 'sobol', 'tpe', 'cmaes' or 'gp'",
        ),
        (
            TWO | {"tune": {"axes": {"x": [1]}, "per_variant": {"a": {"x": [2]}, "b": {"x": [2]}}}},
            "study.tune.axes: no variant uses them",
        ),
        (TWO | {"vary": ["wights"]}, "study.vary.0=wights: must be 'weights', 'order', .* or 'split'"),
        (TWO | {"vary": ["order", "order"]}, "study.vary=.*: names a source twice"),
        (TWO | {"vary": ["order"], "seeds": 1}, "study.vary: needs two seeds or more"),
        ({"variants": {"a": []}, "seeds": {"first": 8, "most": 30}}, "study.seeds: planned looks need two variants"),
        (TWO | {"vary": ["order"], "seeds": {"first": 8, "most": 30}}, "study.vary: cannot be combined with planned"),
        (TWO | {"vary": ["order"], "tune": {"axes": {"x": [1]}}}, "study.vary: cannot be combined with study.tune"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(given, said):
    with pytest.raises(ConfigError, match=said):
        read_study(given)


def test_a_margin_is_in_the_unit_of_the_metric():
    assert read_study(TWO | {"margin": 0.001}).margin == 0.001
    assert read_study(TWO | {"metric": "val_loss", "margin": 2}).margin == 2
