"""Arrays as a data set: they are saved in a file named in the configuration, so that the run can be reproduced."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from runner.core.errors import UserError
from runner.core.write import write_arrays
from runner.data.dataset import fingerprint
from runner.data.npz_file import TWO_PARTS
from runner.interface.overrides import as_overrides

Arrays = Mapping[str, Any] | Sequence[Sequence[Any]]
_FOLDER = Path("outputs") / "data"
_PAIRS = ("train", "test")


def data_overrides(data: Arrays | None) -> list[str]:
    """Save arrays and return the overrides that choose them; none without data.

    Args:
        data: `((x_train, y_train), (x_test, y_test))` as from `keras.datasets`, or a dict with the keys of the option
            dataset=npz: x_train, y_train, x_test, y_test, and x_val, y_val if there is a validation part.

    Raises:
        UserError: if it is neither, or an array contains Python objects.
    """
    if data is None:
        return []
    try:
        arrays = {name: np.asarray(array) for name, array in _named(data).items()}
    except ValueError as error:  # NumPy rejects rows of different lengths
        raise UserError(f"data: not arrays of numbers ({error})") from error
    if odd := [name for name, array in arrays.items() if array.dtype.hasobject]:
        raise UserError(f"data: {odd[0]} is not an array of numbers")
    # The same arrays may be test data in one call and validation data in the next.
    names = () if {*arrays} == {*TWO_PARTS} else (np.array([*arrays]),)
    path = _FOLDER / f"{fingerprint(*arrays.values(), *names)[:12]}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, arrays)
    return as_overrides({"dataset": "npz", "dataset.path": str(path)})


def _named(data: Arrays) -> dict[str, Any]:
    if isinstance(data, Mapping):
        return {str(name): data[name] for name in sorted(data)}
    try:
        pairs = zip(_PAIRS, data, strict=True)
        return {f"{axis}_{part}": array for part, (x, y) in pairs for axis, array in (("x", x), ("y", y))}
    except (TypeError, ValueError) as error:
        raise UserError("data: must be ((x_train, y_train), (x_test, y_test)), or a dict of arrays") from error
