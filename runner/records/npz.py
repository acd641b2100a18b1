"""Arrays from a NumPy archive that may be anybody's: within a bound, and nothing is unpickled."""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from runner.config.errors import shortened

Array = npt.NDArray[np.generic]

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # NumPy's; others expand without a bound


class TooLarge(ValueError):
    """The arrays take more memory than they may."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"{needed:,} bytes decoded, too many")
        self.needed = needed


class Missing(ValueError):
    """The archive has other keys."""


def read_arrays(
    file: Path | IO[bytes], choices: Sequence[Sequence[str]], most: float, needed: Sequence[Sequence[str]] = ()
) -> dict[str, Array]:
    """Read the first of several sets of keys that an archive has, in that order.

    Args:
        most: bytes that the arrays may take in memory.
        needed: the sets that errors name; all of them by default.

    Raises:
        TooLarge: if they would take more.
        Missing: if it has none of the sets.
        ValueError: if it is no archive of arrays, or a damaged one.
    """
    wanted = ", or ".join(", ".join(keys) for keys in needed or choices)
    try:
        with zipfile.ZipFile(file) as archive:
            there = [name.removesuffix(".npy") for name in archive.namelist()]
            keys = next((keys for keys in choices if set(keys) <= set(there)), None)
            if keys is None:
                raise Missing(f"has the keys {shortened(', '.join(there))}; needed are {wanted}")
            for size in (_stored_bytes, _decoded_bytes):
                if (total := sum(size(archive, key) for key in keys)) > most:
                    raise TooLarge(total)
            return {key: _array(archive, key) for key in keys}
    except (Missing, TooLarge):
        raise
    except Exception as error:  # of many kinds: zipfile, zlib, ast and tokenize are at work below numpy
        what = shortened(str(error)) or type(error).__name__
        raise ValueError(f"not a readable archive (.npz) of arrays {wanted} ({what})") from error


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
