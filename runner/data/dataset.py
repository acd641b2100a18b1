"""Data sets and their three-way splits as values, and errors for data that cannot be used."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from runner.core.errors import UserError

# float64 only until preprocessing, and only where float32 would lose precision.
Inputs = npt.NDArray[np.float32] | npt.NDArray[np.float64] | npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]

VALIDATION_NAMES = ("val", "valid", "validation")  # names of a validation part in the user's files


@dataclass(frozen=True)
class Part:
    """One of the three parts of a split: inputs (examples, ...) and labels (examples,)."""

    inputs: Inputs
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """Training and test inputs, with integer labels (examples,) in [0, classes).

    Inputs are images (examples, height, width, channels) or features (examples, features).
    """

    name: str
    source: str
    classes: int
    train_inputs: Inputs
    train_labels: Labels
    test_inputs: Inputs
    test_labels: Labels
    class_names: tuple[str, ...] = ()  # in label order; empty if unnamed
    feature_names: tuple[str, ...] = ()  # columns of a table; empty if unnamed
    notes: tuple[str, ...] = ()  # changes that the loader made, for the user
    validation: Part | None = None  # the source's own; None: it is split off the training part
    draws_test: bool = False  # whether the loader set the test part aside, because the source has none
    fingerprint: str = field(init=False)  # hash of the arrays alone

    def name_of(self, label: int | np.integer) -> str:
        """Return a class's name, or its number if it has no name."""
        return self.class_names[label] if self.class_names else str(label)

    def __post_init__(self) -> None:
        arrays = (self.train_inputs, self.train_labels, self.test_inputs, self.test_labels)
        own = (self.validation.inputs, self.validation.labels) if self.validation else ()
        object.__setattr__(self, "fingerprint", fingerprint(*arrays, *own))


@dataclass(frozen=True)
class Split:
    """Parts for training, for choices, and for a single test at the end."""

    train: Part
    validation: Part
    test: Part
    notes: tuple[str, ...] = ()  # remarks for the user
    transform: Callable[[Inputs], Inputs] | None = None  # preprocessing that made these inputs; None: unknown
    held_out: str = ""  # identity of the test part, if it is a fold of cross-validation

    @property
    def sizes(self) -> dict[str, int]:
        """Number of examples in each part."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}

    @property
    def hash(self) -> str:
        """12 hexadecimal digits that identify the parts by their labels in order."""
        return fingerprint(self.train.labels, self.validation.labels, self.test.labels)[:12]

    def map_inputs(self, function: Callable[[Inputs], Inputs]) -> Self:
        """Return the split with a function applied to each part's inputs and recorded as its transform."""
        parts = (self.train, self.validation, self.test)
        train, validation, test = (replace(part, inputs=function(part.inputs)) for part in parts)
        return replace(self, train=train, validation=validation, test=test, transform=function)


def fingerprint(*arrays: npt.NDArray[np.generic]) -> str:
    """Return the SHA-256 hash, in hexadecimal, of all arrays' dtypes, shapes and bytes (C order, little-endian)."""
    digest = hashlib.sha256()
    for array in arrays:
        portable = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{portable.dtype.str}{portable.shape}".encode())
        digest.update(portable.data)
    return digest.hexdigest()


class DataError(UserError):
    """An invalid file; the message names it."""


class DataNotFound(UserError):
    """Data that neither exist nor could be downloaded."""
