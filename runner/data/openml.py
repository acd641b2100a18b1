"""Tables from OpenML, through scikit-learn."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import fetch_openml

from runner.core.errors import ConfigError
from runner.core.text import shortened
from runner.data.checks import checked_dataset, checked_inputs, refuse_large
from runner.data.dataset import DataError, DataNotFound, Dataset, Inputs, Labels, Part
from runner.data.splitting.strata import hold_out
from runner.data.storage.directories import data_directory
from runner.data.storage.time_limit import LONGEST, within

_BYTES = 4  # size of a float32


def load_openml(
    name: str,
    id: int | None,  # noqa: A002 - OpenML's word
    version: int | str,
    label: str | None,
    root: str | None,
    test_size: float,
    data_seed: int,
    memory_limit_gb: float,
) -> Dataset:
    """Load an OpenML table from the data directory, or download it there once.

    A feature with named values becomes a 0/1 feature for each value. scikit-learn compares the file with the MD5 that
    OpenML states.

    Args:
        name: name on OpenML and in reports; with an `id`, only in reports.
        id: OpenML's ID of the data set, which includes the version.
        version: OpenML's version of `name`, or "active": the first version without known faults.
        label: column of the classes; None: the one that OpenML names.
        root: the data directory, which must exist; None: the user's cache directory.
        test_size: share of the test part; OpenML's tables have none.
        data_seed: seed of the test part.
        memory_limit_gb: memory limit for the features.

    Raises:
        ConfigError: if `root` is empty, or `version` or `test_size` is invalid.
        DataError: if there is no such data set, or it is damaged, too large, or not a table of numbers and classes.
        DataNotFound: if the data are not in the data directory and cannot be downloaded.

    Source: Vanschoren et al. 2013, "OpenML: networked science in machine learning".
    """
    if version != "active" and (isinstance(version, bool) or not isinstance(version, int)):
        raise ConfigError(f"dataset.version={version}: must be a whole number, or active")
    chosen = {"data_id": id} if id is not None else {"name": name, "version": version}
    table, notes = _fetched(name, chosen, label, data_directory("openml", root))
    source = str(table.url)
    if not isinstance(table.target, pd.Series):
        raise DataError(f"{source}: {name} has no single column of classes; name one: dataset.label=...")
    labels, classes = _labels(source, table.target)
    inputs, named = _features(source, table.data, memory_limit_gb)
    if named:
        notes.append(f"{name}: each value of {', '.join(named)} became a 0/1 feature.")
    train, test = hold_out(source, Part(inputs, labels), test_size, data_seed)
    return checked_dataset(name, source, train, test, classes, notes, draws_test=True)


def _fetched(name: str, chosen: dict[str, Any], label: str | None, directory: Path) -> tuple[Any, list[str]]:
    """Return scikit-learn's data set, and its remarks on versions and known faults."""
    folder = directory / "openml"  # scikit-learn adds this folder

    def fetch() -> Any:
        return fetch_openml(**chosen, data_home=directory, target_column=label or "default-target", as_frame=True)

    what = ", ".join(f"{key} {value}" for key, value in chosen.items())
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            table = within(LONGEST, fetch)
    except OSError as error:  # includes all network errors
        raise DataNotFound(
            f"{name} is not in {folder} and cannot be downloaded from OpenML ({shortened(str(error))}). Copy this "
            "folder from another machine, or set its parent directory: RUNNER_DATA_DIR=... or dataset.root=..."
        ) from error
    except (
        ValueError,
        KeyError,
    ) as error:  # no such data set or column, a wrong checksum, or sparse data
        raise DataError(f"OpenML, {what}: {shortened(str(error))}") from error
    return table, [shortened(str(one.message)) for one in caught if one.category is UserWarning]


def _labels(source: str, target: "pd.Series[Any]") -> tuple[Labels, list[str]]:
    """Number the classes in sorted order."""
    where = f"{source}: {shortened(str(target.name))}"
    if target.isna().any():
        raise DataError(f"{where}, row {_first(target.isna()) + 1}: no value")
    if pd.api.types.is_numeric_dtype(target):
        target = _class_numbers(where, target)
    classes = target.astype("category").cat.remove_unused_categories().cat
    return classes.codes.to_numpy().astype(np.int32), [shortened(str(name)) for name in classes.categories]


def _class_numbers(where: str, target: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return whole numbers that can be classes.

    Raises:
        DataError: if a number is not whole, or occurs once, as measured values do.
    """
    whole = target.to_numpy() == np.floor(target.to_numpy())
    if not whole.all():
        example = target.iloc[int(np.argmin(whole))]
        raise DataError(f"{where} contains {example}; classes are names or whole numbers")
    counts = target.astype(np.int64).value_counts(sort=False)
    if (counts == 1).any():
        raise DataError(
            f"{where} has {len(counts)} different numbers in {len(target)} rows, and {counts.idxmin()} occurs once; "
            "each class needs at least 2 rows. A measured quantity (regression) has no classes; "
            "name a column of classes: dataset.label=..."
        )
    return target.astype(np.int64)


def _features(source: str, table: pd.DataFrame, memory_limit_gb: float) -> tuple[Inputs, Sequence[str]]:
    """Return the features, and the names of those that were not numbers."""
    named = [column for column, kind in table.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
    for column, values in table.items():
        where = f"{source}: column {shortened(str(column))}"
        if values.isna().any():
            raise DataError(f"{where}, row {_first(values.isna()) + 1}: no value")
        if column not in named and not pd.api.types.is_numeric_dtype(values):
            raise DataError(f"{where}: contains text, not numbers or named values")
    width = table.shape[1] - len(named) + sum(table[column].cat.categories.size for column in named)
    refuse_large(source, len(table) * width * _BYTES, memory_limit_gb)
    numbers = pd.get_dummies(table, columns=named, dtype=np.float64).to_numpy(np.float64)
    return checked_inputs(source, numbers), [shortened(str(column)) for column in named]


def _first(marks: "pd.Series[bool]") -> int:
    return int(np.argmax(marks.to_numpy()))
