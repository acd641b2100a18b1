"""IDX files, the format of MNIST (http://yann.lecun.com/exdb/mnist/, "FILE FORMATS")."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runner.data.errors import DataError

_KINDS = {0x801: "labels", 0x803: "images"}


def read_idx(path: Path, kind: str) -> npt.NDArray[np.uint8]:
    """Read one file of unsigned bytes, plain or gzip.

    Args:
        path: gzip is told by its first two bytes, not by its name.
        kind: "images" (examples, height, width) or "labels" (examples,).

    Raises:
        DataError: if the file cannot be read, is truncated, too long, or of the other kind.
    """
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error or type(error).__name__})") from error

    magic = int.from_bytes(content[:4])
    if len(content) < 8 or magic not in _KINDS:
        raise DataError(f"{path}: not an IDX file of bytes (it begins with {content[:4].hex() or 'nothing'})")
    if _KINDS[magic] != kind:
        raise DataError(f"{path}: holds {_KINDS[magic]}, not {kind}; are the files swapped?")

    dimensions = magic & 0xFF
    offset = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(content[start : start + 4]) for start in range(4, offset, 4))
    expected = offset + math.prod(shape)
    if len(content) != expected:
        raise DataError(f"{path}: {len(content)} bytes where its header {shape} asks for {expected}; is it truncated?")
    return np.frombuffer(content, np.uint8, offset=offset).reshape(shape)
