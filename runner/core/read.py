"""Bounded reading of untrusted files: regular files only, with limits on size and depth."""

import csv
import io
import os
import re
import stat
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from runner.core.text import shortened

MEGABYTE = 2**20
DEEPEST = 32  # levels of folders to search
LARGEST_PLAN = 48 * MEGABYTE  # more than the configurations of 10,000 runs
_LIST, _VALUE = 128, 16  # minimum bytes of JSON for each; in memory, a list takes thousands and a value hundreds
_LARGEST_TABLE = 32 * MEGABYTE
_MOST_CELLS = 4_000_000
_MOST_COLUMNS = 2_000
_ENDLESS = re.compile(r"\d{20,}")  # a bound in pydantic's messages, such as 1e100 with all its zeros

Value = TypeVar("Value")


def read_bytes(path: Path, most: int) -> bytes:
    """Read a file.

    Raises:
        FileNotFoundError: if it does not exist.
        ValueError: if it is a link, a folder, a pipe or a device, exceeds `most` bytes, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # do not wait for a pipe
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError("a link, which is not followed" if path.is_symlink() else error.strerror) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("a folder, pipe or device, not a file")
        if status.st_size > most:
            raise ValueError(f"{status.st_size:,} bytes; at most {most:,} are allowed")
        with open(descriptor, "rb", closefd=False) as stream:
            return stream.read(most)
    except OSError as error:
        raise ValueError(error.strerror) from error
    finally:
        os.close(descriptor)


def read_text(path: Path, most: int) -> str:
    """Read a text file; raise as `read_bytes` does, and ValueError if it is not UTF-8."""
    return read_bytes(path, most).decode()


@cache  # takes milliseconds, which a gallery of 500 sweeps would pay 500 times
def json_form(kind: Any) -> TypeAdapter[Any]:
    """Return a type's schema for `read_json`, built at its first use.

    The validator makes pydantic parse the JSON once, instead of again for each missing key.
    """
    return TypeAdapter(Annotated[kind, BeforeValidator(lambda value: value)])


def read_json(path: Path, form: TypeAdapter[Value], most: int) -> Value:
    """Read JSON that fits a schema; unknown keys are ignored.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, or does not fit the schema; the message gives the first error.
    """
    data = read_bytes(path, most)
    if data.count(b"[") + data.count(b"{") > most // _LIST or data.count(b",") > most // _VALUE:
        raise ValueError(f"more than {most // _LIST:,} lists and objects, or {most // _VALUE:,} values")
    try:
        return form.validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        said = _ENDLESS.sub(lambda digits: f"{float(digits[0]):g}", first["msg"])
        raise ValueError(shortened(f"{place}: {said}" if place else said)) from error


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file as dictionaries, keyed by the column names in its first line.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, or a row does not have one cell for each column.
    """
    rows = csv.reader(io.StringIO(read_table(path).decode(), newline=""), strict=True)
    found: list[dict[str, str]] = []
    try:
        columns = next(rows, [])
        if len(set(columns)) < len(columns):
            raise ValueError("two columns have the same name")
        for row in filter(None, rows):  # csv yields an empty line as an empty row
            if len(found) * len(columns) > _MOST_CELLS:
                raise ValueError(f"more than {_MOST_CELLS:,} cells")
            found.append(dict(zip(columns, row, strict=True)))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return found


def read_table(path: Path) -> bytes:
    """Read a CSV file's bytes, for another parser.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, or has too many columns.
    """
    data = read_bytes(path, _LARGEST_TABLE)
    if any(line.count(b",") >= _MOST_COLUMNS for line in io.BytesIO(data)):
        raise ValueError(f"more than {_MOST_COLUMNS:,} columns")
    return data


def walk(path: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Yield a path and every folder below it with the names of their folders and files, down to `DEEPEST` levels.

    As with `os.walk`, folders removed from the list are skipped, and links are not followed.
    """
    for name, below, files in os.walk(path):
        folder = Path(name)
        yield folder, below, files
        if len(folder.parts) - len(path.parts) >= DEEPEST:
            below.clear()
