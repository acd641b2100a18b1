import gzip

import numpy as np
import pytest

from runner.data.dataset import DataError
from runner.data.storage.idx import read_idx
from tests.published import idx_bytes

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
LABELS = np.array([3, 1, 4], np.uint8)


@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(("kind", "array"), [("images", IMAGES), ("labels", LABELS)])
def test_reads_what_was_written(tmp_path, pack, kind, array):
    path = tmp_path / "file"
    path.write_bytes(pack(idx_bytes(array)))
    assert np.array_equal(read_idx(path, kind), array)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(idx_bytes(IMAGES))[:-12], "cannot be read"),
        (b"\x1f\x8bnot gzip at all", "cannot be read"),
        (gzip.compress(idx_bytes(IMAGES))[:-8] + b"\0" * 8, "cannot be read"),
        (idx_bytes(IMAGES)[:-1], "is it truncated"),
        (idx_bytes(IMAGES) + b"\0", "more bytes, but"),
        (b"\0\0\x0d\x03" + idx_bytes(IMAGES)[4:], "not an IDX file"),
        (idx_bytes(IMAGES)[:9], "is it truncated"),
        (b"", "not an IDX file"),
        (idx_bytes(LABELS), "contains labels, not images: are the files swapped"),
    ],
    ids=["cut gzip", "no gzip", "wrong checksum", "cut", "too long", "floats", "cut header", "empty", "swapped"],
)
def test_what_is_not_the_file_it_should_be_is_one_error_that_names_it(tmp_path, content, said):
    path = tmp_path / "train-images"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_idx(path, "images")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_directory_where_a_file_should_be_is_an_error(tmp_path):
    with pytest.raises(DataError, match="is a folder, pipe or device, not a file"):
        read_idx(tmp_path, "images")
