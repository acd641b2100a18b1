"""CSV data sets: one row for each example, one column for each feature."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import lt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.core.errors import ConfigError
from runner.core.text import counted, did_you_mean, shortened
from runner.data.checks import checked_dataset, checked_file, checked_inputs, refuse_large
from runner.data.dataset import DataError, Dataset, Part
from runner.data.splitting.strata import hold_out

_VALUES_AT_ONCE = 2**22
_LONGEST_LINE = 2**22  # bytes, enough for over 100,000 columns
_BYTES = 4  # size of a float32
_MISSING = ("", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None")
_SEPARATORS = (";", ",", "\t", "|")  # to look for in the first line
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*")
_SHOWN_COLUMNS = 5
_LARGEST_WHOLE = 2**53  # float64 cannot represent all larger whole numbers


@dataclass(frozen=True)
class Format:
    """The format of the user's files."""

    label: str | int
    header: bool
    separator: str
    memory_limit_gb: float


@dataclass(frozen=True)
class Table:
    """The content of a file: features (examples, features), label texts (examples,), and the features' names."""

    path: Path
    label: str
    features: npt.NDArray[np.float64]
    labels: list[str]
    columns: list[str]


def load_csv(
    name: str,
    path: str,
    label: str | int,
    test_path: str | None,
    test_size: float,
    data_seed: int,
    header: bool,
    separator: str,
    memory_limit_gb: float,
    validation_path: str | None = None,
) -> Dataset:
    """Load a data set from one file, or from a separate file for each part.

    Args:
        path: file of the training examples, or of all examples.
        label: column of the classes: its name, or its position from 0 (-1: the last). Classes are names or whole
            numbers, and are numbered in sorted order.
        test_path: file of the test examples, with the same columns.
        test_size: share of the test part, if there is no `test_path`.
        data_seed: seed of the test part.
        header: whether the first row names the columns.
        separator: character between values.
        memory_limit_gb: memory limit for the features of a file.
        validation_path: file of the validation examples, with the same columns.

    Raises:
        ConfigError: if a file has no such label column.
        DataError: if a file cannot be read, is too large, or has a feature that is not a finite number.
    """
    style = Format(label, header, _checked_separator(separator), memory_limit_gb)
    table = _read(checked_file(path), style)
    classes = _classes(table)
    train = _part(table, classes)
    validation = None if validation_path is None else _further_part(validation_path, table, classes, style)
    if test_path is None:
        train, test = hold_out(str(table.path), train, test_size, data_seed)
    else:
        test = _further_part(test_path, table, classes, style)
    return checked_dataset(
        name,
        str(table.path),
        train,
        test,
        [shortened(text) for text in classes],
        validation=validation,
        feature_names=table.columns,
        draws_test=test_path is None,
    )


def _further_part(path: str, first: Table, classes: dict[str, int], style: Format) -> Part:
    """Read a file with the columns and classes of the first one."""
    table = _read(checked_file(path), style)
    if table.columns != first.columns:
        differing = sorted(set(first.columns) ^ set(table.columns))
        what = f"the columns {', '.join(differing)}" if differing else "the order of its columns"
        raise DataError(f"{table.path}: differs from {first.path} in {what}")
    return _part(table, classes)


def read_features(
    path: Path, columns: Sequence[str], header: bool, separator: str, memory_limit_gb: float
) -> npt.NDArray[np.float64]:
    """Read the features of new examples: (examples, features), in the order of `columns`.

    Args:
        columns: names of the features; a file may have them in any order, and additional columns. A file without a
            header has either exactly the features or all columns of the training file; then the names are positions
            from 0.
        header, separator, memory_limit_gb: as in `load_csv`.

    Raises:
        ConfigError: if the separator is invalid.
        DataError: if the file cannot be read, lacks a column, is too large, or has a feature that is not a finite
            number.
    """
    style = Format("", header, _checked_separator(separator), memory_limit_gb)
    _refuse_binary(checked_file(path))
    _refuse_other_separator(path, style.separator, "the run's table has this separator")
    with _csv_errors(path):
        first = _first_row(path, style)
        there = first if header else list(columns) if len(first) == len(columns) else list(map(str, range(len(first))))
        if missing := [name for name in columns if name not in there]:
            what = f"has no column {shortened(missing[0])}{did_you_mean(missing[0], map(shortened, there))}"
            raise DataError(f"{path}: {what}")
        features: list[npt.NDArray[np.float64]] = []
        for chunk in _chunks(path, there, style):
            features.append(_numbers(path, chunk[[*columns]]))
            refuse_large(str(path), sum(array.size for array in features) * _BYTES, style.memory_limit_gb)
    if not sum(map(len, features)):
        raise DataError(f"{path}: has no rows")
    return np.concatenate(features)


def _checked_separator(separator: str) -> str:
    separator = "\t" if separator == r"\t" else separator
    if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
        raise ConfigError(f"dataset.separator={separator!r}: must be one character, or \\t for a tab")
    return separator


def _read(path: Path, style: Format) -> Table:
    _refuse_binary(path)
    _refuse_other_separator(path, style.separator)
    features: list[npt.NDArray[np.float64]] = []
    labels: list[str] = []
    with _csv_errors(path):
        columns = _first_row(path, style)
        label = _label_column(path, columns, style)
        for chunk in _chunks(path, columns, style, label):
            features.append(_numbers(path, chunk.drop(columns=label)))
            labels += _texts(path, chunk[label])
            refuse_large(str(path), sum(array.size for array in features) * _BYTES, style.memory_limit_gb)
    if not labels:
        raise DataError(f"{path}: has no rows")
    if style.header and isinstance(style.label, int) and _canonical(label) in labels:
        raise _no_header(path, f"its first row has the class {shortened(label)} instead of the label's name")
    return Table(path, label, np.concatenate(features), labels, [column for column in columns if column != label])


@contextmanager
def _csv_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, OverflowError) as error:  # pandas's own errors are ValueErrors
        raise DataError(f"{path}: cannot be read as CSV ({shortened(str(error))})") from error


def _first_row(path: Path, style: Format) -> list[str]:
    """Return the names of the columns: those in the header, or positions from 0."""
    # Given names, pandas would use a surplus first column as the index.
    options: dict[str, Any] = {"sep": style.separator, "compression": None}
    first = pd.read_csv(path, header=None, nrows=2, dtype=str, keep_default_na=False, **options).iloc[0]
    return [str(name).strip() for name in (first if style.header else first.index)]


def _chunks(path: Path, columns: list[str], style: Format, label: str | None = None) -> Iterator[pd.DataFrame]:
    """Yield a file, a few rows at a time, with the label column as text."""
    reader = pd.read_csv(
        path,
        names=columns,
        header=0 if style.header else None,
        dtype={label: str} if label else None,
        # NA or None may be a class name; they mean a missing value only in features.
        keep_default_na=False,
        na_values={column: _MISSING for column in columns if column != label},
        chunksize=max(1, _VALUES_AT_ONCE // len(columns)),
        low_memory=False,  # keeps one dtype for each column
        sep=style.separator,
        compression=None,
    )
    with reader:
        yield from reader


def _refuse_binary(path: Path) -> None:
    """Reject NUL bytes, at which pandas would silently cut values, and lines that would take too much memory."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE + 1), b""), start=1):
                if b"\0" in line:
                    raise DataError(f"{path}: line {number} contains a NUL byte; save the file as text in UTF-8")
                if len(line) > _LONGEST_LINE:
                    raise DataError(f"{path}: line {number} is longer than {_LONGEST_LINE:,} bytes")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def _refuse_other_separator(path: Path, separator: str, remedy: str | None = None) -> None:
    """Reject a file with a different separator in its first line; pandas would complain about its second line."""
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline()
    counts = {other: first.count(other) for other in _SEPARATORS}
    if separator not in first and (most := max(counts.values())):
        found = next(other for other, count in counts.items() if count == most).replace("\t", r"\t")
        raise DataError(
            f"{path}: its first line contains {found} {counted(most, 'time')} and never dataset.separator={separator}; "
            + (remedy or f"to use it: 'dataset.separator=\"{found}\"'")
        )


def _label_column(path: Path, columns: list[str], style: Format) -> str:
    if len(columns) < 2:
        raise DataError(f"{path}: has only one column; is dataset.separator={style.separator} correct?")
    by_position = isinstance(style.label, int) and -len(columns) <= style.label < len(columns)
    label = columns[int(style.label)] if by_position else str(style.label)
    if style.header and _holds_numbers(columns, label if by_position else None):
        raise _no_header(path, "its first row contains numbers, not names")
    if "" in columns:
        raise DataError(f"{path}: a column has no name; remove it if it contains row numbers")
    if label not in columns:
        given = f"dataset.label={style.label}"
        is_example = style.header and sum(map(_is_number, columns)) >= len(columns) - 1
        hint = "; if it has no header: dataset.header=false dataset.label=-1" if is_example else ""
        nearest = did_you_mean(label, [shortened(name) for name in columns])
        if not nearest:  # there are many, and none is similar
            nearest = (
                f" (its columns: {', '.join(map(shortened, columns[:_SHOWN_COLUMNS]))}, ..., {shortened(columns[-1])})"
            )
        raise ConfigError(f"{given}: {path} has no such column{nearest}{hint}")
    return label


def _holds_numbers(first_row: list[str], label: str | None) -> bool:
    """Return whether all names are numbers, except the label's if it was given by position.

    Pandas's default names (0, 1, 2, ...) do not count, nor do increasing whole numbers (years) next to a named label.
    """
    if not all(_is_number(name) or name == label for name in first_row):
        return False
    if label is None or _is_number(label):
        return first_row != [str(number) for number in range(len(first_row))]
    features = [float(name) for name in first_row if name != label]
    return not (all(number.is_integer() for number in features) and all(map(lt, features, features[1:])))


def _no_header(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: {why}; dataset.header=false reads it as an example "
        "(if it does contain names, name the label: dataset.label=NAME)"
    )


def _numbers(path: Path, features: pd.DataFrame) -> npt.NDArray[np.float64]:
    some_text = len(features.select_dtypes(exclude=["number", "bool"]).columns) > 0
    converted = features.apply(pd.to_numeric, errors="coerce") if some_text else features  # slow for many columns
    for name, values in converted.select_dtypes("integer").items():
        if (values.gt(_LARGEST_WHOLE) | values.lt(-_LARGEST_WHOLE)).any():
            raise DataError(
                f"{path}: column {shortened(str(name))}: whole numbers beyond 2^53 would lose digits; "
                "subtract a constant, or leave the column out"
            )
    numbers: npt.NDArray[np.float64] = converted.to_numpy(np.float64)
    with np.errstate(over="ignore"):  # overflow becomes infinity, which is rejected below
        wrong = np.argwhere(~np.isfinite(numbers.astype(np.float32)))
    if len(wrong):
        row, column = wrong[0]
        values = features.iloc[:, column]
        value = str(values.iloc[row])
        what = "no value" if values.isna().iloc[row] else f"{shortened(value)} is not a finite number"
        what += "; write decimals with a point, not a comma" if _DECIMAL_COMMA.fullmatch(value) else ""
        raise DataError(f"{path}: {_place(features.columns[column], features.index[row])}: {what}")
    return numbers


def _texts(path: Path, labels: "pd.Series[str]") -> list[str]:
    missing = labels.index[labels.str.strip() == ""]
    if len(missing):
        raise DataError(f"{path}: {_place(str(labels.name), missing[0])}: no value")
    spellings = {text: _canonical(text) for text in labels.unique()}  # converts each class once, not each row
    return [spellings[text] for text in labels]


def _classes(table: Table) -> dict[str, int]:
    """Number the classes in numeric order if all are numbers, else in alphabetical order."""
    names = sorted(set(table.labels))
    if all(map(_is_number, names)):
        names.sort(key=float)
        if fractions := [name for name in names if not float(name).is_integer()]:
            text = shortened(fractions[0])
            raise DataError(f"{table.path}: column {table.label} contains {text}; classes are names or whole numbers")
    return {name: number for number, name in enumerate(names)}


def _part(table: Table, classes: dict[str, int]) -> Part:
    for row, text in enumerate(table.labels):
        if text not in classes:
            raise DataError(
                f"{table.path}: {_place(table.label, row)}: {shortened(text)} is not a class of the training part"
            )
    numbers = np.array([classes[text] for text in table.labels], np.int32)
    return Part(checked_inputs(str(table.path), table.features), numbers)


def _place(column: str, row: int) -> str:
    """Return a value's position; rows count from 1, below the header."""
    return f"column {shortened(column)}, row {row + 1}"


def _canonical(text: str) -> str:
    """Return a class in canonical spelling: 1.0 becomes 1; 032 and 1e5 are codes and are left unchanged."""
    text = text.strip()
    is_code = (text[:1] == "0" and text[1:2].isdigit()) or "e" in text.lower()
    whole = not is_code and _is_number(text) and float(text).is_integer() and abs(float(text)) < _LARGEST_WHOLE
    return f"{float(text):.0f}" if whole else text


def _is_number(text: str) -> bool:
    if "_" in text:  # Python would read 2_1 as 21
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True
