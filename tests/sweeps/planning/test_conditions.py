import pytest

from runner.core.errors import ConfigError
from runner.sweeps.planning.study import read_study
from runner.sweeps.planning.variants import study_variants

RATE = {"low": 1e-4, "high": 1.0, "log": True}
MOMENTUM = {"low": 0.0, "high": 0.99}
OPTIMIZERS = {"sgd": ["optimizer=sgd"], "momentum": ["optimizer=momentum"]}


def tuned_keys(composer, axes, **study):
    """Return the keys that each variant tunes in some of its points."""
    asked = {"variants": OPTIMIZERS, "tune": {"axes": axes, "budget": 4}} | study
    made = study_variants(read_study(asked), {}, [], composer)
    return {
        variant.name: sorted({override.partition("=")[0] for point in variant.points for override in point})
        for variant in made
    }


def test_an_axis_applies_to_the_variants_with_the_option(composer):
    axes = {"optimizer.learning_rate": RATE, "optimizer.momentum": MOMENTUM | {"when": "optimizer=momentum"}}
    assert tuned_keys(composer, axes) == {
        "sgd": ["optimizer.learning_rate"],
        "momentum": ["optimizer.learning_rate", "optimizer.momentum"],
    }


def test_a_variant_without_an_axis_is_not_tuned(composer):
    axes = {"optimizer.momentum": MOMENTUM | {"when": "optimizer=momentum"}}
    assert tuned_keys(composer, axes)["sgd"] == []


@pytest.mark.parametrize(
    ("when", "base"),
    [
        ("regularizer=dropout", ["regularizer=[l2,dropout]"]),  # one of a list of options
        ("training.batch_size=64", ["training.batch_size=64"]),
        ("dataset.train_size=null", []),
        ("optimizer=adam,momentum,sgd", []),
    ],
)
def test_a_condition_is_about_an_option_a_list_of_options_or_a_key(composer, when, base):
    variants = OPTIMIZERS | {"other": ["optimizer=adam", "regularizer=[]", "training.batch_size=32"]}
    axes = {"optimizer.learning_rate": RATE | {"when": when}}
    found = tuned_keys(composer, axes, variants={name: base + own for name, own in variants.items()})
    assert found["sgd"] == found["momentum"] == ["optimizer.learning_rate"]
    assert found["other"] == (["optimizer.learning_rate"] if not base else [])


def test_the_cells_of_a_grid_meet_it_each_for_itself(composer):
    axes = {"optimizer.learning_rate": RATE | {"when": "normalization=batch"}}
    found = tuned_keys(composer, axes, variants={"a": []}, grid={"normalization": ["none", "batch"]})
    assert found == {"a,normalization=none": [], "a,normalization=batch": ["optimizer.learning_rate"]}


def test_a_condition_on_a_tuned_option_is_met_by_some_points(composer):
    axes = {"normalization": ["none", "batch"], "normalization.momentum": MOMENTUM | {"when": "normalization=batch"}}
    assert tuned_keys(composer, axes)["sgd"] == ["normalization", "normalization.momentum"]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("optimiser=sgd", "no variant has a group, option or key optimiser; did you mean optimizer?"),
        ("optimizer.rho=0.9", "no variant has a group, option or key optimizer.rho"),
        ("optimizer=momentun", r"no variant has optimizer=momentun; did you mean momentum\?.*allowed: momentum, sgd"),
        ("optimizer=sgd,adam", r"no variant has optimizer=adam .*allowed: momentum, sgd"),
        ("normalization=group", "no variant has normalization=group.*allowed: batch, none"),
        ("optimizer.learning_rate=0.1", "optimizer.learning_rate must be tuned over a list"),
        ("normalization.epsilon=0.1", "normalization.epsilon must be tuned over a list, and without a condition"),
    ],
)
def test_a_condition_that_nothing_can_meet_is_refused(composer, when, said):
    axes = {
        "optimizer.learning_rate": RATE,
        "normalization": ["none", "batch"],
        "normalization.epsilon": {"choices": [0.1, 0.01], "when": "normalization=batch"},
        "training.batch_size": {"choices": [32, 64], "when": when},
    }
    with pytest.raises(ConfigError, match=rf"study\.tune\.axes\.training\.batch_size\.when={when}: {said}"):
        tuned_keys(composer, axes)
