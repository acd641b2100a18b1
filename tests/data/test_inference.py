from dataclasses import replace

import numpy as np
import pytest

from runner.data.csv_file import load_csv
from runner.data.dataset import Dataset
from runner.data.digits import load_digits
from runner.data.inference import COMMON, Inference, keys_of
from runner.data.preprocessing import Affine, PerImage, Unchanged, per_image, rescale, standardize, unchanged
from runner.data.splitting.splits import split_dataset
from runner.data.whitening import Whitening, zca

IMAGES = Inference((2, 3, 1), "uint8", Unchanged(), ("cat", "dög"))
STATISTICS = {
    "affine": Affine(np.array([1.0]), np.array([2.0])),
    "per_image": PerImage(),
    "unchanged": Unchanged(),
    "whitening": Whitening(np.ones(6, np.float32), np.eye(6, dtype=np.float32)),
}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_digits("digits")


def split_of(dataset):
    return split_dataset(dataset, 0.2, "last", 0, train_size=100)


@pytest.mark.parametrize("preprocess", [rescale, standardize, per_image, unchanged, lambda split: zca(split, 0.1)])
def test_the_transform_that_is_kept_makes_the_network_inputs_from_raw_examples(dataset, preprocess):
    split = preprocess(split_of(dataset))
    inference = Inference.of(dataset, split)
    again = Inference.of_arrays(inference.arrays())
    np.testing.assert_allclose(again.transform(dataset.test_inputs), split.test.inputs, rtol=1e-6, atol=1e-6)
    assert (again.shape, again.dtype, again.has_images) == ((8, 8, 1), "uint8", True)
    assert again.classes == tuple("0123456789")


def test_a_transform_that_is_not_ours_is_unknown(dataset):
    split = split_of(dataset)
    assert Inference.of(dataset, split) is None
    assert Inference.of(dataset, split.map_inputs(lambda inputs: inputs / 2)) is None


def test_features_and_classes_have_the_names_of_the_table(tmp_path):
    (tmp_path / "t.csv").write_text("b,kind,a\n" + "".join(f"{n},{'xy'[n % 2]},{n * n}\n" for n in range(20)))
    table = load_csv("csv", str(tmp_path / "t.csv"), "kind", None, 0.2, 0, True, ",", 1.0)
    inference = Inference.of(table, standardize(split_dataset(table, 0.25, "last", 0)))
    assert inference.features == ("b", "a")
    assert inference.classes == ("x", "y")
    assert not inference.has_images


@pytest.mark.parametrize("kind", STATISTICS)
def test_a_file_has_the_common_keys_and_those_of_its_preprocessing(kind):
    arrays = replace(IMAGES, transform=STATISTICS[kind]).arrays()
    assert str(arrays["preprocessing"]) == kind
    assert {*arrays} == {*COMMON, *keys_of(arrays)}
    assert not [array for array in arrays.values() if array.dtype.hasobject]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"preprocessing": np.array("own")}, "preprocessing must be one of affine, "),
        ({"dtype": np.array("int8")}, "dtype must be one of uint8, "),
        ({"shape": np.array([2, 3])}, "shape fits neither"),
        ({"shape": np.array([2, 0, 1])}, "shape fits neither"),
        ({"classes": np.array(["one"])}, "fewer than two"),
        ({"classes": np.array([1, 2])}, "classes must be a list of names"),
        ({"features": np.array(["a", "b"])}, "lists 2 features for examples of shape"),
        ({"mean": np.ones(2)}, "does not fit"),
        ({"deviation": np.array([np.nan])}, "deviation must contain only finite numbers"),
    ],
)
def test_arrays_that_describe_nothing_are_refused(changed, reason):
    arrays = replace(IMAGES, transform=STATISTICS["affine"]).arrays()
    with pytest.raises(ValueError, match=reason):
        Inference.of_arrays(arrays | changed)


def test_a_whitening_matrix_of_another_size_is_refused():
    wrong = Whitening(np.ones(6, np.float32), np.eye(5, dtype=np.float32))
    with pytest.raises(ValueError, match=r"does not fit examples of shape \(2, 3, 1\)"):
        Inference.of_arrays(replace(IMAGES, transform=wrong).arrays())
