from collections import deque

import ml_dtypes
import numpy as np
import pytest

from runner.engine.checkpoints.plain_state import encode, read_plain, write_plain


def written_and_read(value, directory):
    arrays = []
    write_plain(directory / "value.npz", encode(value, arrays), arrays)
    return read_plain(directory / "value.npz")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0.1 + 0.2,
        -0.0,
        float("nan"),
        float("-inf"),
        2**70,
        "ß\n",
        [],
        [1, [2.0, None]],
        (1, ("a",)),
        {1: "a", "1": [2], (3, 4): {}},
        deque([1, 2], maxlen=3),
        deque(),
    ],
)
def test_a_plain_value_comes_back_with_its_types(value, tmp_path):
    assert repr(written_and_read(value, tmp_path)) == repr(value)


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", ml_dtypes.bfloat16, "int64", "uint32", "bool", "U3"]
)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_an_array_comes_back_to_the_last_bit(dtype, shape, tmp_path):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    (read,) = written_and_read([array], tmp_path)
    assert type(read) is np.ndarray
    assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize("scalar", [np.float32(0.1), np.float64("nan"), np.bool_(True), ml_dtypes.bfloat16(0.1)])
def test_a_numpy_scalar_comes_back_as_one(scalar, tmp_path):
    read = written_and_read({"best": scalar}, tmp_path)["best"]
    assert type(read) is type(scalar)
    assert read.tobytes() == scalar.tobytes()


@pytest.mark.parametrize("value", [object(), {1, 2}, [len], np.array([None]), b"bytes"])
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(TypeError, match="is not a plain value"):
        encode(value, [])
