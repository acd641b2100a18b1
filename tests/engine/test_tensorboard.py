from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from runner.engine.tensorboard import TensorBoard, hyperparameters
from runner.records.record import RunRecord
from tests import event_files

RECORD = RunRecord(
    run_id="0123456789ab", name="run", seed=0, status="running", choices={}, overrides=[], dataset={}, device={},
    versions={}, code={}, parameters=1, started="",
)  # fmt: skip
GRADIENTS = SimpleNamespace(
    file="gradients.csv", rows=[{"epoch": 1, "output.weight": 0.1}, {"epoch": 2, "output.weight": 0.2}]
)
STEPS = SimpleNamespace(file="steps.csv", rows=[{"step": 1, "loss": 9.0}, {"step": 2, "loss": 8.0}])


def written(directory, epochs, record=RECORD):
    board = TensorBoard(directory)
    board.begin(record)
    for epoch in epochs:
        board.epoch({"epoch": epoch, "loss": 1 / epoch}, [GRADIENTS, STEPS])
    return board


def test_an_epoch_is_in_the_file_as_soon_as_it_is_over(tmp_path):
    written(tmp_path, [1, 2])  # the run never ends
    assert event_files.scalars(tmp_path) == {
        "loss": [(1, 1.0), (2, 0.5)],
        "gradients/output.weight": [(1, np.float32(0.1)), (2, np.float32(0.2))],
    }


def test_a_run_that_goes_on_has_each_epoch_once_and_callbacks_keep_their_files(tmp_path):
    of_callback = tmp_path / "tensorboard" / "train" / "events.out.tfevents.1"
    of_callback.parent.mkdir(parents=True)
    of_callback.touch()
    written(tmp_path, [1, 2])
    written(tmp_path, [1, 2, 3]).end(replace(RECORD, status="completed"))
    assert [step for step, _ in event_files.scalars(tmp_path)["loss"]] == [1, 2, 3]
    assert len(list((tmp_path / "tensorboard").glob("events*"))) == 1
    assert of_callback.exists()


def test_the_test_is_at_the_last_epoch_and_what_is_no_number_is_left_out(tmp_path):
    scores = {"accuracy": 0.5, "roc_auc": None, "confusion_matrix": [[1]]}
    tested = replace(RECORD, status="completed", test={"accuracy": 0.75, "loss": None}, scores=scores | {"f1": 0.25})
    written(tmp_path, [1, 2]).end(tested)
    read = event_files.scalars(tmp_path)
    assert {tag: read[tag] for tag in read if tag.startswith("test")} == {
        "test_accuracy": [(2, 0.75)],
        "test_f1": [(2, 0.25)],
    }


def test_overrides_are_numbers_where_they_are_numbers_but_for_those_that_make_no_variant():
    asked = {
        "optimizer=sgd": "sgd",
        "optimizer.learning_rate=1e-2": 0.01,
        "training.epochs=5": 5.0,
        "+optimizer.nesterov=true": "true",
        "model.activation=relu": "relu",
        "regularizer=[l2,dropout]": "[l2,dropout]",
    }
    words = {"optimizer.epsilon=nan": "nan", "schedule.decay_steps=5epochs": "5epochs", "~regularizer.l2": "removed"}
    null = ["dataset.train_size=null"]
    others = ["seed=7", "tracking=tensorboard", "device.threads=1"]
    record = replace(RECORD, seed=7, overrides=[*asked, *words, *null, *others], label="0.5")
    expected = {override.partition("=")[0].lstrip("+"): value for override, value in asked.items()}
    expected |= {f"{override.partition('=')[0].lstrip('~')} (word)": value for override, value in words.items()}
    assert hyperparameters(record) == {"variant": "0.5", "seed": 7} | expected


@pytest.mark.parametrize(
    ("status", "shown"),
    [("completed", 1), ("diverged", 2), ("failed", 2), ("interrupted", 0), ("pruned", 0), (None, 0)],
)
def test_a_session_has_the_runs_status(tmp_path, status, shown):
    board = written(tmp_path, [1])
    if status:
        board.end(replace(RECORD, status=status))
    (group,) = event_files.session_groups(tmp_path)
    assert [session.status for session in group.sessions] == [shown]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("dataset.train_size", ("null", "100", "1000")),
        ("training.batch_size", ("full", "64")),
        ("schedule.decay_steps", ("5epochs", "200", "null")),
        ("optimizer", ("1e5", "adam", "032")),
        ("optimizer.epsilon", ("nan", "1e-7", "-inf")),
    ],
)
def test_no_column_of_the_hparams_view_holds_two_types(tmp_path, key, values):
    for value in values:
        written(tmp_path / value, [1], replace(RECORD, run_id=value, overrides=[f"{key}={value}"]))
    shown = [event_files.hyperparameters(group) for group in event_files.session_groups(tmp_path)]
    assert len(shown) == len(values)
    for column in {name for one in shown for name in one}:
        assert len({type(one[column]) for one in shown if one.get(column) not in (None, "")}) == 1, column


def test_runs_that_differ_in_no_override_are_sessions_of_their_own(tmp_path):
    for run_id in ("a", "b"):
        written(tmp_path / run_id, [1], replace(RECORD, run_id=run_id))
    assert len(event_files.session_groups(tmp_path)) == 2


def test_what_cannot_be_written_is_an_error(tmp_path, monkeypatch):
    def full(self):
        raise OSError("no space left")

    board = written(tmp_path, [1])
    with monkeypatch.context() as patch:
        patch.setattr("tensorboard.summary.writer.record_writer.RecordWriter.flush", full)
        with pytest.raises(OSError, match="no space left"):
            board.epoch({"epoch": 2, "loss": 0.5}, [])
    board.end(replace(RECORD, status="failed"))


def test_the_end_of_what_never_began_is_no_error_of_its_own(tmp_path):
    (tmp_path / "tensorboard").touch()
    board = TensorBoard(tmp_path)
    with pytest.raises(Exception, match="tensorboard"):
        board.begin(RECORD)
    board.end(replace(RECORD, status="failed"))
