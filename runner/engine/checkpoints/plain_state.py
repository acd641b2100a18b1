"""Serialization of plain values in one file, as JSON and arrays without pickles."""

import json
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from runner.core.write import write_arrays

Arrays = list[np.ndarray[Any, np.dtype[Any]]]

_STRUCTURE = "structure"  # name of the JSON in the file; the arrays are numbered


def encode(value: Any, arrays: Arrays) -> Any:
    """Encode a value for JSON, and append its arrays to `arrays`.

    Raises:
        TypeError: unless it is a number, string, None, array, or a list, tuple, dictionary or deque of these.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return [encode(item, arrays) for item in value]
    if kind is tuple:
        return {"tuple": [encode(item, arrays) for item in value]}
    if kind is deque:
        return {"deque": [encode(item, arrays) for item in value], "longest": value.maxlen}
    if kind is dict:
        return {"dict": [[encode(key, arrays), encode(item, arrays)] for key, item in value.items()]}
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1, "dtype": value.dtype.name, "scalar": isinstance(value, np.generic)}
    raise TypeError(f"a {kind.__name__} is not a plain value")


def decode(encoded: Any, arrays: Arrays) -> Any:
    """Return the value that was encoded, bit for bit."""
    if isinstance(encoded, list):
        return [decode(item, arrays) for item in encoded]
    if not isinstance(encoded, dict):
        return encoded
    if "tuple" in encoded:
        return tuple(decode(encoded["tuple"], arrays))
    if "deque" in encoded:
        return deque(decode(encoded["deque"], arrays), encoded["longest"])
    if "dict" in encoded:
        return {decode(key, arrays): decode(item, arrays) for key, item in encoded["dict"]}
    array = arrays[encoded["array"]]
    array = array.view(encoded["dtype"]) if array.dtype.name != encoded["dtype"] else array
    return array[()] if encoded["scalar"] else array


def write_plain(path: Path, encoded: Any, arrays: Arrays) -> None:
    """Write an encoded value and its arrays to a .npz file."""
    text = np.frombuffer(json.dumps(encoded).encode(), np.uint8)
    numbered = {str(number): _native(array) for number, array in enumerate(arrays)}
    write_arrays(path, {_STRUCTURE: text} | numbered)


def read_plain(path: Path) -> Any:
    """Return the decoded value in a file.

    Raises:
        Exception: any type, if the file is damaged.
    """
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        arrays = [file[str(number)] for number in range(len(file.files) - 1)]
        return decode(json.loads(file[_STRUCTURE].tobytes()), arrays)


def _native(array: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the array, or its bits if NumPy lacks the dtype (bfloat16)."""
    foreign = array.dtype.kind == "V" and array.dtype.names is None
    return array.view(f"u{array.dtype.itemsize}") if foreign else array
