"""A NumPy archive of the user's own."""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runner.data.checked import Array, checked_dataset, checked_file, checked_inputs, checked_labels
from runner.data.dataset import Dataset, Part
from runner.data.errors import DataError, shortened
from runner.data.held_out import hold_out
from runner.data.memory import refuse_large

TWO_PARTS = ("x_train", "y_train", "x_test", "y_test")
ONE_PART = ("x", "y")

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # NumPy's; others expand without a bound


def load_npz(name: str, path: str, test_size: float, data_seed: int, memory_limit_gb: float) -> Dataset:
    """Return the data set in an archive.

    Args:
        path: of an archive with x_train, y_train, x_test and y_test, or with x and y; further keys are not read.
        test_size: share that becomes the test part, if there is none.
        data_seed: of that draw.
        memory_limit_gb: what the arrays may take in memory.

    Raises:
        DataError: if the archive cannot be read, is too large, or is no data set.
    """
    file = checked_file(path)
    arrays = read_npz(file, (TWO_PARTS, ONE_PART), memory_limit_gb)
    pairs = zip(list(arrays)[::2], list(arrays)[1::2], strict=True)
    parts = [_part(file, inputs, labels, arrays) for inputs, labels in pairs]
    train, test = parts if len(parts) == 2 else hold_out(str(file), parts[0], test_size, data_seed)
    return checked_dataset(name, str(file), train, test)


def _part(file: Path, inputs: str, labels: str, arrays: dict[str, Array]) -> Part:
    part = Part(
        checked_inputs(f"{file}: {inputs}", arrays[inputs]),
        checked_labels(f"{file}: {labels}", arrays[labels]),
    )
    if len(part.inputs) != len(part.labels):
        raise DataError(f"{file}: {len(part.inputs)} examples in {inputs}, but {len(part.labels)} in {labels}")
    return part


def read_npz(path: Path, choices: Sequence[Sequence[str]], memory_limit_gb: float) -> dict[str, Array]:
    """Read the first of several sets of keys that an archive has, in that order; nothing is unpickled.

    Raises:
        DataError: if the archive cannot be read, has none of the sets, or is too large.
    """
    wanted = ", or ".join(", ".join(keys) for keys in choices)
    try:
        with zipfile.ZipFile(checked_file(path)) as archive:
            there = [name.removesuffix(".npy") for name in archive.namelist()]
            keys = next((keys for keys in choices if set(keys) <= set(there)), None)
            if keys is None:
                raise DataError(f"{path}: has the keys {shortened(', '.join(there))}; needed are {wanted}")
            for needed in (_stored_bytes, _decoded_bytes):
                refuse_large(str(path), sum(needed(archive, key) for key in keys), memory_limit_gb)
            return {key: _array(archive, key) for key in keys}
    except DataError:
        raise
    except Exception as error:  # of many kinds: zipfile, zlib, ast and tokenize are at work below numpy
        what = shortened(str(error)) or type(error).__name__
        raise DataError(f"{path}: not a readable archive (.npz) of arrays {wanted} ({what})") from error


def _stored_bytes(archive: zipfile.ZipFile, key: str) -> int:
    """Return what one member expands to, header and all, beyond which zipfile does not read."""
    member = archive.getinfo(f"{key}.npy")
    if member.compress_type not in _COMPRESSIONS:
        raise ValueError(f"{key} is compressed as NumPy never does")
    return member.file_size


def _decoded_bytes(archive: zipfile.ZipFile, key: str) -> int:
    """Return what the header of one array says, which is read without the array."""
    with archive.open(f"{key}.npy") as member:
        old = np.lib.format.read_magic(member) == (1, 0)
        read_header = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(member)
    return abs(math.prod(shape)) * dtype.itemsize


def _array(archive: zipfile.ZipFile, key: str) -> Array:
    with archive.open(f"{key}.npy") as member:
        array: Array = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):  # at the end of the member zipfile compares its checksum, not before
            raise ValueError(f"{key} holds more bytes than its header asks for")
    return array
