import json
import math
import re
from dataclasses import replace

import pytest

from runner.core.errors import UserError
from runner.records.record import VALIDATION_METRICS, RunRecord, best_epoch
from runner.records.run_directory import RunDirectory

RECORD = RunRecord(
    run_id="0123456789ab",
    name="run",
    seed=0,
    status="completed",
    choices={"optimizer": "adam"},
    overrides=["optimizer=adam", "seed=0"],
    dataset={"name": "mnist", "fingerprint": "f" * 64},
    device={},
    versions={},
    code={},
    parameters=101_770,
    started="2026-01-01T00:00:00+00:00",
    test={"accuracy": 0.95, "loss": 0.2},
    classes=["NA", "032", "=1+1"],
)
COLUMNS = [
    "run_id", "name", "variant", "seed", "status", "epochs", "val_accuracy", "val_loss", "best_val_accuracy",
    "best_epoch", "val_negative_log_likelihood", "test_accuracy", "test_loss", "test_negative_log_likelihood",
    "test_expected_calibration_error", "test_top_2_accuracy", "test_macro_f1", "train_seconds", "total_seconds",
    "parameters", "dataset", "fingerprint", "split", "weight_shapes", "initial_weights",
]  # fmt: skip


def epochs(*accuracies):
    return [
        {"epoch": epoch, "loss": 1.0, "val_loss": 1 / epoch, "val_accuracy": accuracy, "seconds": 0.5}
        for epoch, accuracy in enumerate(accuracies, start=1)
    ]


def test_summary_has_the_columns_of_the_contract_then_one_for_each_override():
    row = RECORD.summary()
    assert list(row) == [*COLUMNS, "optimizer"]
    assert row["optimizer"] == "adam"
    assert row["test_accuracy"] == 0.95


def test_all_columns_of_the_validation_set_are_known():
    assert {name for name in COLUMNS if "val_" in name} == set(VALIDATION_METRICS)


@pytest.mark.parametrize(
    ("error", "line"), [(None, None), ("", None), (" \n ", None), ("Traceback\nValueError: no\n", "ValueError: no")]
)
def test_an_error_is_told_by_its_last_line(error, line):
    assert replace(RECORD, error=error).error_line == line


def test_history_gives_the_final_and_the_best_epoch():
    record = RECORD.with_history(epochs(0.8, 0.9, 0.7))
    row = record.summary()
    assert (row["epochs"], row["val_accuracy"], row["best_val_accuracy"], row["best_epoch"]) == (3, 0.7, 0.9, 2)
    assert row["train_seconds"] == 1.5


def test_the_best_epoch_is_the_first_of_equals_and_never_one_that_is_not_finite():
    assert best_epoch(epochs(0.5, 0.9, 0.9))["epoch"] == 2
    assert best_epoch(epochs(math.nan, 0.1))["epoch"] == 2
    assert best_epoch([{"epoch": 1, "val_loss": 2.0}, {"epoch": 2, "val_loss": 1.0}])["epoch"] == 2
    assert best_epoch(epochs(math.nan)) == epochs(math.nan)[0] or best_epoch(epochs(math.nan))["val_loss"] == 1.0


@pytest.mark.parametrize(
    ("overrides", "variant"),
    [
        (["optimizer=sgd", "seed=4"], "optimizer=sgd"),
        (["optimizer=sgd", "device=cpu", "device.threads=1", "dataset.root=/x", "name=n"], "optimizer=sgd"),
        (["seed=1"], "run"),
        (["+optimizer.clipnorm=1", "regularizer=[l2,dropout]"], "+optimizer.clipnorm=1,regularizer=[l2,dropout]"),
    ],
)
def test_a_variant_is_what_was_asked_for_without_seed_and_place(overrides, variant):
    assert replace(RECORD, overrides=overrides).variant == variant


def test_a_record_comes_back_as_it_was_written(tmp_path):
    directory = RunDirectory(tmp_path)
    record = RECORD.with_history([*epochs(0.8), {"epoch": 2, "loss": math.nan, "val_loss": math.inf, "seconds": 1.0}])
    directory.write_record(record)
    assert directory.read_record() == record
    assert record.final["loss"] is None


def test_keys_of_a_newer_version_are_left_out(tmp_path):
    directory = RunDirectory(tmp_path)
    directory.write_record(RECORD)
    values = json.loads(directory.record_path.read_text()) | {"from_the_future": 1}
    directory.record_path.write_text(json.dumps(values))
    assert directory.read_record() == RECORD


@pytest.mark.parametrize("content", ["", "{ half", "[1, 2]", '"text"', '{"run_id": "x"}', "\udcff"])
def test_what_is_no_record_is_an_error_that_names_the_file(tmp_path, content):
    directory = RunDirectory(tmp_path)
    directory.record_path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=r"record\.json: not a valid run record"):
        directory.read_record()


@pytest.mark.parametrize(("value", "bound"), [(1e200, "less than or equal to 1e+100"), (-1e200, "equal to -1e+100")])
def test_the_bound_of_a_number_is_said_without_its_hundred_zeros(tmp_path, value, bound):
    directory = RunDirectory(tmp_path)
    directory.write_record(replace(RECORD, test={"accuracy": value}))
    with pytest.raises(UserError, match=f"{re.escape(bound)}\\)$"):
        directory.read_record()


def test_a_directory_that_holds_a_run_is_refused(tmp_path):
    directory = RunDirectory(tmp_path)
    directory.refuse_if_used()
    directory.write_record(RECORD)
    with pytest.raises(UserError, match="already contains a run"):
        directory.refuse_if_used()


def test_history_comes_back_with_values_that_are_not_finite(tmp_path):
    directory = RunDirectory(tmp_path)
    assert directory.read_history() == []
    directory.write_history([{"epoch": 1, "loss": math.nan, "seconds": 0.1}])
    (row,) = directory.read_history()
    assert row["epoch"] == 1
    assert math.isnan(row["loss"])


def test_the_validation_figures_of_a_summary_are_those_of_the_tested_network():
    """Early stopping restored an epoch: the last epoch's 0.93 and the best epoch's value belong to other networks."""
    record = RECORD.with_history(epochs(0.9, 0.935, 0.93))
    assert record.summary()["val_accuracy"] == 0.93  # nothing was tested
    row = replace(record, validation={"accuracy": 0.9225, "loss": 0.3, "negative_log_likelihood": 0.25}).summary()
    assert (row["val_accuracy"], row["val_loss"], row["val_negative_log_likelihood"]) == (0.9225, 0.3, 0.25)
    assert row["best_val_accuracy"] == 0.935


@pytest.mark.parametrize(
    ("recorded", "in_use", "now"),
    [
        ("running", True, "running"),
        ("running", False, "interrupted"),
        ("completed", False, "completed"),
        ("failed", True, "failed"),
    ],
)
def test_a_run_that_nobody_trains_any_more_was_interrupted_whatever_it_recorded(recorded, in_use, now):
    assert replace(RECORD, status=recorded).status_now(in_use=in_use) == now
