import zipfile

import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.data.dataset import DataError
from runner.data.npz_file import load_npz

GENERATOR = np.random.default_rng(4)
CONTENT = {
    "x_train": GENERATOR.integers(0, 256, (30, 5, 4)).astype(np.uint8),
    "y_train": np.arange(30) % 3,
    "x_test": GENERATOR.integers(0, 256, (9, 5, 4)).astype(np.uint8),
    "y_test": np.arange(9) % 3,
}
FEATURES = {"x": GENERATOR.normal(size=(40, 6)), "y": (np.arange(40) % 2).astype(np.uint8)}


def write(tmp_path, content):
    np.savez_compressed(tmp_path / "mine.npz", **content)
    return str(tmp_path / "mine.npz")


def load(path, test_size=0.25, data_seed=0, memory_limit_gb=1.0, class_names=None):
    return load_npz("mine", str(path), test_size, data_seed, memory_limit_gb, class_names)


def test_four_arrays_are_training_and_test_part(tmp_path):
    dataset = load(write(tmp_path, CONTENT))
    assert np.array_equal(dataset.train_inputs, CONTENT["x_train"][..., None])
    assert np.array_equal(dataset.test_inputs, CONTENT["x_test"][..., None])
    assert np.array_equal(dataset.train_labels, CONTENT["y_train"])
    assert dataset.train_inputs.dtype == np.uint8
    assert dataset.train_labels.dtype == np.int32
    assert (dataset.name, dataset.classes) == ("mine", 3)


def test_class_names_are_those_of_the_configuration(tmp_path):
    path = write(tmp_path, CONTENT)
    assert load(path).class_names == ()
    named = load(path, class_names=["NA", "032", "cat"])
    assert (named.class_names, named.fingerprint) == (("NA", "032", "cat"), load(path).fingerprint)
    for names, said in (
        (["a", "b"], "2 names for 3 classes"),
        (["a", "b", "a"], "two classes have the same name"),
        (["a", False, "c"], "False is not text in YAML; quote it"),
        ("abc", "must be null or a list"),
    ):
        with pytest.raises(ConfigError, match=rf"^dataset\.class_names=.*: {said}"):
            load(path, class_names=names)


@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 8, 8), (3, 32, 40), (4, 28, 28)])
def test_channels_before_height_and_width_are_refused(tmp_path, shape):
    images = np.zeros((30, *shape), np.uint8)
    with pytest.raises(DataError, match=r"looks like channels before height and width.*moveaxis"):
        load(write(tmp_path, {"x": images, "y": np.arange(30) % 3}))
    last = np.moveaxis(images, 1, -1)
    assert load(write(tmp_path, {"x": last, "y": np.arange(30) % 3})).train_inputs.shape[1:] == last.shape[1:]


def test_parts_of_which_one_needs_more_digits_have_them_both(tmp_path):
    times = 1.7e9 + np.arange(30.0)[:, np.newaxis]
    content = {"x_train": times, "y_train": np.arange(30) % 2, "x_test": times[:2] * 0, "y_test": np.array([0, 1])}
    assert load(write(tmp_path, content)).train_inputs.tolist() == times.tolist()


def test_two_arrays_are_divided_by_their_seed(tmp_path):
    path = write(tmp_path, FEATURES)
    dataset = load(path)
    rows = np.concatenate([dataset.train_inputs, dataset.test_inputs])
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (30, 10)
    assert sorted(rows.tolist()) == sorted(FEATURES["x"].astype(np.float32).tolist())
    assert load(path).fingerprint == dataset.fingerprint != load(path, data_seed=1).fingerprint


@pytest.mark.parametrize("kind", [np.float16, np.float64, np.int64, bool])
def test_numbers_other_than_bytes_become_float32(tmp_path, kind):
    numbers = GENERATOR.integers(0, 2, (30, 5, 4, 2)).astype(kind)
    inputs = load(write(tmp_path, CONTENT | {"x_train": numbers, "x_test": numbers[:9]})).train_inputs
    assert inputs.dtype == np.float32
    assert np.array_equal(inputs, numbers)


def test_only_the_named_keys_are_read(tmp_path):
    dataset = load(write(tmp_path, CONTENT | {"notes": np.array([Trap()], dtype=object), "x": np.zeros(3)}))
    assert len(dataset.train_labels) == 30


class Trap:
    """Object that fails the test if it is ever unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was read",)


def with_label(array, label):
    return np.where(np.arange(len(array)) == 3, label, array)


def with_value(array, value):
    changed = array.astype(np.float64)
    changed[3, 2] = value
    return changed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"x_train": with_value(CONTENT["x_train"], np.nan)}, r"x_train: example 3 \(from 0\) contains NaN, infinity"),
        ({"x_test": with_value(CONTENT["x_test"], np.inf)}, r"x_test: example 3 \(from 0\) contains NaN, infinity"),
        ({"x_test": with_value(CONTENT["x_test"], 1e300)}, "x_test: example 3 .* or a number beyond float32"),
        ({"x_train": CONTENT["x_train"].astype(str)}, "x_train: contains <U.*, not numbers"),
        ({"x_train": CONTENT["x_train"].astype(complex)}, "x_train: contains complex128, not numbers"),
        ({"x_train": np.arange(30)}, r"x_train: has shape \(30,\); must be features \(examples, features\) or im"),
        ({"x_train": np.zeros((0, 5, 4))}, r"x_train: has shape \(0, 5, 4\)"),
        ({"y_train": with_label(CONTENT["y_train"], -1)}, "y_train: contains the label -1; labels must be 0, 1, 2"),
        ({"y_train": with_label(CONTENT["y_train"], 2**32)}, "y_train: contains the label 4294967296"),
        ({"y_train": with_label(CONTENT["y_train"], 7)}, "no training example of class 3, though labels go up to 7"),
        ({"y_train": CONTENT["y_train"] + 1}, "no training example of class 0"),
        ({"y_test": with_label(CONTENT["y_test"], 3)}, "test examples have the label 3, but no training example"),
        ({"y_train": CONTENT["y_train"] * 0}, "all training examples have the same class; at least 2 classes are"),
        ({"y_train": CONTENT["y_train"] * 1.0}, r"y_train: is float64\(30,\); labels must be integers"),
        ({"y_train": np.eye(3, dtype=int)[CONTENT["y_train"]]}, r"y_train: is int64\(30, 3\); labels must be integers"),
        ({"y_train": CONTENT["y_train"][:-1]}, "30 examples in x_train, but 29 in y_train"),
        ({"x_test": CONTENT["x_test"][:, 1:]}, r"examples differ: uint8\(5, 4, 1\) and uint8\(4, 4, 1\)"),
        ({"x_test": CONTENT["x_test"] / 255}, r"examples differ: uint8\(5, 4, 1\) and float32\(5, 4, 1\)"),
        ({"x_train": np.array([Trap()] * 30, dtype=object)}, "not a readable archive"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else next(iter(value)),
)
def test_what_is_no_data_set_is_one_error_that_names_the_file(tmp_path, changes, said):
    path = write(tmp_path, CONTENT | changes)
    with pytest.raises(DataError, match=said) as caught:
        load(path)
    assert path in str(caught.value)
    assert "\n" not in str(caught.value)


def test_as_many_labels_as_inputs_are_needed_before_a_test_part_is_drawn(tmp_path):
    with pytest.raises(DataError, match="40 examples in x, but 39 in y"):
        load(write(tmp_path, FEATURES | {"y": FEATURES["y"][1:]}))


def test_missing_keys_are_an_error_that_lists_those_there(tmp_path):
    del (content := dict(CONTENT))["y_test"]
    said = "has the keys x_train, y_train, x_test; needs x_train, y_train, x_test, y_test, or x, y"
    with pytest.raises(DataError, match=said):
        load(write(tmp_path, content))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 and no more"], ids=["empty", "text", "cut"])
def test_a_file_that_is_no_archive_is_an_error(tmp_path, content):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(DataError, match="not a readable archive"):
        load(tmp_path / "mine.npz")


def test_one_array_alone_is_no_archive(tmp_path):
    np.save(tmp_path / "mine.npy", np.zeros((3, 3)))
    with pytest.raises(DataError, match="not a readable archive"):
        load(tmp_path / "mine.npy")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.npz: no such file"):
        load(tmp_path / "nowhere.npz")


def test_more_than_the_limit_is_refused_with_both_sizes(tmp_path):
    path = write(tmp_path, CONTENT)
    decoded = sum(128 + array.nbytes for array in CONTENT.values())  # NumPy's header is 128 bytes
    assert len(load(path, memory_limit_gb=decoded / 1e9).train_labels) == 30
    with pytest.raises(DataError, match=r"e-06 GB decoded, more than dataset.memory_limit_gb=1e-06 allows"):
        load(path, memory_limit_gb=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_header_that_claims_terabytes_is_refused_before_anything_is_read(tmp_path, sign):
    path = write(tmp_path, {"y": FEATURES["y"]})
    with zipfile.ZipFile(path, "a") as archive, archive.open("x.npy", "w") as member:
        header = {"descr": "<f8", "fortran_order": False, "shape": (sign * 10**9, 10**3)}
        np.lib.format.write_array_header_2_0(member, header)
    with pytest.raises(DataError, match=r"8e\+03 GB decoded, more than dataset.memory_limit_gb=1 allows"):
        load(path)


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
@pytest.mark.parametrize("tested", [True, False])
def test_arrays_for_validation_are_the_validation_part(tmp_path, name, tested):
    own = {f"x_{name}": CONTENT["x_test"][::-1], f"y_{name}": CONTENT["y_test"][::-1]}
    content = {key: value for key, value in CONTENT.items() if tested or not key.endswith("test")}
    dataset = load(write(tmp_path, content | own))
    assert np.array_equal(dataset.validation.inputs[..., 0], own[f"x_{name}"])
    assert dataset.validation.labels.tolist() == own[f"y_{name}"].tolist()
    assert len(dataset.train_labels) + len(dataset.test_labels) == (39 if tested else 30)


def test_a_validation_part_of_another_shape_or_with_other_classes_is_refused(tmp_path):
    for own, said in (
        ({"x_val": CONTENT["x_test"][:, 1:], "y_val": CONTENT["y_test"]}, "training and validation examples differ"),
        ({"x_val": CONTENT["x_test"], "y_val": CONTENT["y_test"] + 1}, "validation examples have the label 3"),
        ({"x_val": CONTENT["x_test"], "y_val": CONTENT["y_test"] * 0}, "all validation examples have the same class"),
    ):
        with pytest.raises(DataError, match=said):
            load(write(tmp_path, CONTENT | own))


def test_arrays_for_validation_beside_those_of_one_part_are_used_too(tmp_path):
    content = {"x": CONTENT["x_train"], "y": CONTENT["y_train"], "x_val": CONTENT["x_test"], "y_val": CONTENT["y_test"]}
    dataset = load(write(tmp_path, content))
    assert dataset.validation.labels.tolist() == CONTENT["y_test"].tolist()
    assert len(dataset.train_labels) + len(dataset.test_labels) == len(CONTENT["y_train"])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["x_val"], "its validation part lacks y_val"),
        (["y_valid"], "its validation part lacks x_valid"),
        (["x_val", "y_val", "x_validation", "y_validation"], "x_val.* and x_val.*; keep one validation part"),
    ],
)
def test_no_array_for_validation_is_passed_over(tmp_path, names, said):
    own = {name: CONTENT["x_test" if name[0] == "x" else "y_test"] for name in names}
    with pytest.raises(DataError, match=said):
        load(write(tmp_path, CONTENT | own))
