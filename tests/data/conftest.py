"""A small data set in MNIST's own files."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Arrays = dict[str, np.ndarray]


def idx_bytes(array: np.ndarray) -> bytes:
    """LeCun's format: magic (0, 0, type 8, dimensions), sizes big-endian, then the bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.fixture
def arrays() -> Arrays:
    generator = np.random.default_rng(3)
    return {
        "train-images-idx3-ubyte": generator.integers(0, 256, (30, 5, 4)).astype(np.uint8),
        "train-labels-idx1-ubyte": generator.integers(0, 10, 30).astype(np.uint8),
        "t10k-images-idx3-ubyte": generator.integers(0, 256, (12, 5, 4)).astype(np.uint8),
        "t10k-labels-idx1-ubyte": generator.integers(0, 10, 12).astype(np.uint8),
    }


@pytest.fixture
def write_idx(arrays) -> Callable[..., Path]:
    """write_idx(directory, compress=True) -> the directory, with the four files in it."""

    def write(directory: Path, compress: bool = True) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        for stem, array in arrays.items():
            if compress:
                (directory / f"{stem}.gz").write_bytes(gzip.compress(idx_bytes(array)))
            else:
                (directory / stem).write_bytes(idx_bytes(array))
        return directory

    return write
