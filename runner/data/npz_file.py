"""Data sets in NumPy archives (.npz)."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runner.core.read_npz import TooLarge, read_arrays
from runner.data.checks import (
    Array,
    checked_class_names,
    checked_dataset,
    checked_file,
    checked_inputs,
    checked_labels,
    too_large,
)
from runner.data.dataset import VALIDATION_NAMES, DataError, Dataset, Inputs, Part
from runner.data.splitting.strata import hold_out

TWO_PARTS = ("x_train", "y_train", "x_test", "y_test")
ONE_PART = ("x", "y")
_WITH_VALIDATION = [(f"x_{name}", f"y_{name}") for name in VALIDATION_NAMES]


def load_npz(
    name: str,
    path: str,
    test_size: float,
    data_seed: int,
    memory_limit_gb: float,
    class_names: Sequence[str] | None = None,
) -> Dataset:
    """Load a data set from an archive.

    Args:
        path: archive with x_train, y_train, x_test and y_test, or with x and y. x_val and y_val (or x_valid,
            x_validation) are the validation part. Other keys are not read.
        test_size: share of the test part, if the archive has none.
        data_seed: seed of the test part.
        memory_limit_gb: memory limit for the arrays.
        class_names: names of the classes, in label order.

    Raises:
        ConfigError: if `class_names` does not name each class once.
        DataError: if the archive cannot be read, is too large, or is not a data set.
    """
    file = checked_file(path)
    choices = [
        *((*TWO_PARTS, *own) for own in _WITH_VALIDATION),
        *((*TWO_PARTS[:2], *own) for own in _WITH_VALIDATION),
        *((*ONE_PART, *own) for own in _WITH_VALIDATION),
        TWO_PARTS,
        ONE_PART,
    ]
    arrays = read_npz(file, choices, memory_limit_gb, (TWO_PARTS, ONE_PART))
    _refuse_unread_validation(file)
    parts = {
        inputs.partition("_")[2]: _part(file, inputs, labels, arrays)
        for inputs, labels in zip(list(arrays)[::2], list(arrays)[1::2], strict=True)
    }
    train, test = parts.pop("train", None) or parts.pop(""), parts.pop("test", None)
    if draws_test := test is None:
        train, test = hold_out(str(file), train, test_size, data_seed)
    own = next(iter(parts.values()), None)
    dataset = checked_dataset(name, str(file), train, test, validation=own, draws_test=draws_test)
    return replace(dataset, class_names=checked_class_names(class_names, dataset.classes))


def read_examples(path: Path, memory_limit_gb: float) -> tuple[Inputs, Array | None]:
    """Read the examples of an archive, and their labels if it has them.

    Args:
        path: archive with x_test (and y_test) or x (and y), or with a single array under any name.
        memory_limit_gb: memory limit for the arrays.

    Raises:
        DataError: if the archive cannot be read, is too large, or contains no examples.
    """
    choices: list[tuple[str, ...]] = [TWO_PARTS[2:], TWO_PARTS[2:3], ONE_PART, ONE_PART[:1]]
    file = checked_file(path)
    names = _names(file)
    if len(names) == 1:
        choices.append((names[0],))
    arrays = read_npz(file, choices, memory_limit_gb, (ONE_PART[:1], TWO_PARTS[2:3], ("a single array",)))
    inputs, *labels = arrays
    return checked_inputs(f"{file}: {inputs}", arrays[inputs]), arrays[labels[0]] if labels else None


def _names(file: Path) -> list[str]:
    """Return the names of an archive's arrays; none if it is not an archive."""
    try:
        with zipfile.ZipFile(file) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile):
        return []


def _refuse_unread_validation(file: Path) -> None:
    """Raise DataError if an archive has an incomplete validation part, or two of them."""
    names = {*_names(file)}
    found = [own for own in _WITH_VALIDATION if names & {*own}]
    if len(found) > 1:
        raise DataError(f"{file}: has both {found[0][0]} and {found[1][0]}; keep one validation part")
    if missing := [name for own in found for name in own if name not in names]:
        raise DataError(f"{file}: its validation part lacks {missing[0]}")


def _part(file: Path, inputs: str, labels: str, arrays: dict[str, Array]) -> Part:
    part = Part(
        checked_inputs(f"{file}: {inputs}", arrays[inputs]),
        checked_labels(f"{file}: {labels}", arrays[labels]),
    )
    if len(part.inputs) != len(part.labels):
        raise DataError(f"{file}: {len(part.inputs)} examples in {inputs}, but {len(part.labels)} in {labels}")
    return part


def read_npz(
    path: Path, choices: Sequence[Sequence[str]], memory_limit_gb: float, needed: Sequence[Sequence[str]] = ()
) -> dict[str, Array]:
    """Read the first set of keys that an archive has, without unpickling.

    Args:
        needed: the sets of keys that error messages list; all by default.

    Raises:
        DataError: if the archive cannot be read, has none of the sets, or is too large.
    """
    try:
        return read_arrays(checked_file(path), choices, memory_limit_gb * 1e9, needed)
    except TooLarge as error:
        raise too_large(str(path), error.needed, memory_limit_gb) from error
    except ValueError as error:
        raise DataError(f"{path}: {error}") from error
