"""The second of the three checks, on configurations that Hydra composed."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from runner.config.identity import run_id
from runner.config.schema import Settings, check
from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from tests.composed import choice, config, settings

GROUPS = {
    folder.name: sorted(path.stem for path in folder.glob("*.yaml"))
    for folder in conf_directory().iterdir()
    if folder.is_dir() and folder.name not in ("hydra", "experiment")
}
REQUIRED = {option: [f"dataset.path={option}"] for option in ("npz", "csv", "images")} | {
    "keras": ["dataset.name=mnist"],
    "openml": ["dataset.name=iris"],
}


def test_every_key_of_the_default_configuration_is_one_of_the_schema_and_the_other_way_round():
    assert set(config()) == set(Settings.model_fields)


@pytest.mark.parametrize("number", range(max(map(len, GROUPS.values()))))
def test_every_option_passes(number):
    """Each option is composed once, together with options of other groups, to save compositions."""
    chosen = {group: options[number % len(options)] for group, options in GROUPS.items() if options}
    required = [override for option in chosen.values() for override in REQUIRED.get(option, [])]
    check(config(*(choice(*one) for one in chosen.items()), *required))


@pytest.mark.parametrize("recipe", sorted(path.stem for path in (conf_directory() / "experiment").glob("*.yaml")))
def test_every_recipe_passes_and_has_its_own_name(recipe):
    assert check(config(f"experiment={recipe}")).name == recipe


@pytest.mark.parametrize(("key", "value"), [("model.hidden_units", 64), ("training.metrics", "accuracy")])
def test_one_value_where_a_list_is_wanted_is_shown_as_a_list(key, value):
    group, name = key.split(".")
    wrong = config()
    wrong[group] = wrong[group] | {name: value}
    with pytest.raises(ConfigError) as error:
        check(wrong)
    assert str(error.value) == f"{key}={value}: must be a list: {key}=[{value}]"


def test_a_part_gives_its_specification_back_as_it_stood():
    chosen = config("initializer=small_normal")
    assert check(chosen).initializer.spec() == chosen["initializer"]


def test_what_is_ours_and_what_is_not_used_is_not_handed_to_the_target():
    settings = check(config("optimizer=momentum", "+optimizer.layerwise.decay=0.5", "normalization=batch"))
    assert settings.optimizer.spec().keys() == {"_target_", "learning_rate", "momentum"}
    assert settings.normalization.spec().keys() == {"_target_", "momentum", "epsilon"}
    assert settings.model.spec().keys() == {"_target_", "_partial_", "hidden_units", "activation"}
    assert not settings.dataset.spec().keys() & {"validation_split", "split", "train_size", "label_noise"}


def changed(chosen, override):
    """Change a key as an override would, because dozens of compositions take seconds."""
    read = OverridesParser.create().parse_override(override)
    *path, last = read.key_or_group.split(".")
    section = chosen
    for key in path:
        section[key] = section.get(key) or {}
        section = section[key]
    if read.is_delete():
        del section[last]
    else:
        section[last] = read.value()
    return chosen


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs=0", "training.epochs=0: must be an integer of at least 1"),
        ("training.epochs=2.5", "training.epochs=2.5: must be an integer of at least 1"),
        ("training.epochs=true", "training.epochs=true: must be an integer of at least 1"),
        ("training.epochs=null", "training.epochs=null: must be an integer of at least 1"),
        ("training.batch_size=half", "training.batch_size=half: must be an integer of at least 1, or full"),
        ("optimizer.learning_rate=inf", "optimizer.learning_rate=inf: must be a finite number above 0"),
        ("optimizer.beta_1=1", "optimizer.beta_1=1: must be a finite number of at least 0 and below 1"),
        ("regularizer.l2.l2=-1", "regularizer.l2.l2=-1: must be a finite number of at least 0"),
        ("dataset.validation_split=0", "dataset.validation_split=0: must be a finite number above 0 and below 1"),
        ("dataset.split=first", "dataset.split=first: must be 'last', 'random' or 'stratified'"),
        ("device.threads=0", "device.threads=0: must be an integer of at least 1, or auto"),
        ("device.stacked_seeds=0", "device.stacked_seeds=0: must be an integer of at least 1, or auto"),
        ("device.jit_compile=maybe", "device.jit_compile=maybe: must be true, false or auto"),
        ("device.kind=tpu", "device.kind=tpu: must be 'auto', 'cpu' or 'gpu'"),
        ("model.hidden_units=[64,0]", "model.hidden_units.1=0: must be an integer of at least 1"),
        ("dataset.label_noise=1", "dataset.label_noise=1: must be a finite number above 0 and below 1"),
        ("dataset.class_imbalance=0.5", "dataset.class_imbalance=0.5: must be a finite number of at least 1"),
        ("dataset.folds=1", "dataset.folds=1: must be an integer of at least 2"),
        ("dataset.folds=5", "dataset.folds=5: needs dataset.fold, 0 to 4; folds=5 in place of dataset.folds=5 trains"),
        ("dataset.fold=1", "dataset.fold=1: has no effect without folds"),
        ("dataset.fold_from=all", "dataset.fold_from=all: has no effect without folds"),
        ("+optimizer.layerwise.decay=0", "optimizer.layerwise.decay=0: must be a finite number above 0"),
        ("clipping.clipnorm=0", "clipping.clipnorm=0: must be a finite number above 0"),
        (
            "+clipping.clipvalue=1",
            "clipping: clipvalue and clipnorm are mutually exclusive",
        ),
        ("+clipping.norm=1", "clipping.norm=1: no such key; did you mean clipnorm?"),
        ("normalization.place=beside", "normalization.place=beside: must be 'before' or 'after'"),
        ("seed=-1", "seed=-1: must be an integer of at least 0"),
        ("name=''", "name=: must be printable text on one line"),
        ("+training.momentum=1", "training.momentum=1: no such key (allowed: batch_size, epochs, loss, metrics)"),
        ("~optimizer._target_", "optimizer._target_: must be given"),
        ("+optimizer.use_ema=true", "optimizer.use_ema=true: validation and test would use different weights; u"),
        ("+optimizer.amount=nan", "optimizer.amount=nan: must be a finite number"),
    ],
)
def test_a_wrong_value_is_one_line_with_key_value_and_what_is_allowed(override, message):
    with pytest.raises(ConfigError) as caught:
        check(changed(config("clipping=by_norm", "normalization=batch"), override))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_fold_beyond_the_folds_is_refused():
    with pytest.raises(ConfigError, match=r"^dataset\.fold=5: must be 0 to 4, one of the 5 folds$"):
        check(config("dataset.folds=5", "dataset.fold=5"))


def test_two_wrong_values_are_two_lines():
    with pytest.raises(ConfigError) as caught:
        check(config("training.epochs=0", "seed=-1"))
    assert len(str(caught.value).splitlines()) == 2


def test_a_callback_that_sets_the_learning_rate_needs_a_constant_schedule():
    with pytest.raises(ConfigError, match=r"callbacks\.own .* needs schedule=constant"):
        check(config("+callbacks.own._target_=keras.callbacks.LearningRateScheduler"))


def test_an_interpolation_that_leads_nowhere_names_its_key():
    with pytest.raises(ConfigError, match=r"^seed: .*'nowhere' not found"):
        config("seed=${nowhere}")


def test_seed_zero_is_a_seed():
    assert check(config("seed=0")).seed == 0


def test_one_accumulated_gradient_is_none_at_all():
    spec = check(config("optimizer.gradient_accumulation_steps=1")).optimizer.spec()
    assert "gradient_accumulation_steps" not in spec
    assert check(config("optimizer.gradient_accumulation_steps=2")).optimizer.spec()["gradient_accumulation_steps"] == 2


def test_a_stream_follows_the_seed_unless_it_has_its_own():
    chosen = settings("seed=3", "stream_seeds.order=0")
    assert (chosen.seed_of("order"), chosen.seed_of("weights")) == (0, 3)


def test_a_streams_seed_that_equals_the_runs_gives_the_same_run():
    usual = config("seed=3")
    assert config("seed=3", "stream_seeds.order=3") == usual
    assert run_id(config("seed=3", "stream_seeds.order=0")) != run_id(usual)
    assert run_id({key: value for key, value in usual.items() if key != "stream_seeds"}) == run_id(usual)  # older runs
