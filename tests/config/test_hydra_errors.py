"""Messages for mistakes on the command line, from the errors that Hydra itself raises."""

import shlex

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from runner.config.hydra_errors import composition_message
from runner.core.paths import conf_directory

DEFAULT = "experiment=article_mnist"


def message(*arguments: str) -> str:
    with (
        initialize_config_dir(str(conf_directory()), version_base="1.3"),
        pytest.raises((HydraException, OmegaConfBaseException)) as caught,
    ):
        compose("config", list(arguments))
    return composition_message(caught.value, arguments)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("optimizer=adamm", "no such option; did you mean adam? (allowed: ada"),
        ("experiment=../../etc/passwd", "no such option (allowed: "),
        ("hydra/launcher=slrum", "no such option; did you mean slurm?"),
        ("optimizer=", "no such option (allowed: ada"),
        ("experiment=smok", "no such option; did you mean smoke? (allowed: a"),
        ("optimzer=adam", "no such key; did you mean optimizer? (allowed: augmentation, "),
        ("experimen=smoke", "no such key; did you mean experiment? (allowed: augmentation, "),
        ("sed=1", "no such key; did you mean seed? (allowed: augmentation, "),
        ("training.epoch=3", "no such key; did you mean epochs? (allowed: batch_size, epochs, loss, metrics)"),
        ("~training.epoch", "no such key; did you mean epochs? (allowed: batch_size, epochs, loss, metrics)"),
        ("optimizr.learning_rate=1", "there is no optimizr; did you mean optimizer? (allowed: augmentation, "),
        (
            "regularizer.dropuot.rate=0.4",
            "there is no regularizer.dropuot; did you mean dropout? (allowed: dropout, l2)",
        ),
        ("seed.first=3", "seed is a single value without keys"),
        ("+seed=3", "seed already exists; write it without +"),
        ("+training.epochs=3", "training.epochs already exists; write it without +"),
        ("+optimizer=sgd", "optimizer already exists; write it without +"),
        ("epochs", "not an override; write GROUP=OPTION or KEY=VALUE"),
        ("seed=1,2", "several values make a sweep, which needs -m"),
        ("optimizer=sgd,adam", "several values make a sweep, which needs -m"),
    ],
)
def test_a_mistake_is_one_line_with_what_was_written_what_is_wrong_and_the_nearest(argument, said):
    text = message(argument)
    assert text.startswith(f"{argument}: {said}")
    assert "\n" not in text
    assert message(DEFAULT, argument) == text, "also beside other arguments"


@pytest.mark.parametrize(
    "value",
    [
        "my (1).csv",
        "a=b.csv",
        "#1.csv",
        "Größe",
        "日本",
        "[sgd",
        "it's (2)",
        'say "x" =',
        "a&b|c",
        "50%(",
        "{a",
        "x, y)",
    ],
)
def test_a_value_that_needs_quotes_is_shown_as_it_has_to_be_typed(value):
    """The quotes are for a shell, which passes on the value without them."""
    text = message(f"name={value}")
    form = text.partition(" quotes that the shell does not remove: ")[2]
    (argument,) = shlex.split(form)
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        assert compose("config", [argument]).name == value


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("{a.b:{low:1,when:optimizer=sgd}}", "'name={a.b:{low:1,when:\"optimizer=sgd\"}}'"),
        ("[optimizer=sgd,model=cnn]", '\'name=["optimizer=sgd","model=cnn"]\''),
    ],
)
def test_a_condition_inside_a_list_or_mapping_gets_the_quotes(value, form):
    assert message(f"name={value}").endswith(f" quotes that the shell does not remove: {form}")


def test_what_no_quotes_can_mend_is_no_override():
    for argument in ("optimizer", "=3 (", "a b=1", 'name=it\'s "("'):
        assert "not an override; write GROUP=OPTION or KEY=VALUE" in message(argument)


@pytest.mark.parametrize("argument", ["regularizer=[l3]", "regularizer=[l2,l3]"])
def test_of_a_list_the_wrong_option_alone_is_named(argument):
    assert message(argument).startswith(
        "regularizer=l3: no such option; did you mean l2? (allowed: dropout, gaussian_noise, "
    )


def test_the_keys_are_those_of_the_options_that_were_chosen():
    assert "no such key; did you mean rho? (allowed: _target_, epsilon, " in message(
        "optimizer=rmsprop", "optimizer.rhoo=0.5"
    )
    assert "did you mean dense_units? (allowed: _partial_, " in message("model=cnn", "model.dense_unit=3")


def test_an_option_that_is_not_chosen_is_said_to_be_there():
    assert message("regularizer.l1.l1=0.1") == (
        "regularizer.l1.l1=0.1: l1 is not chosen; choose it too: 'regularizer=[l2,dropout,l1]'"
    )
    assert "'callbacks=[early_stopping]'" in message("callbacks.early_stopping.patience=3")
    assert message("optimizer.momentum=0.5").endswith(
        "the chosen optimizer has no momentum; optimizer=momentum or muon or nesterov has it"
    )


def test_a_second_mistake_does_not_hide_the_first():
    assert message("trainin.epochs=1", "optimizer=adamm").startswith("optimizer=adamm: no such option")
    assert message("seeed=1", "epoch=2").startswith("seeed=1: no such key; did you mean seed?")


@pytest.mark.parametrize("name", ["null", "NaN", "1e5", "true", "-1.5"])
def test_an_option_whose_name_yaml_takes_for_something_else_is_chosen_in_quotes(name):
    given = f"optimizer={name}"
    said = composition_message(ValueError("Config group override must be a string or a list."), [given])
    assert f"""for an option of that name: 'optimizer="{name}"')""" in said


def test_a_key_that_a_study_leaves_out_is_added_with_a_plus():
    text = message("study=optimizers", "study.tune.budget=4")
    assert text.startswith("study.tune.budget=4: no such key (allowed: axes, per_variant, seeds)")
    assert text.endswith("to add a key that the study lacks, use +study.tune.budget=4")


def test_a_key_of_another_study_is_not_a_reason_to_choose_it():
    assert message("study=smoke", "study.margin=0.001").endswith(", use +study.margin=0.001")


def test_a_key_of_a_group_that_is_not_composed_names_the_group_and_not_a_similar_one():
    assert message("study.tune.budget=2") == "study.tune.budget=2: no study is chosen; add one: study=NAME"
    mine = ["study=mine", "study.tune.budget=2"]  # in the user's own directory
    assert composition_message(ValueError("Could not override 'study.tune.budget'."), mine) == (
        "study.tune.budget=2: the chosen study has no tune.budget; to add it, use +study.tune.budget=2"
    )
