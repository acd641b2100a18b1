"""Bounded reading of untrusted NumPy archives, without unpickling."""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from runner.core.text import shortened

Array = npt.NDArray[np.generic]

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those that NumPy uses; others may expand without limit


class TooLarge(ValueError):
    """The arrays exceed the memory limit."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"{needed:,} bytes after decoding, which is too many")
        self.needed = needed


class Missing(ValueError):
    """The archive lacks the needed keys."""


def read_arrays(
    file: Path | IO[bytes], choices: Sequence[Sequence[str]], most: float, needed: Sequence[Sequence[str]] = ()
) -> dict[str, Array]:
    """Read the first set of keys that an archive has.

    Args:
        most: memory limit for the arrays in bytes.
        needed: the sets of keys that error messages list; all by default.

    Raises:
        TooLarge: if the arrays exceed the limit.
        Missing: if it has none of the sets.
        ValueError: if it is not an archive of arrays, or is damaged.
    """
    wanted = ", or ".join(", ".join(keys) for keys in needed or choices)
    try:
        with zipfile.ZipFile(file) as archive:
            there = [name.removesuffix(".npy") for name in archive.namelist()]
            keys = next((keys for keys in choices if set(keys) <= set(there)), None)
            if keys is None:
                raise Missing(f"has the keys {shortened(', '.join(there))}; needs {wanted}")
            for size in (_stored_bytes, _decoded_bytes):
                if (total := sum(size(archive, key) for key in keys)) > most:
                    raise TooLarge(total)
            return {key: _array(archive, key) for key in keys}
    except (Missing, TooLarge):
        raise
    except Exception as error:  # zipfile, zlib, ast and tokenize raise many types of exception
        what = shortened(str(error)) or type(error).__name__
        raise ValueError(f"not a readable archive (.npz) of arrays {wanted} ({what})") from error


def _stored_bytes(archive: zipfile.ZipFile, key: str) -> int:
    """Return one member's declared size, including its header; zipfile reads no further."""
    member = archive.getinfo(f"{key}.npy")
    if member.compress_type not in _COMPRESSIONS:
        raise ValueError(f"{key} uses a compression method that NumPy does not")
    return member.file_size


def _decoded_bytes(archive: zipfile.ZipFile, key: str) -> int:
    """Return one array's size according to its header."""
    with archive.open(f"{key}.npy") as member:
        old = np.lib.format.read_magic(member) == (1, 0)
        read_header = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(member)
    return abs(math.prod(shape)) * dtype.itemsize


def _array(archive: zipfile.ZipFile, key: str) -> Array:
    with archive.open(f"{key}.npy") as member:
        array: Array = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):  # zipfile compares the checksum only at the member's end
            raise ValueError(f"{key} has more bytes than its header declares")
    return array
