"""Keras's names as read from its files, compared with those of the imported Keras."""

import importlib
import time

import keras
import pytest

from runner.config.keras_names import unknown_name, unknown_target
from runner.config.schema import check
from runner.core.errors import ConfigError
from tests.composed import config


@pytest.mark.parametrize("module", ["activations", "losses", "metrics"])
def test_every_name_that_keras_takes_is_known(module):
    taken = importlib.import_module(f"keras.src.{module}").ALL_OBJECTS_DICT
    assert len(taken) > 20
    assert [name for name in taken if unknown_name(module, name) and not name.lower().endswith("wrapper")] == []
    assert unknown_name(module, "no_such_thing")


@pytest.mark.parametrize(
    "module",
    ["optimizers", "optimizers.schedules", "layers", "initializers", "constraints", "callbacks", "regularizers"],
)
def test_every_class_of_keras_is_known(module):
    there = keras
    for part in module.split("."):
        there = getattr(there, part)
    for name in (name for name in dir(there) if name[0].isupper()):
        assert unknown_target(f"keras.{module}.{name}") is None
        assert unknown_target(f"tensorflow.keras.{module}.{name}x").startswith("no such class")


def test_what_is_not_keras_s_or_where_its_files_are_other_ones_is_let_pass():
    assert unknown_target("my_package.layers.Mine") is None
    assert unknown_target("keras.nosuch.Mine") is None
    assert unknown_name("nosuch", "relu") is None


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model.activation=siluu", "model.activation=siluu: not in Keras; did you mean silu?"),
        ("training.loss=categorical_crosentropy", "not in Keras; did you mean categorical_crossentropy?"),
        ("training.metrics=[accuracy,top_k]", "training.metrics=top_k: not in Keras"),
        ("initializer._target_=keras.initializers.HeNormall", "no such class or function; did you mean HeNormal?"),
    ],
)
def test_a_misspelt_name_is_answered_by_the_schema_at_once(override, said):
    wrong = config(override)
    started = time.process_time()
    with pytest.raises(ConfigError) as error:
        check(wrong)
    assert said in str(error.value)
    assert override.split("=")[0] in str(error.value)
    assert time.process_time() - started < 1
