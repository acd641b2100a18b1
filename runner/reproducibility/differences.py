"""Differences between the records and configurations of runs."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.table import Table
from rich.text import Text

from runner.config.identity import EMPTY, PRECISION, USUAL_PRECISION, entries, essence, is_volatile
from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.records.record import REPORTED, RunRecord
from runner.records.sweep_directory import is_sweep_directory
from runner.reporting.collection.collect import Run, existing

# Parts of a comparison, with their headings. Paths, device, tracking and name are settings outside the run id.
PARTS = {
    "configuration": "configuration",
    "settings": "settings outside the run id",
    "versions": "versions",
    "code": "code",
    "data": "data",
    "device": "device",
    "network": "network",
    "metrics": "status and metrics",
}
_OUTCOMES = ("status", "epochs", "best_epoch")  # columns of a summary that are compared in addition to the metrics
_DIGEST = 40  # minimum number of hexadecimal digits of a commit or fingerprint that is shortened
_SHORT = 12  # digits that remain
_NAME_WIDTH, _VALUE_WIDTH = 36, 12  # characters of a table's columns, which wrap longer values
_INDENT = "  "

Values = tuple[Any, ...]  # one value per run; None if a run has none
Differences = dict[str, dict[str, Values]]  # by part and name


@dataclass(frozen=True)
class Recorded:
    """A run's directory, record and configuration; the configuration is None if it cannot be read."""

    path: Path
    record: RunRecord
    config: dict[str, Any] | None

    def part(self, name: str) -> Mapping[str, Any]:
        """Return the values of one of `PARTS`."""
        record = self.record
        match name:
            case "configuration":
                return {key: value for key, value in self._entries() if not is_volatile(key)}
            case "settings":
                outside = {key: value for key, value in self._entries() if is_volatile(key)}
                source, base = record.dataset.get("source"), record.working_directory
                return outside | {"data source": source, "working directory": base}
            case "versions":
                return record.versions
            case "code":
                return record.code
            case "data":
                return {key: value for key, value in record.dataset.items() if key != "source"}
            case "device":
                return record.device
            case "network":
                weights = {
                    "weight shapes": record.weights.get("shapes"),
                    "initial weights": record.weights.get("values"),
                }
                return {"parameters": record.parameters, "flops": record.flops, **weights}
            case _:
                row = record.summary().items()
                return {key: value for key, value in row if key in _OUTCOMES or key.startswith(REPORTED)}

    def _entries(self) -> Iterable[tuple[str, Any]]:
        return ({PRECISION: USUAL_PRECISION} | dict(entries(self.config or {}))).items()


def read_recorded(paths: Sequence[Path], left_out: LeftOut) -> list[Recorded]:
    """Read run directories, each once; files among several paths are skipped.

    Args:
        left_out: collects configurations that cannot be read.

    Raises:
        UserError: if there are fewer than two, a path is not a run's directory, or a record or history cannot be read.
    """
    found = list(dict.fromkeys(existing(paths)))
    for path in found:
        _refuse_no_run(path)
    if len(found) < 2:
        raise UserError(f"{', '.join(map(str, found))}: a comparison needs at least two different runs")
    return [_read(path, left_out) for path in found]


def _refuse_no_run(path: Path) -> None:
    if (path / "record.json").exists():
        return
    if is_sweep_directory(path):
        raise UserError(f"{path}: a sweep, not a run; give its runs, for example {path}/*")
    raise UserError(f"{path}: contains no run (no record.json); give the directories of runs, for example {path}/*")


def _read(path: Path, left_out: LeftOut) -> Recorded:
    run = Run.read(path)
    try:
        return Recorded(path, run.record, run.directory.read_config())
    except UserError as error:
        left_out.add(f"{error}; the configuration is not compared")
        return Recorded(path, run.record, None)


def differences(runs: Sequence[Recorded]) -> Differences:
    """Return the differences between runs, ignoring times; NaN equals NaN, and an empty value equals a missing one."""
    found = {part: differing([run.part(part) for run in runs]) for part in compared_parts(runs)}
    return {part: rows for part, rows in found.items() if rows}


def compared_parts(runs: Sequence[Recorded]) -> list[str]:
    """Return the compared parts: all `PARTS`, or those in the records if a run has no configuration."""
    configured = all(run.config is not None for run in runs)
    return [part for part in PARTS if configured or part not in ("configuration", "settings")]


def differing(columns: Sequence[Mapping[str, Any]]) -> dict[str, Values]:
    """Return the values of the names for which the columns differ; values are equal if they give the same run id."""
    names = dict.fromkeys(name for column in columns for name in column)
    rows = {name: tuple(column.get(name) for column in columns) for name in names}
    return {name: values for name, values in rows.items() if len({_form(name, value) for value in values}) > 1}


def _form(name: str, value: Any) -> str:
    """Return a string that is the same for equal values."""
    seen = essence(value, name)
    return "" if seen in EMPTY else _exact(seen)


def difference_tables(found: Differences, runs: int, width: int) -> Iterator[Table]:
    """Yield tables with a row for each difference and a column for each run, numbered from 1.

    Args:
        runs: number of runs; columns that do not fit the width continue in additional tables.
        width: width of the terminal in characters.
    """
    most = max(2, (width - _NAME_WIDTH) // (_VALUE_WIDTH + 1))
    longest = max((len(name) + len(_INDENT) for rows in found.values() for name in rows), default=0)
    for first in range(0, runs, most):
        shown = range(first, min(first + most, runs))
        table = Table(box=None, pad_edge=False, collapse_padding=True)
        table.add_column("", overflow="fold", min_width=min(longest, _NAME_WIDTH, width // 2))
        room = max(_VALUE_WIDTH, (width - _NAME_WIDTH) // len(shown) - 1)
        for place in shown:
            table.add_column(str(place + 1), overflow="fold", max_width=room)
        for part, rows in found.items():
            table.add_row(PARTS[part], style="bold")
            for name, values in rows.items():
                texts = _texts(values)
                table.add_row(Text(f"{_INDENT}{name}"), *(Text(texts[place]) for place in shown))
        yield table


def as_json(found: Differences, runs: Sequence[Recorded]) -> dict[str, Any]:
    """Return the runs' paths and their differences as JSON-compatible values."""
    rows = {part: {name: _plain(list(values)) for name, values in rows.items()} for part, rows in found.items()}
    return {"runs": [str(run.path) for run in runs], "differences": rows}


def _texts(values: Values) -> list[str]:
    """Return values as short strings, or as exact ones if short ones would hide a difference."""
    short = [_brief(value) for value in values]
    return (
        short if len({*short}) == len({_form("", value) for value in values}) else [_exact(value) for value in values]
    )


def _brief(value: Any) -> str:
    match value:
        case str() if len(value) >= _DIGEST and not set(value) - set("0123456789abcdef"):
            return value[:_SHORT]
        case str():
            return value
        case float():
            return f"{value:.6g}"
        case _:
            return "-" if value in EMPTY else _exact(value)


def _exact(value: Any) -> str:
    """Return a value as YAML on one line, which distinguishes 1, "1" and true."""
    text = yaml.safe_dump(value, default_flow_style=True, width=math.inf, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(value: Any) -> Any:
    """Return a value of a YAML file for JSON; dates, NaN and infinity, which JSON lacks, become strings."""
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            return str(value)
