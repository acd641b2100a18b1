import keras
import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.data.dataset import DataError, DataNotFound
from runner.data.keras_datasets import load_keras
from tests.published import mnist_files

LABELS = np.arange(30) % 10
IMAGES = np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype(np.uint8)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Keras's cache, on a machine without a network."""

    def get_file(fname, origin, **options):
        return keras.utils.get_file(fname, origin="http://127.0.0.1:9/", cache_dir=tmp_path, **options)

    for module in ("fashion_mnist", "cifar10"):
        monkeypatch.setattr(f"keras.src.datasets.{module}.get_file", get_file)
    return tmp_path / "datasets"


def test_images_in_kerass_cache_become_a_data_set(cache):
    mnist_files(cache / "fashion-mnist", IMAGES, LABELS, test=10)
    dataset = load_keras("fashion_mnist")
    assert np.array_equal(dataset.train_inputs[..., 0], IMAGES)
    assert np.array_equal(dataset.test_labels, LABELS[-10:])
    assert (dataset.name, dataset.classes, dataset.source) == ("fashion_mnist", 10, "keras.datasets.fashion_mnist")
    assert load_keras("fashion_mnist", list("abcdefghij")).class_names == tuple("abcdefghij")


def test_labels_in_a_column_and_colours_are_kept(monkeypatch):
    colours = np.stack([IMAGES] * 3, axis=-1)
    part = colours, LABELS[:, np.newaxis].astype(np.uint8)
    monkeypatch.setattr("keras.datasets.cifar10.load_data", lambda: (part, part))
    dataset = load_keras("cifar10")
    assert np.array_equal(dataset.train_inputs, colours)
    assert np.array_equal(dataset.train_labels, LABELS)


def test_what_is_neither_cached_nor_downloadable_is_not_found_and_says_what_to_do(cache, capsys):
    with pytest.raises(
        DataNotFound, match=r"cifar10 is not in Keras's cache.*\(URL fetch.*use dataset=cifar10 with data"
    ):
        load_keras("cifar10")
    assert capsys.readouterr().out == ""


def test_half_a_file_in_kerass_cache_is_an_error_that_says_to_remove_it(cache):
    mnist_files(cache / "fashion-mnist", IMAGES, LABELS, test=10)
    file = cache / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(DataError, match=r"keras\.datasets\.fashion_mnist: Keras cannot read it .* remove it from"):
        load_keras("fashion_mnist")


@pytest.mark.parametrize("name", ["imdb", "mnits", "load_data"])
def test_other_names_are_refused_with_the_names_that_there_are(name):
    with pytest.raises(
        ConfigError, match=rf"dataset\.name={name}: no such images .*allowed: cifar10, cifar100, fashion_mni"
    ):
        load_keras(name)
