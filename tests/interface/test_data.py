import numpy as np
import pytest

from runner.core.errors import UserError
from runner.data.npz_file import load_npz
from runner.interface.data import data_overrides

INPUTS, LABELS = np.arange(120.0).reshape(20, 6), np.arange(20) % 2


@pytest.mark.parametrize(
    "data",
    [
        ((INPUTS, LABELS), (INPUTS[:4], LABELS[:4])),
        {"y_train": LABELS, "x_train": INPUTS.tolist(), "x_test": INPUTS[:4], "y_test": LABELS[:4]},
    ],
)
def test_the_saved_file_holds_the_arrays_and_is_the_same_for_the_same_arrays(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    overrides = data_overrides(data)
    assert overrides[0] == "dataset=npz"
    path = overrides[1].removeprefix("dataset.path=")
    loaded = load_npz("npz", path, test_size=0.2, data_seed=0, memory_limit_gb=1)
    np.testing.assert_array_equal(loaded.train_inputs, INPUTS)
    np.testing.assert_array_equal(loaded.test_labels, LABELS[:4])
    assert data_overrides(data) == overrides


def test_the_same_arrays_as_other_parts_are_another_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arrays = [INPUTS[:10], INPUTS[10:], LABELS[:10], LABELS[10:]]
    one, other = (
        data_overrides(dict(zip(names, arrays, strict=True)))
        for names in (["x_test", "x_train", "y_test", "y_train"], ["x_train", "x_val", "y_train", "y_val"])
    )
    assert one != other


@pytest.mark.parametrize("data", [3, (INPUTS, LABELS), ((INPUTS, LABELS),), ((INPUTS,), (INPUTS,))])
def test_arrays_in_another_form_are_refused(data):
    with pytest.raises(UserError, match=r"^data: must be \(\(x_train, y_train\), \(x_test, y_test\)\)"):
        data_overrides(data)


def test_rows_of_different_lengths_are_no_data():
    with pytest.raises(UserError, match=r"^data: not arrays of numbers \(.*inhomogeneous"):
        data_overrides((([[1, 2], [3]], [0, 1]), (INPUTS, LABELS)))


def test_python_objects_are_no_data():
    with pytest.raises(UserError, match=r"^data: x_test is not an array of numbers"):
        data_overrides(((INPUTS, LABELS), (np.array([None]), LABELS[:1])))
