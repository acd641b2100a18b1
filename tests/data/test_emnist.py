import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.data.dataset import DataError
from runner.data.emnist import load_emnist
from tests.published import checksums, emnist_archive

NOWHERE = "http://127.0.0.1:9/"
CLASSES = {"balanced": 47, "letters": 26, "digits": 10}
FIRST = {"balanced": 0, "letters": 1, "digits": 0}  # label in the files
TEST = 100


def made(subset):
    generator = np.random.default_rng(1)
    count = CLASSES[subset]
    labels = np.concatenate([np.arange(2 * count) % count, np.arange(TEST) % count])
    return generator.integers(0, 256, (len(labels), 5, 4)).astype(np.uint8), labels


def load(path, subset, **changed):
    given = {"root": str(path.parent), "url": NOWHERE, "checksums": checksums(path)} | changed
    return load_emnist(f"emnist_{subset}", subset=subset, **given)


@pytest.mark.parametrize("subset", CLASSES)
def test_images_are_upright_and_labels_begin_at_0(tmp_path, subset):
    images, labels = made(subset)
    dataset = load(emnist_archive(tmp_path, subset, images, labels + FIRST[subset], TEST), subset)
    assert np.array_equal(dataset.train_inputs[..., 0], images[:-TEST])
    assert np.array_equal(dataset.test_inputs[..., 0], images[-TEST:])
    assert np.array_equal(dataset.train_labels, labels[:-TEST])
    assert (dataset.name, dataset.classes, len(dataset.class_names)) == (f"emnist_{subset}", *[CLASSES[subset]] * 2)


def test_the_balanced_classes_have_the_characters_of_nists_mapping(tmp_path):
    """Digits, capitals, and the small letters that differ from their capitals (NIST's emnist-balanced-mapping.txt)."""
    mapping = [*range(48, 58), *range(65, 91), 97, 98, 100, 101, 102, 103, 104, 110, 113, 114, 116]
    dataset = load(emnist_archive(tmp_path, "balanced", *made("balanced"), TEST), "balanced")
    assert dataset.class_names == tuple(map(chr, mapping))


def test_it_is_downloaded_once_for_all_subsets(tmp_path, serve):
    images, labels = made("digits")
    (tmp_path / "published").mkdir()
    (tmp_path / "root").mkdir()
    path = emnist_archive(tmp_path / "published", "digits", images, labels, TEST)
    server = serve(path.parent)
    for _ in range(2):
        dataset = load(path, "digits", root=str(tmp_path / "root"), url=server.url)
    assert dataset.source == str(tmp_path / "root/emnist/gzip.zip")
    assert server.handler.requests == ["/gzip.zip"]


def test_another_subset_is_refused_with_the_right_names(tmp_path):
    with pytest.raises(
        ConfigError, match=r"dataset\.subset=letter: .* mean letters\? \(allowed: balanced, digits, let"
    ):
        load_emnist("emnist", str(tmp_path), NOWHERE, {}, "letter")


def test_an_archive_without_the_subset_names_the_missing_file(tmp_path):
    path = emnist_archive(tmp_path, "digits", *made("digits"), TEST)
    with pytest.raises(DataError, match=r"gzip\.zip: has no emnist-letters-train-images-idx3-ubyte\.gz"):
        load(path, "letters")


@pytest.mark.parametrize("left", [0, 30, 400])
def test_a_damaged_archive_whose_checksum_was_accepted_is_one_error(tmp_path, left):
    path = emnist_archive(tmp_path, "digits", *made("digits"), TEST)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DataError, match=r"gzip\.zip: cannot be read"):
        load(path, "digits")


def test_fewer_labels_than_images_are_refused_with_both_numbers(tmp_path):
    images, labels = made("digits")
    path = emnist_archive(tmp_path, "digits", images, labels[1:], TEST)
    with pytest.raises(DataError, match="20 train images of digits, but 19 labels"):
        load(path, "digits")
