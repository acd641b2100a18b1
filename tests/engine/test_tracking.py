"""Runs in TensorBoard, from the command line to the data that its own backends read."""

import json

import numpy as np
import pandas as pd
import pytest

from runner.config.identity import run_id
from runner.config.options import listed_options
from runner.config.schema import check
from runner.run.cache import Kept
from runner.run.prepare import prepare, take_compiled
from tests import event_files
from tests.composed import config

STUDY = """
# plain steps and momentum
base: [dataset=digits, "model.hidden_units=[4]", training.epochs=2, "diagnostics=[gradients,steps]"]
variants:
  plain: [optimizer=sgd, optimizer.learning_rate=0.1]
  heavy: [optimizer=momentum, optimizer.learning_rate=0.01]
seeds: 2
"""
SMALL = ("dataset=digits", "model.hidden_units=[4]", "tracking=tensorboard", "hydra.run.dir=run")
HALT = """
import pathlib

import keras


class Halt(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2 and not pathlib.Path("halted").exists():
            pathlib.Path("halted").touch()
            raise KeyboardInterrupt
"""


def rows(table: pd.DataFrame, group: str = "") -> dict[str, list[tuple[int, float]]]:
    """Return the columns of a table of epochs in single precision, as in event files."""
    single = table.drop(columns="epoch").astype(np.float32)
    return {f"{group}{name}": list(zip(table["epoch"], column, strict=True)) for name, column in single.items()}


@pytest.fixture(scope="module")
def sweep(quick_cli, tmp_path_factory):
    """Directory of a tracked study with two variants and two seeds."""
    folder = tmp_path_factory.mktemp("tracked")
    (folder / "conf" / "study").mkdir(parents=True)
    (folder / "conf" / "study" / "steps.yaml").write_text(STUDY)
    done = quick_cli("--config-dir=conf", "study=steps", "tracking=tensorboard", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "outputs"


def test_every_scalar_is_that_of_history_gradients_or_test(sweep):
    runs = [path.parent for path in sweep.glob("studies/steps/*/record.json")]
    assert len(runs) == 4
    for run in runs:
        record = json.loads((run / "record.json").read_text())
        expected = rows(pd.read_csv(run / "history.csv")) | rows(pd.read_csv(run / "gradients.csv"), "gradients/")
        test = {name: value for name, value in record["scores"].items() if isinstance(value, float)} | record["test"]
        expected |= {f"test_{name}": [(2, float(np.float32(value)))] for name, value in test.items()}
        assert {"val_accuracy", "learning_rate", "gradients/hidden_1.weight", "test_accuracy"} <= expected.keys()
        assert event_files.scalars(run) == expected


def test_the_hparams_of_a_folder_of_sweeps_are_its_runs(sweep):
    groups = event_files.session_groups(sweep)
    summary = pd.read_csv(next(sweep.glob("**/steps/summary.csv"))).set_index(["variant", "seed"])
    shown = {}
    for group in groups:
        values = event_files.hyperparameters(group)
        metrics = {metric.name.tag: metric.value for metric in group.metric_values}
        assert [session.status for session in group.sessions] == [1]  # success
        shown[values["variant"], values["seed"]] = values["optimizer"], values["optimizer.learning_rate"], metrics
    assert {key: of_run[:2] for key, of_run in shown.items()} == {
        ("plain", 0): ("sgd", 0.1),
        ("plain", 1): ("sgd", 0.1),
        ("heavy", 0): ("momentum", 0.01),
        ("heavy", 1): ("momentum", 0.01),
    }
    for key, (*_, metrics) in shown.items():
        for column in ("val_accuracy", "test_accuracy", "test_loss"):
            assert metrics[column] == np.float32(summary.loc[key, column])


def test_a_resumed_run_has_each_epoch_once(quick_cli, tmp_path):
    (tmp_path / "halting.py").write_text(HALT)
    option = tmp_path / "conf" / "callbacks" / "halt.yaml"
    option.parent.mkdir(parents=True)
    option.write_text("# stop once\nhalt:\n  _target_: halting.Halt\n")
    run = tmp_path / "run"
    done = quick_cli(
        "--config-dir=conf", "trusted_packages=[halting]", *SMALL, "training.epochs=4", "callbacks=[halt]",
        "diagnostics=[gradients]", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert event_files.scalars(run) == rows(pd.read_csv(run / "history.csv")) | rows(
        pd.read_csv(run / "gradients.csv"), "gradients/"
    )
    assert event_files.session_groups(run)[0].sessions[0].status == 0  # unknown
    done = quick_cli("resume", "run", "trusted_packages=[halting]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = rows(pd.read_csv(run / "history.csv")) | rows(pd.read_csv(run / "gradients.csv"), "gradients/")
    read = event_files.scalars(run)
    assert {tag: read[tag] for tag in expected} == expected
    assert [step for step, _ in read["loss"]] == [1, 2, 3, 4]
    assert event_files.session_groups(run)[0].sessions[0].status == 1


def test_events_that_cannot_be_written_cost_a_warning(cli, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "tensorboard").touch()
    done = cli(*SMALL, "training.epochs=2", cwd=tmp_path, env={"COLUMNS": "100"})
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "record.json").read_text())["status"] == "completed"
    log = (tmp_path / "run" / "run.log").read_text()
    for said in (done.stdout, log):
        assert said.count("tracking=tensorboard: ") == 1
    assert "run/tensorboard" in log
    assert done.stdout.count("WARNING") == 1


def test_a_tracker_without_a_name_is_one_part_as_in_older_runs_and_options():
    part = {"_target_": "runner.engine.tensorboard.TensorBoard"}
    older = config("dataset=digits") | {"tracking": part}
    assert {name: one.target for name, one in check(older).tracking.items()} == {"tracker": part["_target_"]}
    assert "tracking" not in listed_options(older)
    assert listed_options(config("dataset=digits", "tracking=tensorboard"))["tracking"] == ["tensorboard"]


def test_tracking_makes_no_other_run_and_nothing_is_compiled_anew_for_it(tmp_path):
    choices = ("none", "tensorboard", "[none,tensorboard]")
    configs = [config("dataset=digits", f"tracking={choice}") for choice in choices]
    assert len({run_id(one) for one in configs}) == 1
    kept = Kept()
    taken = [take_compiled(prepare(one, tmp_path, kept, one_thread=True), kept) for one in configs]
    assert all(one is taken[0] for one in taken)
    assert not list(tmp_path.iterdir())
