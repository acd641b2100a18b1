import io

import pandas as pd
import yaml

from runner.core.omissions import LeftOut
from runner.records.run_directory import RunDirectory
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.labels import Values, labels_by, variant_labels, with_values_in_force
from runner.reporting.tables.frames import summary_frame


def read_back(tmp_path) -> pd.DataFrame:
    """Return the summary of all runs, as pandas reads it from a file."""
    runs = find_runs([tmp_path])
    frame = with_values_in_force(summary_frame(runs, variant_labels(runs)), runs, Values(LeftOut()))
    return pd.read_csv(io.StringIO(frame.to_csv(index=False)))


def test_a_variant_that_keeps_a_default_has_the_value_in_force(make_run, tmp_path):
    config = {
        "optimizer": {"learning_rate": 0.001, "nesterov": False},
        "model": {"hidden_units": [128, 64]},
        "dataset": {"label_noise": None},
        "regularizer": {"l2": {"l2": 0.01}},
    }
    choices = {"optimizer": "adam", "regularizer": "[l2,dropout]"}
    plain = make_run("s/0", label="plain", choices=choices)
    (plain / "config.yaml").write_text(yaml.safe_dump(config))
    overrides = [
        "optimizer=sgd", "optimizer.learning_rate=0.1", "+optimizer.nesterov=true", "model.hidden_units=[32]",
        "dataset.label_noise=0.2", "regularizer=[l1]", "regularizer.l1.l1=0.5", "experiment=smoke", "seed=0",
    ]  # fmt: skip
    make_run("s/1", label="other", overrides=overrides, choices=choices | {"optimizer": "sgd"})
    first, second = read_back(tmp_path).to_dict("records")
    expected = {
        "optimizer": "adam", "optimizer.learning_rate": 0.001, "optimizer.nesterov": False,
        "model.hidden_units": "[128,64]", "dataset.label_noise": "none", "regularizer": "[l2,dropout]",
        "experiment": "none",
    }  # fmt: skip
    assert {key: first[key] for key in expected} == expected
    assert pd.isna(first["regularizer.l1.l1"])  # the run has no such penalty
    assert (second["optimizer.learning_rate"], second["dataset.label_noise"]) == (0.1, "0.2")


def test_a_baseline_is_in_every_group_also_by_a_key_that_is_null(make_run, tmp_path):
    for number, value in enumerate(["null", "0.1", None]):
        run = make_run(f"s/{number}", overrides=[f"clipping.norm={value}"] if value else [], label=str(number))
        (run / "config.yaml").write_text("clipping: {norm: null}\n")
    assert read_back(tmp_path).groupby("clipping.norm").size().to_dict() == {"0.1": 1, "none": 2}


def test_without_a_configuration_a_cell_stays_empty(make_run, tmp_path):
    make_run("s/0", overrides=["optimizer.beta_1=0.5"])
    (make_run("s/1") / "config.yaml").write_text("[")
    make_run("s/2", overrides=["run_id=0", "device.threads=1"])
    frame = read_back(tmp_path)
    assert list(frame["optimizer.beta_1"].isna()) == [False, True, True]
    assert "0" not in list(frame["run_id"])


def test_runs_with_the_same_overrides_have_each_their_own_value(make_run, tmp_path, monkeypatch):
    """The file of the option `mine` was edited between the two runs."""
    for number, (rate, more) in enumerate([(0.1, []), (0.2, []), (0.5, ["optimizer.learning_rate=0.5"])]):
        run = make_run(f"s/{number}", overrides=["optimizer=mine", "model.depth=3", *more], seed=number)
        (run / "config.yaml").write_text(f"optimizer: {{learning_rate: {rate}}}\n")
    read = []
    read_config = RunDirectory.read_config
    monkeypatch.setattr(RunDirectory, "read_config", lambda own: read.append(own.path.name) or read_config(own))
    assert list(read_back(tmp_path)["optimizer.learning_rate"]) == [0.1, 0.2, 0.5]
    assert read == ["0", "1"]  # each is read once, and only if a cell needs it


def test_variants_by_a_key_that_is_null_are_the_same_whether_it_was_asked_for_or_not(make_run, tmp_path):
    for number, asked in enumerate([["clipping.norm=null"], [], ["clipping.norm=0.1"]]):
        run = make_run(f"s/{number}", overrides=asked, seed=number)
        (run / "config.yaml").write_text("clipping: {norm: null}\n")
    labels = labels_by(find_runs([tmp_path]), ["clipping.norm"], Values(LeftOut()))
    assert labels == ["clipping.norm=none", "clipping.norm=none", "clipping.norm=0.1"]
