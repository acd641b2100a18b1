"""Runs with Python objects that no configuration describes."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import yaml
from rich.console import Console

from runner.core.errors import ConfigError, UserError
from runner.records.run_directory import RunDirectory
from runner.reproducibility.reproduce import Original
from runner.run.execute import run
from runner.run.objects import Objects
from runner.run.request import Request
from runner.sweeps.resume import resume_run
from tests.composed import config

GIVEN = ["dataset=digits", "training.epochs=2"]


class Epochs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(epoch)


def network() -> keras.Sequential:
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    return keras.Sequential(layers)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run with a callback, a model and an optimizer: the objects, its directory and its record."""
    folder = tmp_path_factory.mktemp("objects")
    objects = Objects([Epochs()], network(), keras.optimizers.SGD(0.5))
    overrides = [*objects.neutral(GIVEN), *GIVEN]
    request = Request(folder, {"model": "mlp"}, overrides, in_sweep=True)
    record = run(config(*overrides), request, Console(quiet=True), objects=objects)
    return objects, RunDirectory(folder), record


def test_the_objects_are_trained(trained):
    objects, directory, record = trained
    assert record.status == "completed"
    assert objects.callbacks[0].seen == [0, 1]
    assert record.parameters == 8 * 8 * 10 + 10
    probabilities = directory.read_predictions()["test_probabilities"]
    saved = keras.models.load_model(directory.model_path, safe_mode=True)
    for before, after in zip(objects.model.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert probabilities.shape == (360, 10)
    assert directory.read_history()[0]["learning_rate"] == 0.5


def test_the_record_says_so(trained):
    _, directory, record = trained
    classes = {"callbacks": "Epochs", "model": "Sequential", "optimizer": "SGD"}
    assert directory.read_record().objects == record.objects == classes
    assert record.choices["model"] == "Sequential (Python object)"
    assert record.variant == "dataset=digits,training.epochs=2 with callbacks=Epochs, model=Sequential, optimizer=SGD"
    written = yaml.safe_load(directory.config_path.read_text())
    assert written["optimizer"] == {"python_object": "SGD"}
    assert written["python_objects"] == classes


def test_no_other_run_has_its_id(trained):
    objects, _, record = trained
    assert len({record.run_id, objects.marked(record).run_id, objects.marked(record).run_id}) == 3


@pytest.mark.parametrize(
    ("begin", "what"),
    [(Original.read, "reproduced"), (lambda path: resume_run(path, Console(quiet=True), ()), "resumed")],
)
def test_it_is_neither_reproduced_nor_resumed(trained, begin, what):
    _, directory, _ = trained
    directory.write_record(replace(directory.read_record(), status="interrupted"))
    with pytest.raises(UserError, match=f"cannot be {what}: it used Python objects .*callbacks: Epochs; model: Seq"):
        begin(directory.path)


@pytest.mark.parametrize(
    ("objects", "override"),
    [
        (Objects(model=network()), "model.hidden_units=[4]"),
        (Objects(model=network()), "initializer=he_normal"),
        (Objects(optimizer=keras.optimizers.SGD()), "optimizer=adam"),
        (Objects(optimizer=keras.optimizers.SGD()), "schedule=cosine"),
    ],
)
def test_a_part_that_an_object_replaces_cannot_be_configured(objects, override):
    with pytest.raises(ConfigError, match=r"has no effect, because the (model|optimizer) is a Python object"):
        objects.refuse_replaced([*GIVEN, override])


def test_callbacks_replace_nothing():
    objects = Objects([Epochs()])
    objects.refuse_replaced(["optimizer=adam", "model=cnn", "callbacks=[early_stopping]"])
    assert objects.neutral(GIVEN) == []


def test_default_parts_are_turned_off_unless_asked_for():
    objects = Objects(model=network())
    assert objects.neutral(GIVEN) == ["normalization=none", "regularizer=[]"]
    assert objects.neutral([*GIVEN, "regularizer=[label_smoothing]"]) == ["normalization=none"]
