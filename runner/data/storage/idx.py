"""IDX files, MNIST's format (http://yann.lecun.com/exdb/mnist/, "FILE FORMATS")."""

import gzip
import math
from io import BufferedIOBase
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runner.data.checks import checked_file, unreadable
from runner.data.dataset import DataError

_KINDS = {b"\0\0\x08\x01": "labels", b"\0\0\x08\x03": "images"}
_LARGEST = 4 * 10**9  # bytes; MNIST's training images take 0.047 GB
_AT_ONCE = 2**20


def read_idx(path: Path, kind: str) -> npt.NDArray[np.uint8]:
    """Read a file of unsigned bytes, plain or gzip, up to the length in its header.

    Args:
        path: gzip is recognized by the first two bytes, not by the name.
        kind: "images" (examples, height, width) or "labels" (examples,).

    Raises:
        DataError: if the file cannot be read, is truncated, too long or too large, or contains the other kind.
    """
    with unreadable(path), checked_file(path).open("rb") as file:
        packed = file.peek(2)[:2] == b"\x1f\x8b"
        with gzip.open(file) if packed else file as stream:
            return parse_idx(str(path), kind, stream)


def parse_idx(where: str, kind: str, stream: BufferedIOBase) -> npt.NDArray[np.uint8]:
    """Read an array as `read_idx` does, from an open uncompressed file.

    Args:
        where: prefix of error messages.

    Raises:
        DataError: as `read_idx` does.
    """
    magic = stream.read(4)
    if magic not in _KINDS:
        raise DataError(f"{where}: not an IDX file of bytes (it begins with {magic.hex() or 'nothing'})")
    if _KINDS[magic] != kind:
        raise DataError(f"{where}: contains {_KINDS[magic]}, not {kind}: are the files swapped?")

    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(f"{where}: ends within its header: is it truncated?")
    shape = tuple(int.from_bytes(sizes[start : start + 4]) for start in range(0, len(sizes), 4))
    expected = math.prod(shape)
    if expected > _LARGEST:
        raise DataError(
            f"{where}: its header {shape} needs {expected / 1e9:,.3g} GB; at most {_LARGEST / 1e9:g} GB are read"
        )
    content = _first(expected + 1, stream)
    if len(content) != expected:
        there = "more" if len(content) > expected else f"{len(content)}"
        raise DataError(f"{where}: has {there} bytes, but its header {shape} needs {expected}: is it truncated?")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _first(count: int, stream: BufferedIOBase) -> bytearray:
    """Read at most `count` bytes, allocating memory only for bytes that exist, because a header may claim too many."""
    content = bytearray()
    while piece := stream.read(min(_AT_ONCE, count - len(content))):
        content += piece
    return content
