import gzip
import hashlib
import struct

import numpy as np
import pytest
import yaml

from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from runner.data.dataset import DataError, DataNotFound
from runner.data.mnist import load_mnist
from tests.published import checksum, idx_bytes

NOWHERE = "http://127.0.0.1:9/"
MNIST = "ceda791d3e53beaf95f8e213c414aa4d975006504eff93f785d685ecea3e892c"


def load(root, fingerprint=None):
    return load_mnist("mnist", str(root), NOWHERE, fingerprint)


@pytest.mark.parametrize("folder", ["mnist", "."], ids=["in its folder", "in the root"])
@pytest.mark.parametrize("compress", [True, False], ids=["gzip", "plain"])
def test_idx_files_are_read_from_the_root_or_its_folder(tmp_path, write_idx, arrays, folder, compress):
    write_idx(tmp_path / folder, compress)
    dataset = load(tmp_path)
    assert np.array_equal(dataset.train_inputs, arrays["train-images-idx3-ubyte"][..., None])
    assert np.array_equal(dataset.test_labels, arrays["t10k-labels-idx1-ubyte"])
    assert dataset.train_labels.dtype == np.int32


def keras_names(arrays):
    return dict(zip(("x_train", "y_train", "x_test", "y_test"), arrays.values(), strict=True))


def test_an_npz_gives_the_same_data_set(tmp_path, write_idx, arrays):
    write_idx(tmp_path / "idx")
    (tmp_path / "npz").mkdir()
    np.savez_compressed(tmp_path / "npz" / "mnist.npz", **keras_names(arrays))
    assert load(tmp_path / "npz").fingerprint == load(tmp_path / "idx").fingerprint


def test_the_fingerprint_is_sha_256_over_type_shape_and_bytes(tmp_path, write_idx, arrays):
    digest = hashlib.sha256()
    for name, array in arrays.items():
        stored = array[..., None] if "images" in name else array.astype("<i4")
        digest.update(f"{'|u1' if 'images' in name else '<i4'}{stored.shape}".encode() + stored.tobytes())
    assert load(write_idx(tmp_path)).fingerprint == digest.hexdigest()


def test_real_mnist_has_the_fingerprint_that_the_option_asks_for(mnist_root):
    dataset = load(mnist_root)
    assert dataset.fingerprint == MNIST
    assert yaml.safe_load((conf_directory() / "dataset" / "mnist.yaml").read_text())["fingerprint"] == MNIST
    # SHA-256 of the uncompressed train-images-idx3-ubyte, as published in several places.
    header = struct.pack(">HBB3I", 0, 8, 3, 60000, 28, 28)
    published = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    assert hashlib.sha256(header + dataset.train_inputs.tobytes()).hexdigest() == published


def test_one_changed_pixel_is_another_data_set_and_refused(tmp_path, write_idx, arrays):
    before = load(write_idx(tmp_path)).fingerprint
    arrays["train-images-idx3-ubyte"][3, 2, 1] ^= 1
    write_idx(tmp_path)
    with pytest.raises(DataError, match=r"not mnist.*fingerprint=null") as caught:
        load(tmp_path, fingerprint=before)
    assert before in str(caught.value)
    assert load(tmp_path).fingerprint in str(caught.value)


def test_one_image_too_few_is_an_error_with_both_numbers(tmp_path, write_idx, arrays):
    arrays["train-images-idx3-ubyte"] = np.zeros((59_999, 1, 1), np.uint8)
    arrays["train-labels-idx1-ubyte"] = np.zeros(60_000, np.uint8)
    with pytest.raises(DataError, match="59999 training images, but 60000 training labels"):
        load(write_idx(tmp_path))


def test_a_label_above_nine_is_an_error(tmp_path, write_idx, arrays):
    arrays["t10k-labels-idx1-ubyte"][0] = 10
    with pytest.raises(DataError, match="test labels are not integers from 0 to 9"):
        load(write_idx(tmp_path))


def test_swapped_files_are_an_error_that_says_so(tmp_path, arrays):
    for stem, other in zip(
        arrays, ["train-labels-idx1-ubyte", "train-images-idx3-ubyte", *list(arrays)[2:]], strict=True
    ):
        (tmp_path / f"{stem}.gz").write_bytes(gzip.compress(idx_bytes(arrays[other])))
    with pytest.raises(
        DataError, match=r"train-images-idx3-ubyte\.gz: contains labels, not images: are the files swapped"
    ):
        load(tmp_path)


def test_an_incomplete_set_names_what_is_missing(tmp_path, write_idx):
    (write_idx(tmp_path) / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"missing .plain or .gz.: t10k-labels-idx1-ubyte; add"):
        load(tmp_path)


class Trap:
    """Object that fails the test if it is ever unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was read",)


@pytest.mark.parametrize("spoil", ["pickle", "missing key", "no archive", "text", "floats"])
def test_an_npz_that_is_not_mnist_is_one_error_that_names_it(tmp_path, arrays, spoil):
    content = keras_names(arrays)
    file = tmp_path / "mnist.npz"
    if spoil == "pickle":
        content["x_train"] = np.array([Trap()], dtype=object)
    if spoil == "missing key":
        del content["y_test"]
    if spoil == "floats":
        content["x_train"] = content["x_train"] / 255
    np.savez(file, **content)
    if spoil == "no archive":
        file.write_bytes(file.read_bytes()[:200])
    if spoil == "text":
        file.write_text("hello")
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_damaged_npz_is_one_error_wherever_the_damage_is(tmp_path, arrays):
    file = tmp_path / "mnist.npz"
    np.savez_compressed(file, **keras_names(arrays))
    whole = file.read_bytes()
    fingerprint = load(tmp_path).fingerprint
    messages = []
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            load(tmp_path, fingerprint)  # some bytes, such as those of a date, have no effect
        except DataError as error:
            messages.append(str(error))
    assert len(messages) > len(whole) / 7 / 2
    assert all(str(tmp_path) in message for message in messages)


@pytest.mark.parametrize(
    "labels",
    [np.int64(3), np.zeros((30, 10), np.uint8), np.zeros(30), np.zeros(0, np.uint8), np.full(30, -1)],
    ids=["one number", "one-hot", "floats", "none", "negative"],
)
def test_labels_of_another_form_are_an_error(tmp_path, arrays, labels):
    np.savez(tmp_path / "mnist.npz", **(keras_names(arrays) | {"y_train": labels}))
    with pytest.raises(DataError, match="training labels are not integers from 0 to 9"):
        load(tmp_path)


KAGGLE = {
    "a dot": lambda stem: stem.replace("-idx", ".idx"),
    "a dot, packed": lambda stem: stem.replace("-idx", ".idx") + ".gz",
    "a folder of that name": lambda stem: f"{stem}/{stem}",
    "both": lambda stem: f"{stem}/{stem.replace('-idx', '.idx')}",
    "torchvision's": lambda stem: f"MNIST/raw/{stem}",
}


@pytest.mark.parametrize("place", KAGGLE.values(), ids=KAGGLE)
def test_files_are_found_under_the_names_that_people_have(tmp_path, arrays, place):
    for stem, array in arrays.items():
        file = tmp_path / place(stem)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(idx_bytes(array))
    assert np.array_equal(load(tmp_path).train_inputs[..., 0], arrays["train-images-idx3-ubyte"])


def test_files_that_are_elsewhere_below_the_root_are_named(tmp_path, write_idx):
    write_idx(tmp_path / "archive", compress=False)
    with pytest.raises(DataNotFound, match=r"not read: archive/t10k-images-idx3-ubyte, archive/"):
        load(tmp_path)


def test_a_root_that_does_not_exist_is_an_error_and_is_not_created(tmp_path):
    with pytest.raises(DataError, match=r"^dataset\.root=.*typo: no such directory .*create the directory"):
        load(tmp_path / "typo")
    assert not (tmp_path / "typo").exists()
    with pytest.raises(ConfigError, match="must name a directory"):
        load("")


FASHION_LABELS = [9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9]


def load_option(option, root, name=None):
    chosen = yaml.safe_load((conf_directory() / "dataset" / f"{option}.yaml").read_text())
    return load_mnist(name or option, str(root), NOWHERE, None, chosen["checksums"])


class TestAnotherDataSetInTheSameFormat:
    CHECKSUMS = dict.fromkeys(("train-images-idx3-ubyte",), "md5:" + "0" * 32)

    def load(self, root, checksums=CHECKSUMS):
        return load_mnist("fashion_mnist", str(root), NOWHERE, None, checksums)

    @pytest.mark.parametrize("folder", ["fashion_mnist", "."], ids=["in its folder", "in the root"])
    @pytest.mark.parametrize("compress", [True, False], ids=["packed", "unpacked"])
    def test_its_files_are_read(self, tmp_path, write_idx, arrays, folder, compress):
        write_idx(tmp_path / folder, compress=compress)
        published = {path.stem: checksum(path, "md5") for path in (tmp_path / folder).glob("*.gz")}
        dataset = self.load(tmp_path, published or self.CHECKSUMS)
        assert np.array_equal(dataset.train_inputs[..., 0], arrays["train-images-idx3-ubyte"])
        assert not dataset.notes

    def test_packed_files_of_a_third_data_set_are_named_in_its_folder_and_not_read_from_the_root(
        self, tmp_path, write_idx
    ):
        write_idx(tmp_path, compress=True)
        with pytest.raises(DataNotFound, match=r"under other names, which are not read: t10k-images-idx3-ubyte\.gz, "):
            self.load(tmp_path)
        write_idx(tmp_path / "fashion_mnist", compress=True)
        (note,) = self.load(tmp_path).notes
        file = tmp_path / "fashion_mnist" / "train-images-idx3-ubyte.gz"
        expected = "not the published file of fashion_mnist (checksum differs); is it from another data set?"
        assert note == f"{file}: {expected}"

    def test_unpacked_fashion_mnist_is_named_in_the_folder_of_kmnist_and_not_read_from_the_root(
        self, tmp_path, write_idx, arrays
    ):
        arrays["train-labels-idx1-ubyte"][:16] = FASHION_LABELS
        write_idx(tmp_path, compress=False)
        with pytest.raises(DataNotFound, match="kmnist is not in "):
            load_option("kmnist", tmp_path)
        write_idx(tmp_path / "kmnist", compress=False)
        (note,) = load_option("kmnist", tmp_path).notes
        assert note == f"{tmp_path / 'kmnist'}: the training labels are those of Fashion-MNIST, not of kmnist"
        assert not load_option("fashion_mnist", tmp_path).notes
        assert not load_option("fashion_mnist", tmp_path, name="clothes").notes

    def test_other_labels_in_the_folder_of_fashion_mnist_are_named(self, tmp_path, write_idx, arrays):
        write_idx(tmp_path / "fashion_mnist", compress=False)  # of another size: somebody's own images of clothes
        assert not load_option("fashion_mnist", tmp_path).notes
        arrays["train-images-idx3-ubyte"] = np.zeros((60_000, 5, 4), np.uint8)
        arrays["train-labels-idx1-ubyte"] = np.resize(np.arange(10, dtype=np.uint8), 60_000)
        write_idx(tmp_path / "fashion_mnist", compress=False)
        (note,) = load_option("fashion_mnist", tmp_path).notes
        assert "the training labels are not the published ones of fashion_mnist" in note

    def test_its_archive_bears_its_name(self, tmp_path, arrays):
        np.savez(tmp_path / "fashion_mnist.npz", **keras_names(arrays))
        assert np.array_equal(self.load(tmp_path).test_labels, arrays["t10k-labels-idx1-ubyte"])

    def test_files_of_mnist_in_its_folder_are_refused(self, tmp_path, mnist_root):
        (tmp_path / "fashion_mnist").symlink_to(mnist_root / "mnist")
        with pytest.raises(DataError, match="contains the files of MNIST, not those of fashion_mnist") as caught:
            self.load(tmp_path)
        assert str(tmp_path / "fashion_mnist") in str(caught.value)

    def test_files_of_mnist_in_the_root_are_not_taken_for_it(self, tmp_path, mnist_root):
        for file in (mnist_root / "mnist").iterdir():
            (tmp_path / file.name).symlink_to(file)
        with pytest.raises(DataNotFound, match=r"fashion_mnist is not in .*fashion_mnist and cannot be downloaded"):
            self.load(tmp_path)
        assert load(tmp_path).fingerprint == MNIST

    def test_the_option_has_the_published_checksums_of_all_four_files(self):
        option = yaml.safe_load((conf_directory() / "dataset" / "fashion_mnist.yaml").read_text())
        assert list(option["checksums"]) == [
            f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
        ]
        assert all(checksum.startswith("md5:") and len(checksum) == 4 + 32 for checksum in option["checksums"].values())
