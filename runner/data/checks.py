"""Checks that a user's files and arrays form a valid data set."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runner.core.errors import ConfigError
from runner.core.paths import user_path
from runner.data.dataset import DataError, Dataset, Inputs, Labels, Part


def refuse_large(where: str, needed: int, limit_gb: float) -> None:
    """Raise DataError if decoded data of `needed` bytes exceed the limit."""
    if needed > limit_gb * 1e9:
        raise too_large(where, needed, limit_gb)


def too_large(where: str, needed: int, limit_gb: float) -> DataError:
    """Return the error for decoded data of `needed` bytes, which exceed the limit."""
    allowed = f"more than dataset.memory_limit_gb={limit_gb:g} allows"
    return DataError(f"{where}: {needed / 1e9:,.3g} GB decoded, {allowed}")


_LOSS = 1e-3  # fraction of a feature's standard deviation: too small to matter, but far above usual rounding errors
_VALUES_AT_ONCE = 2**22


def lost_feature(inputs: npt.NDArray[np.generic]) -> int | None:
    """Return the index of the first feature (or channel) that loses precision in float32.

    A feature loses precision if rounding moves one of its values by more than a thousandth of the standard deviation.
    Examples are large numbers with small differences, such as times in seconds since 1970 within a few hours.

    Args:
        inputs: (examples, ..., features), finite.
    """
    if np.can_cast(inputs.dtype, np.float32):
        return None
    rows = inputs.reshape(-1, inputs.shape[-1])
    step = max(1, _VALUES_AT_ONCE // rows.shape[1])
    largest = np.zeros(rows.shape[1])
    chunks = [rows[start : start + step] for start in range(0, len(rows), step)]
    total = sum((chunk.sum(axis=0, dtype=np.float64) for chunk in chunks), np.zeros(rows.shape[1]))
    squares = np.zeros(rows.shape[1])
    for chunk in chunks:
        exact = chunk.astype(np.float64)
        largest = np.maximum(largest, np.abs(exact - exact.astype(np.float32)).max(axis=0))
        squares += np.square(exact - total / len(rows)).sum(axis=0)
    deviation = np.sqrt(squares / len(rows))
    varies = rows.min(axis=0) < rows.max(axis=0)  # exact; a computed deviation may be 1e-17
    blurred = np.flatnonzero(varies & (largest > _LOSS * deviation))
    return int(blurred[0]) if len(blurred) else None


def as_float32(inputs: Inputs) -> npt.NDArray[np.float32]:
    """Return inputs as float32.

    Raises:
        ValueError: if a feature would lose precision.
    """
    if (feature := lost_feature(inputs)) is not None:
        raise ValueError(
            f"feature {feature} (from 0) contains large numbers whose differences are too small for float32: use "
            "preprocessing=standardize, or subtract a constant from them"
        )
    return inputs.astype(np.float32)


Array = npt.NDArray[np.generic]

_CHANNELS = (1, 2, 3, 4)  # grayscale, grayscale and alpha, RGB, RGBA
_LARGEST_LABEL = 999_999  # bounds the memory for counting classes


def checked_file(path: str | Path) -> Path:
    """Return the path of an existing regular file.

    Raises:
        DataError: if it does not exist, or is a folder, a pipe or a device.
    """
    file = user_path(path)
    if not file.is_file():
        what = "is a folder, pipe or device, not a file" if file.exists() else "no such file"
        raise DataError(f"{file}: {what}")
    return file


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Turn errors from unreadable files and damaged compressed content into a DataError."""
    try:
        yield
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError) as error:
        raise DataError(f"{path}: cannot be read ({error or type(error).__name__})") from error


def checked_inputs(where: str, array: Array) -> Inputs:
    """Return bytes unchanged, and other numbers as float32, or as float64 if float32 would lose precision.

    Args:
        where: prefix of error messages.
        array: features (examples, features), or images (examples, height, width[, channels]).

    Raises:
        DataError: if the array has a different dtype or shape, is empty, contains NaN or infinity, or has its channels
            first.
    """
    if array.dtype.kind not in "buif":
        raise DataError(f"{where}: contains {array.dtype}, not numbers")
    if array.ndim not in (2, 3, 4) or not array.size:
        raise DataError(
            f"{where}: has shape {array.shape}; must be features (examples, features) or images "
            "(examples, height, width) or (examples, height, width, channels)"
        )
    if array.ndim == 4 and _has_channels_first(array.shape):
        raise DataError(
            f"{where}: has shape {array.shape}, which looks like channels before height and width; "
            "move them to the end: np.moveaxis(x, 1, -1)"
        )
    images = array[..., np.newaxis] if array.ndim == 3 else array
    if images.dtype == np.uint8:
        return images.astype(np.uint8, copy=False)
    with np.errstate(over="ignore"):  # overflow becomes infinity, which is rejected below
        inputs = images.astype(np.float32)
    finite = np.isfinite(inputs).all(axis=tuple(range(1, inputs.ndim)))
    if not finite.all():
        raise DataError(
            f"{where}: example {np.argmin(finite)} (from 0) contains NaN, infinity or a number beyond float32"
        )
    return inputs if lost_feature(images) is None else images.astype(np.float64)


def _has_channels_first(shape: Sequence[int]) -> bool:
    """Return whether images look like (channels, height, width): few channels first, then the sides of an image."""
    _, first, height, last = shape
    return first in _CHANNELS and last > max(_CHANNELS) and (height == last or first == len("RGB"))


def checked_labels(where: str, array: Array) -> Labels:
    """Return labels (examples,) as int32.

    Raises:
        DataError: if they are not a one-dimensional array of integers from 0.
    """
    if array.ndim != 1 or not array.size or array.dtype.kind not in "ui":
        raise DataError(f"{where}: is {array.dtype}{array.shape}; labels must be integers, one for each example")
    lowest, highest = int(array.min()), int(array.max())
    if lowest < 0 or highest > _LARGEST_LABEL:
        wrong = lowest if lowest < 0 else highest
        raise DataError(f"{where}: contains the label {wrong}; labels must be 0, 1, 2, ..., without gaps")
    return array.astype(np.int32)


def checked_dataset(
    name: str,
    source: str,
    train: Part,
    test: Part,
    class_names: Sequence[str] = (),
    notes: Sequence[str] = (),
    validation: Part | None = None,
    feature_names: Sequence[str] = (),
    *,
    draws_test: bool = False,
) -> Dataset:
    """Assemble a data set; its classes are the labels of the training part.

    Args:
        class_names: in label order, if the source has names.
        notes: descriptions of changes that the loader made to the data.
        validation: the source's validation part, if it has one.
        feature_names: the columns of a table.
        draws_test: whether the loader drew the test part, because the source has none.

    Raises:
        DataError: if the parts differ in dtype or shape, labels have gaps, or a part has a single class.
    """
    parts = {"training": train, "test": test} | ({"validation": validation} if validation else {})
    if {part.inputs.dtype for part in parts.values()} == {np.dtype(np.float32), np.dtype(np.float64)}:
        parts = {key: replace(part, inputs=part.inputs.astype(np.float64)) for key, part in parts.items()}
    kinds = {key: f"{part.inputs.dtype}{part.inputs.shape[1:]}" for key, part in parts.items()}
    for key, kind in kinds.items():
        if kind != kinds["training"]:
            raise DataError(f"{source}: training and {key} examples differ: {kinds['training']} and {kind}")
    train, test, validation = parts["training"], parts["test"], parts.get("validation")
    return Dataset(
        name=name,
        source=source,
        classes=_count_classes(source, {key: part.labels for key, part in parts.items()}),
        validation=validation,
        train_inputs=train.inputs,
        train_labels=train.labels,
        test_inputs=test.inputs,
        test_labels=test.labels,
        class_names=tuple(class_names),
        feature_names=tuple(feature_names),
        notes=tuple(notes),
        draws_test=draws_test,
    )


def checked_class_names(names: Sequence[str] | None, classes: int) -> tuple[str, ...]:
    """Return the class names of a configuration; an empty tuple for None.

    Raises:
        ConfigError: unless the class names are unique.
    """
    key = f"dataset.class_names={names}"
    if names is None:
        return ()
    if not isinstance(names, Sequence) or isinstance(names, str):
        raise ConfigError(f"{key}: must be null or a list of names, in the order of the labels: [cat,dog]")
    if strange := [name for name in names if not isinstance(name, str) or not name.strip()]:
        raise ConfigError(f"{key}: {strange[0]!r} is not text in YAML; quote it")
    if len(names) != classes:
        raise ConfigError(f"{key}: {len(names)} names for {classes} classes; name each class once")
    if len(set(names)) < len(names):
        raise ConfigError(f"{key}: two classes have the same name")
    return tuple(names)


def _count_classes(source: str, labels: Mapping[str, Labels]) -> int:
    present = np.unique(labels["training"])
    gaps = np.flatnonzero(present != np.arange(len(present)))
    if len(gaps):
        raise DataError(
            f"{source}: no training example of class {gaps[0]}, though labels go up to {present[-1]}; "
            "labels must be 0, 1, 2, ..., without gaps"
        )
    if len(present) < 2:
        raise DataError(f"{source}: all training examples have the same class; at least 2 classes are needed")
    for key, own in labels.items():
        if len(set(own)) < 2:
            only = f"all {key} examples have the same class ({own[0]})"
            raise DataError(f"{source}: {only}, so they cannot measure the other classes")
        if len(unknown := np.setdiff1d(own, present)):
            raise DataError(f"{source}: {key} examples have the label {unknown[0]}, but no training example does")
    return len(present)
