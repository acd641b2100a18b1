import hashlib

import numpy as np
import pytest

from runner.data.dataset import fingerprint

ARRAY = np.arange(12, dtype=np.int32).reshape(3, 4)
EMPTY = hashlib.sha256().hexdigest()


def test_it_is_sha_256_over_type_shape_and_little_endian_bytes():
    expected = hashlib.sha256(b"<i4(2,)" + b"\x01\0\0\0" + b"\x02\0\0\0" + b"|u1(1, 1)" + b"\x07")
    assert fingerprint(np.array([1, 2], np.int32), np.array([[7]], np.uint8)) == expected.hexdigest()
    assert fingerprint() == EMPTY


@pytest.mark.parametrize(
    "same",
    [
        np.asfortranarray(ARRAY),
        np.concatenate([ARRAY, ARRAY], axis=1)[:, :4],
        ARRAY[::-1].copy()[::-1],
        ARRAY.astype(">i4"),
        np.asfortranarray(ARRAY.astype(">i4")),
    ],
    ids=["columns first", "a view with gaps", "reversed strides", "big-endian", "big-endian, columns first"],
)
def test_memory_layout_and_byte_order_do_not_matter(same):
    assert np.array_equal(same, ARRAY)
    assert fingerprint(same) == fingerprint(ARRAY)


@pytest.mark.parametrize(
    "other",
    [ARRAY.astype(np.int64), ARRAY.view(np.uint32), ARRAY.reshape(4, 3), ARRAY.T, ARRAY[::-1], ARRAY[:2]],
    ids=["wider", "unsigned", "shape", "transposed", "order of rows", "fewer"],
)
def test_type_shape_and_values_do(other):
    assert fingerprint(other) != fingerprint(ARRAY)


def test_the_order_of_arrays_and_where_one_ends_matter():
    one, other = ARRAY[:1], ARRAY[1:]
    arranged = [(one, other), (other, one), (ARRAY,), (ARRAY[:2], ARRAY[2:])]
    assert len({fingerprint(*arrays) for arrays in arranged}) == len(arranged)
