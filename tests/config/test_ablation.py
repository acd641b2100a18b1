import pytest

from runner.config.ablation import ablation_arguments, as_typed
from runner.core.errors import ConfigError


@pytest.mark.parametrize(
    "typed",
    [
        ["base=experiment/smoke", "drop=regularizer.dropout,schedule", "seeds=5"],
        ["base=experiment/smoke,model/cnn", "drop=normalization", "optimizer=sgd", "regularizer=[l2,dropout]"],
        ["drop=schedule"],
    ],
)
def test_an_ablation_is_shown_as_it_was_typed(typed):
    assert as_typed(ablation_arguments(typed)) == ["ablate", *typed]


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("study/smoke", "base=study/smoke: a study is not a recipe"),
        ("experiment/smoke,experiment/keras_mlp", "names a group twice"),
        ("smoke", "must be GROUP/OPTION"),
    ],
)
def test_a_base_is_an_option_of_a_run(base, said):
    with pytest.raises(ConfigError, match=said):
        ablation_arguments([f"base={base}", "drop=schedule"])


def test_a_part_is_left_out_once():
    assert ablation_arguments(["drop=schedule,schedule"])[2] == "study.drop=[schedule]"


@pytest.mark.parametrize(
    "command",
    [
        ["study=smoke", "seeds=3"],
        ["-m", "optimizer=sgd,adam"],
        ["study=ablation", "study.base=[x]"],
        ["study=ablation", "study.drop=[a]", "--help"],
        [],
    ],
)
def test_other_commands_stay_as_they_are(command):
    assert as_typed(command) == command
