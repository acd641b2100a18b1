"""The second of the three checks, on configurations as Hydra composes them."""

import pytest
from hydra import compose, initialize_config_dir

from runner.config.errors import ConfigError
from runner.config.locations import conf_directory
from runner.config.schema import Settings, check, resolve

OPTIONS = sorted(
    (path.parent.name, path.stem)
    for path in conf_directory().glob("*/*.yaml")
    if path.parent.name not in ("hydra", "experiment")
)
REQUIRED = {option: [f"dataset.path={option}"] for option in ("npz", "csv", "images")}
LISTS = ("augmentation", "regularizer", "callbacks", "diagnostics")


def composed(*overrides):
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        return resolve(compose("config", list(overrides)))


def test_every_key_of_the_default_configuration_is_one_of_the_schema_and_the_other_way_round():
    assert set(composed()) == set(Settings.model_fields)


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_passes(group, option):
    check(composed(f"{group}=[{option}]" if group in LISTS else f"{group}={option}", *REQUIRED.get(option, [])))


@pytest.mark.parametrize("recipe", sorted(path.stem for path in (conf_directory() / "experiment").glob("*.yaml")))
def test_every_recipe_passes_and_has_its_own_name(recipe):
    assert check(composed(f"experiment={recipe}")).name == recipe


def test_a_part_gives_its_specification_back_as_it_stood():
    config = composed("initializer=small_normal")
    assert check(config).initializer.spec() == config["initializer"]


def test_what_is_ours_and_what_is_not_used_is_not_handed_to_the_target():
    settings = check(composed("optimizer=momentum", "+optimizer.layerwise.decay=0.5", "normalization=batch"))
    assert settings.optimizer.spec().keys() == {"_target_", "learning_rate", "momentum"}
    assert settings.normalization.spec().keys() == {"_target_", "momentum", "epsilon"}
    assert settings.model.spec().keys() == {"_target_", "_partial_", "hidden_units", "activation"}
    assert not settings.dataset.spec().keys() & {"validation_split", "split", "train_size", "label_noise"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs=0", "training.epochs=0: must be an integer at least 1"),
        ("training.epochs=2.5", "training.epochs=2.5: must be an integer at least 1"),
        ("training.epochs=true", "training.epochs=true: must be an integer at least 1"),
        ("training.epochs=null", "training.epochs=null: must be an integer at least 1"),
        ("training.batch_size=half", "training.batch_size=half: must be an integer at least 1, or full"),
        ("optimizer.learning_rate=inf", "optimizer.learning_rate=inf: must be a finite number above 0"),
        ("optimizer.beta_1=1", "optimizer.beta_1=1: must be a finite number at least 0 and below 1"),
        ("regularizer.l2.l2=-1", "regularizer.l2.l2=-1: must be a finite number at least 0"),
        ("dataset.validation_split=0", "dataset.validation_split=0: must be a finite number above 0 and below 1"),
        ("dataset.split=first", "dataset.split=first: must be 'last', 'random' or 'stratified'"),
        ("device.threads=0", "device.threads=0: must be an integer at least 1, or auto"),
        ("device.jit_compile=maybe", "device.jit_compile=maybe: must be true, false or auto"),
        ("device.kind=tpu", "device.kind=tpu: must be 'auto', 'cpu' or 'gpu'"),
        ("model.hidden_units=[64,0]", "model.hidden_units.1=0: must be an integer at least 1"),
        ("dataset.label_noise=1", "dataset.label_noise=1: must be a finite number above 0 and below 1"),
        ("dataset.class_imbalance=0.5", "dataset.class_imbalance=0.5: must be a finite number at least 1"),
        ("+optimizer.layerwise.decay=0", "optimizer.layerwise.decay=0: must be a finite number above 0"),
        ("clipping.clipnorm=0", "clipping.clipnorm=0: must be a finite number above 0"),
        (
            "+clipping.clipvalue=1",
            "clipping: clipvalue and clipnorm exclude each other",
        ),
        ("+clipping.norm=1", "clipping.norm=1: no such key; did you mean clipnorm?"),
        ("normalization.place=beside", "normalization.place=beside: must be 'before' or 'after'"),
        ("seed=-1", "seed=-1: must be an integer at least 0"),
        ("name=''", "name=: must be printable text on one line"),
        ("+training.momentum=1", "training.momentum=1: no such key (allowed: batch_size, epochs, loss, metrics)"),
        ("~optimizer._target_", "optimizer._target_: must be given"),
        ("+optimizer.use_ema=true", "optimizer: use_ema=true: shows validation other weights than test; choose averag"),
        ("+optimizer.amount=nan", "optimizer: amount=nan: must be a finite number"),
    ],
)
def test_a_wrong_value_is_one_line_with_key_value_and_what_is_allowed(override, message):
    with pytest.raises(ConfigError) as caught:
        check(composed("clipping=by_norm", "normalization=batch", override))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_two_wrong_values_are_two_lines():
    with pytest.raises(ConfigError) as caught:
        check(composed("training.epochs=0", "seed=-1"))
    assert len(str(caught.value).splitlines()) == 2


def test_a_callback_that_sets_the_learning_rate_needs_a_constant_schedule():
    with pytest.raises(ConfigError, match=r"callbacks\.own .* needs schedule=constant"):
        check(composed("+callbacks.own._target_=keras.callbacks.LearningRateScheduler"))


def test_an_interpolation_that_leads_nowhere_names_its_key():
    with pytest.raises(ConfigError, match=r"^seed: .*'nowhere' not found"):
        composed("seed=${nowhere}")


def test_seed_zero_is_a_seed():
    assert check(composed("seed=0")).seed == 0


def test_one_accumulated_gradient_is_none_at_all():
    spec = check(composed("optimizer.gradient_accumulation_steps=1")).optimizer.spec()
    assert "gradient_accumulation_steps" not in spec
    assert (
        check(composed("optimizer.gradient_accumulation_steps=2")).optimizer.spec()["gradient_accumulation_steps"] == 2
    )
