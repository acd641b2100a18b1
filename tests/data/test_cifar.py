import io
import pickle
import tarfile

import numpy as np
import pytest
import yaml

from runner.core.paths import conf_directory
from runner.data.cifar import load_cifar
from runner.data.dataset import DataError
from tests.published import CIFAR, checksums, cifar_binary, cifar_python, class_names, python_2_batch

NOWHERE = "http://127.0.0.1:9/"
TEST = 100
WRITERS = {"binary": cifar_binary, "python": cifar_python}


def made(classes):
    """Two or more training images of each class: redder at the top, greener at the left, and noise in the blue."""
    generator = np.random.default_rng(2)
    labels = np.concatenate([np.arange(max(2 * classes, 50)) % classes, np.arange(TEST) % classes])
    images = generator.integers(0, 256, (len(labels), 32, 32, 3)).astype(np.uint8)
    return images, labels


def load(path, classes, **changed):
    given = {"root": str(path.parent), "url": NOWHERE, "checksums": checksums(path)} | changed
    return load_cifar(f"cifar{classes}", **given)


@pytest.mark.parametrize("classes", [10, 100])
@pytest.mark.parametrize("kind", WRITERS)
def test_images_labels_and_names_are_read_from_either_archive(tmp_path, kind, classes):
    images, labels = made(classes)
    dataset = load(WRITERS[kind](tmp_path, classes, images, labels, TEST), classes)
    assert np.array_equal(dataset.train_inputs, images[:-TEST])
    assert np.array_equal(dataset.test_inputs, images[-TEST:])
    assert np.array_equal(dataset.train_labels, labels[:-TEST])
    assert np.array_equal(dataset.test_labels, labels[-TEST:])
    assert (dataset.classes, dataset.class_names) == (classes, tuple(class_names(classes)))


def test_the_binary_archive_is_downloaded(tmp_path, serve):
    (tmp_path / "published").mkdir()
    (tmp_path / "root").mkdir()
    path = cifar_binary(tmp_path / "published", 10, *made(10), TEST)
    server = serve(path.parent)
    dataset = load(path, 10, root=str(tmp_path / "root"), url=server.url)
    assert dataset.source == str(tmp_path / "root/cifar10/cifar-10-binary.tar.gz")
    assert server.handler.requests == ["/cifar-10-binary.tar.gz"]


@pytest.mark.parametrize("name", ["cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz"])
def test_the_archive_in_kerass_cache_is_read(tmp_path, monkeypatch, name):
    images, labels = made(10)
    path = cifar_python(tmp_path, 10, images, labels, TEST)
    expected = checksums(path)
    (tmp_path / "keras/datasets").mkdir(parents=True)
    (tmp_path / "root").mkdir()
    copy = path.rename(tmp_path / "keras/datasets" / name)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    dataset = load_cifar("cifar10", str(tmp_path / "root"), NOWHERE, {"none": "md5:0"} | expected)
    assert dataset.source == str(copy)
    assert np.array_equal(dataset.train_inputs, images[:-TEST])


def test_the_pickles_of_these_tests_are_pickles():
    """The pickles use the opcodes of Python 2, as the published files do."""
    planes = np.arange(6144, dtype=np.uint32).reshape(2, 3072).astype(np.uint8)
    batch = pickle.loads(python_2_batch(b"labels", planes, [3, 8]), encoding="bytes")
    assert np.array_equal(batch[b"data"], planes)
    assert batch[b"labels"] == [3, 8]


class Trap:
    """Object that fails the test if it is ever unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was read",)


def replaced(path, changes):
    """Write an archive again with some of its files changed."""
    with tarfile.open(path) as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            new = changes.get(name.rpartition("/")[2], content)
            if new is not None:
                member = tarfile.TarInfo(name)
                member.size = len(new)
                archive.addfile(member, io.BytesIO(new))
    return path


SPOILT = {
    "a pickle that calls a function": (cifar_python, {"test_batch": pickle.dumps(Trap())}, "asks for "),
    "a pickle that is cut": (
        cifar_python,
        {"data_batch_3": python_2_batch(b"labels", np.ones((2, 3072)), [0])[:90]},
        "",
    ),
    "a missing batch": (cifar_python, {"data_batch_3": None}, "data_batch_3"),
    "a record that is cut": (cifar_binary, {"data_batch_3.bin": bytes(3000)}, "reshape"),
    "fewer labels": (
        cifar_python,
        {"test_batch": python_2_batch(b"labels", np.ones((2, 3072)), [0])},
        "2 images, but 1",
    ),
    "no names": (cifar_binary, {"batches.meta.txt": None}, "batches.meta.txt"),
    "another archive": (cifar_binary, {"test_batch.bin": None}, "not an archive of CIFAR-10 or CIFAR-100"),
}


@pytest.mark.parametrize(("write", "changes", "said"), SPOILT.values(), ids=SPOILT)
def test_an_archive_of_other_content_is_one_error_that_names_it(tmp_path, write, changes, said):
    path = replaced(write(tmp_path, 10, *made(10), TEST), changes)
    with pytest.raises(DataError, match=f"{path.name}: .*{said}"):
        load(path, 10)


def test_a_damaged_archive_whose_checksum_was_accepted_is_one_error(tmp_path):
    path = cifar_binary(tmp_path, 10, *made(10), TEST)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz: cannot be read"):
        load(path, 10)


def test_every_archive_of_the_options_has_a_published_checksum():
    for classes, files in CIFAR.items():
        option = yaml.safe_load((conf_directory() / f"dataset/cifar{classes}.yaml").read_text())
        assert tuple(option["checksums"]) == files
        assert all(value.startswith("sha256:") and len(value) == 7 + 64 for value in option["checksums"].values())
