"""The schema of an option file accepts and refuses the same files as runner."""

import pytest
import yaml
from hydra import compose, initialize_config_dir
from jsonschema import Draft202012Validator

from runner.config.json_schema import group_schema, recipe_schema
from runner.config.schema import check, resolve
from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from tests.composed import choice

SGD = {"_target_": "keras.optimizers.SGD", "learning_rate": 0.1}


def schema_accepts(group: str, content: dict) -> bool:
    schema = recipe_schema() if group == "experiment" else group_schema(group)
    return Draft202012Validator(schema).is_valid(content)


def runner_accepts(group: str, content: dict, directory) -> bool:
    """Compose and check a run with the option; Hydra itself accepts any keys and values."""
    header = "# @package _global_\n" if group == "experiment" else ""
    (directory / group).mkdir()
    (directory / group / "mine.yaml").write_text(header + yaml.safe_dump(content))
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        config = resolve(compose("config", [f"hydra.searchpath=[file://{directory}]", choice(group, "mine")]))
    try:
        check(config)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize(
    ("group", "content"),
    [
        ("optimizer", SGD | {"nesterov": True, "weight_decay": None}),
        ("optimizer", SGD | {"gradient_accumulation_steps": "${training.epochs}"}),
        ("optimizer", {"defaults": ["adam"], "beta_1": 0.5}),
        ("training", {"defaults": ["mini_batch"], "batch_size": "full"}),
        ("training", {"epochs": 1, "batch_size": 1, "loss": "mse", "metrics": [{"_target_": "keras.metrics.AUC"}]}),
        ("regularizer", {"mine": {"_target_": "keras.layers.Dropout", "rate": 0, "place": "input"}}),
        ("regularizer", {"defaults": ["dropout"], "dropout": {"rate": 0.5}}),
        ("normalization", {}),
        ("clipping", {"clipnorm": 2}),
        ("experiment", {"defaults": [{"override /optimizer": "sgd"}], "optimizer": {"learning_rate": 1}, "seed": 3}),
    ],
)
def test_both_accept(group, content, tmp_path):
    assert schema_accepts(group, content)
    assert runner_accepts(group, content, tmp_path)


@pytest.mark.parametrize(
    ("group", "content"),
    [
        ("optimizer", {"learning_rate": 0.1}),
        ("optimizer", {"_target_": "keras.optimizers.SGD"}),
        ("optimizer", SGD | {"learning_rate": 0}),
        ("optimizer", SGD | {"learning_rate": "0.1"}),
        ("optimizer", SGD | {"learning_rate": float("inf")}),
        ("optimizer", SGD | {"momentum": 1.0}),
        ("optimizer", SGD | {"layerwise": {"decay": -1}}),
        ("training", {"epochs": 3}),
        ("training", {"defaults": ["mini_batch"], "batch_size": "half"}),
        ("training", {"defaults": ["mini_batch"], "epochs": True}),
        ("clipping", {"clipnrom": 1.0}),
        ("device", {"defaults": ["cpu"], "threads": 0}),
        ("dataset", {"defaults": ["digits"], "split": "lst"}),
        ("normalization", {"place": "before"}),
        ("regularizer", {"mine": {"rate": 0.5}}),
        ("regularizer", {"mine": {"_target_": "keras.layers.Dropout", "rate": 1}}),
        ("experiment", {"training": {"epoch": 3}}),
        ("experiment", {"stream_seeds": {"order": -1}}),
    ],
)
def test_both_refuse(group, content, tmp_path):
    assert not schema_accepts(group, content)
    assert not runner_accepts(group, content, tmp_path)


@pytest.mark.parametrize(
    ("group", "content"),
    [
        ("dataset", {"_target_": "my_package.load", "name": "mine", "path": "???"}),
        ("clipping", {"clipnorm": "???"}),
        ("callbacks", {"mine": {"_target_": "my_package.Mine", "patience": "???"}}),
    ],
)
def test_a_value_that_the_command_must_give_is_accepted(group, content):
    assert schema_accepts(group, content)
