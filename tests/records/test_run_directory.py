import csv
from pathlib import Path

import numpy as np
import pytest

from runner.records.run_directory import RunDirectory


def test_predictions_are_exactly_the_arrays_that_were_given(tmp_path):
    arrays = {"test_probabilities": np.array([[0.25, 0.75]], np.float32), "test_labels": np.array([1], np.int32)}
    directory = RunDirectory(tmp_path)
    directory.write_predictions(**arrays)
    with np.load(directory.predictions_path, allow_pickle=False) as saved:
        assert set(saved.files) == set(arrays)
        for name, array in arrays.items():
            assert saved[name].dtype == array.dtype
            assert np.array_equal(saved[name], array)


def test_predictions_that_only_a_pickle_could_hold_are_refused(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle=False"):
        RunDirectory(tmp_path).write_predictions(test_labels=np.array([{}], dtype=object))
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_saved_leaves_the_one_before(tmp_path):
    directory = RunDirectory(tmp_path)
    directory.write_model(lambda path: Path(path).write_text("first"))

    def fail(path: str) -> None:
        assert path.endswith(".keras")
        raise RuntimeError("no space")

    with pytest.raises(RuntimeError, match="no space"):
        directory.write_model(fail)
    assert directory.model_path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [directory.model_path]


def test_history_has_a_row_an_epoch_and_keeps_every_digit(tmp_path):
    history = [{"epoch": 1, "loss": 0.1 + 0.2, "seconds": 1e-9}, {"epoch": 2, "loss": 1 / 3, "val_loss": 2.5}]
    directory = RunDirectory(tmp_path)
    directory.write_history(history)
    with directory.history_path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[0]["loss"]) == 0.1 + 0.2
    assert (rows[0]["val_loss"], rows[1]["seconds"]) == ("", "")


def test_a_configuration_of_any_script_is_utf_8(tmp_path):
    RunDirectory(tmp_path).write_config("name: épreuve 数\n")
    assert (tmp_path / "config.yaml").read_bytes() == "name: épreuve 数\n".encode()
