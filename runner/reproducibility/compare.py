"""Comparison of a reproduced run with its record: environment and metrics."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from rich.table import Table
from rich.text import Text

from runner.core.errors import UserError
from runner.records.record import REPORTED, RunRecord, Status
from runner.records.run_directory import RunDirectory
from runner.reproducibility.differences import differing

Verdict = Literal["bit-identical", "within tolerance", "different"]
Numbers = dict[str, npt.NDArray[Any]]  # by metric: a single number, a number per epoch, or (examples, classes)

TOLERANCE = 1e-3  # absolute tolerance for accuracies (0.1 percentage points) and losses
WHOLE: tuple[Status, ...] = ("completed", "diverged")  # statuses of runs that a reproduction can repeat completely
_VERDICTS: tuple[Verdict, ...] = ("bit-identical", "within tolerance", "different")
_NOT_COMPARED = ("epoch", "seconds")
_PARTS = {
    "run": "run",
    "history": "every epoch (history.csv)",
    "final": "the last epoch",
    "validation": "validation of the tested network",
    "test": "test",
    "score": "test predictions",
    "report": "the report's row",
}


@dataclass(frozen=True)
class Compared:
    """One metric, as recorded and as reproduced."""

    metric: str
    recorded: str
    again: str
    gap: float  # largest absolute difference; NaN if undefined
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
    """Compared metrics, and names of metrics that the record lacks."""

    compared: list[Compared]
    unrecorded: list[str]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all metrics; "different" if nothing could be compared."""
        return max((one.verdict for one in self.compared), key=_VERDICTS.index, default="different")


def numbers_of(directory: RunDirectory, record: RunRecord) -> Numbers:
    """Read the numbers of a run to compare; None in its record counts as NaN.

    Raises:
        UserError: if its history or predictions cannot be read.
    """
    history = directory.read_history()
    columns = list(dict.fromkeys(name for row in history for name in row if name not in _NOT_COMPARED))
    numbers = {f"history {name}": np.array([row.get(name, math.nan) for row in history]) for name in columns}
    numbers |= _metrics("final", record.final) | _metrics("validation", record.validation)
    numbers |= _metrics("test", record.test)
    if directory.predictions_path.exists():
        numbers["test probabilities"] = directory.read_predictions()["test_probabilities"]
    return numbers | _metrics("score", record.scores)


def reported_numbers(row: Mapping[str, Any]) -> Numbers:
    """Return the metrics in a row of `summary.csv` or of `RunRecord.summary()`, without empty cells.

    Raises:
        UserError: if one is not a number.
    """
    cells = {name: value for name, value in row.items() if name.startswith(REPORTED) and value not in (None, "")}
    try:
        return {f"report {name}": _one(float(value)) for name, value in cells.items()}
    except ValueError as error:
        raise UserError(f"summary.csv: a metric is not a number ({error})") from error


def up_to_where_it_stopped(recorded: Numbers, again: Numbers) -> tuple[Numbers, Numbers]:
    """Limit the numbers to those comparable with a run that stopped early: common epochs and test results.

    Its final values and its row in a report belong to another epoch.
    """
    epochs = min(map(_epochs, (recorded, again)))
    kept = [
        {
            name: values[:epochs] if name.startswith("history ") else values
            for name, values in numbers.items()
            if name.startswith(("test ", "score ")) or (epochs and name.startswith("history "))
        }
        for numbers in (recorded, again)
    ]
    return kept[0], kept[1]


def compare(recorded: Numbers, again: Numbers, tolerance: float = TOLERANCE) -> Comparison:
    """Compare two runs metric by metric; NaN equals NaN.

    Args:
        tolerance: absolute tolerance; relative for learning rates, which may be smaller than the tolerance.
    """
    compared = []
    for metric, before in recorded.items():
        after = again.get(metric)
        if after is None:
            compared.append(Compared(metric, _text(before), "-", math.nan, "different"))
            continue
        allowed = tolerance * np.abs(before) if metric.endswith(" learning_rate") else tolerance
        gap = _gap(before, after)
        compared.append(Compared(metric, _text(before), _text(after), gap, _verdict(before, after, allowed)))
    return Comparison(compared, [metric for metric in again if metric not in recorded])


def environment_differences(recorded: RunRecord, again: RunRecord) -> list[tuple[str, str, str]]:
    """Return the differences in versions, device, code and data: name, recorded value, current value."""
    found = differing([dict(_environment(record)) for record in (recorded, again)])
    return [(name, before or "-", after or "-") for name, (before, after) in found.items()]


def environment_table(
    differences: Sequence[tuple[str, str, str]], sides: tuple[str, str] = ("recorded", "now")
) -> Table:
    """Return a table of the environment's differences for the terminal; `sides` are the column headers."""
    table = Table(title="differences in environment", title_justify="left")
    for header in ("", *sides):
        table.add_column(header, overflow="fold")
    for cells in differences:
        table.add_row(*map(Text, cells))
    return table


def comparison_table(comparison: Comparison) -> Table:
    """Return a table of the comparison for a terminal with 80 columns."""
    table = Table(title="metrics", title_justify="left", box=None, collapse_padding=True, pad_edge=False)
    table.add_column("", overflow="fold")
    for header in ("recorded", "again", "gap"):
        table.add_column(header, justify="right", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    part = ""
    for one in comparison.compared:
        before, (part, _, metric) = part, one.metric.partition(" ")
        if part != before:
            table.add_row(_PARTS[part], style="bold")
        gap = "-" if math.isnan(one.gap) else f"{one.gap:.2g}"
        style = "bold red" if one.verdict == "different" else None
        table.add_row(Text(metric), one.recorded, one.again, gap, one.verdict, style=style)
    return table


def verdict_text(comparison: Comparison, tolerance: float) -> str:
    """Return the lines below the table: tolerance, metrics that were not compared, verdict."""
    lines = [f"tolerance: {tolerance:g} absolute (learning rates: relative)"]
    if comparison.unrecorded:
        lines.append(f"not compared, because the record lacks them: {', '.join(comparison.unrecorded)}")
    if not comparison.compared:
        return "\n".join([*lines, "verdict: different (the record contains no numbers to compare)"])
    counts = Counter(one.verdict for one in comparison.compared)
    counted = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _VERDICTS if counts[verdict])
    return "\n".join([*lines, f"verdict: {comparison.verdict} (metrics: {counted})"])


def _environment(record: RunRecord) -> Iterator[tuple[str, str]]:
    data = {name: record.dataset[name] for name in ("name", "fingerprint") if record.dataset.get(name)}
    for part, values in (
        ("version", record.versions),
        ("device", record.device),
        ("code", record.code),
        ("data", data),
    ):
        for name, value in values.items():
            yield f"{part} {name}", str(value)


def _metrics(part: str, values: Mapping[str, Any]) -> Numbers:
    """Return the single numbers among the values; scores also contain per-class lists."""
    return {
        f"{part} {name}": _one(value)
        for name, value in values.items()
        if name not in _NOT_COMPARED and (value is None or isinstance(value, int | float))
    }


def _one(value: float | None) -> npt.NDArray[np.float64]:
    return np.array(math.nan if value is None else value, dtype=np.float64)


def _epochs(numbers: Numbers) -> int:
    return max((len(values) for name, values in numbers.items() if name.startswith("history ")), default=0)


def _gap(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> float:
    if before.shape != after.shape:
        return math.nan
    if not _same_where_not_finite(before, after):
        return math.inf
    finite = np.isfinite(before)
    return float(np.abs(after[finite].astype(np.float64) - before[finite]).max(initial=0.0))


def _verdict(before: npt.NDArray[Any], after: npt.NDArray[Any], allowed: float | npt.NDArray[np.float64]) -> Verdict:
    if before.shape != after.shape or not _same_where_not_finite(before, after):
        return "different"
    if before.dtype == after.dtype and np.array_equal(before, after, equal_nan=True):
        return "bit-identical"
    finite = np.isfinite(before)
    gaps = np.abs(after[finite].astype(np.float64) - before[finite])
    limits = np.broadcast_to(allowed, before.shape)[finite]
    return "within tolerance" if (gaps <= limits).all() else "different"


def _same_where_not_finite(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> bool:
    """Return whether NaN and infinities are at the same positions."""
    finite = np.isfinite(before)
    return np.array_equal(finite, np.isfinite(after)) and np.array_equal(
        before[~finite], after[~finite], equal_nan=True
    )


def _text(values: npt.NDArray[Any]) -> str:
    match values.shape:
        case ():
            return f"{values:.6g}"
        case (epochs,):
            return "1 epoch" if epochs == 1 else f"{epochs} epochs"
        case shape:
            return " x ".join(map(str, shape))
