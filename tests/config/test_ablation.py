import pytest

from runner.config.ablation import ablation_arguments, as_typed


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
