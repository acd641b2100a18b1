"""List of runs, filtered and sorted, as a table, CSV or JSON."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from runner.core.errors import UserError
from runner.core.text import printable
from runner.core.write import csv_text, json_text
from runner.reporting.collection.collect import Run
from runner.reporting.collection.filters import Columns, as_value, matching, parse_conditions
from runner.reporting.collection.labels import Values, variant_labels, with_dataset
from runner.reporting.metrics import USUAL_METRICS, has_direction, value_text

FORMATS = ("table", "csv", "json")
_USUAL = ("status", "started", "variant", "seed")
_TO_THE_MINUTE = len("2026-01-01T00:00")
_WHOLE = ("status", "started", "seed")  # columns that are never cut
_BY_ITS_END = ("variant", "directory")  # columns whose end is shown, because their values share a prefix
_NARROWEST = 8  # minimum number of characters of a column that is cut
_GAP = 2  # characters between columns

Listed = dict[str, list[Any]]  # the values of each column, one per run


@dataclass(frozen=True)
class RunList:
    """Runs in the order of a list."""

    columns: Columns
    order: list[int]  # positions of the runs

    @classmethod
    def of(
        cls, runs: Sequence[Run], values: Values, where: Sequence[str], sort: str | None, *, descending: bool
    ) -> Self:
        """Choose runs and sort them.

        Args:
            values: reader of the keys' values.
            where: conditions as text.
            sort: a column or key to sort by (runs without a value come last); None: newest first.
            descending: largest value first.

        Raises:
            UserError: if a condition is invalid, or no run has a column; the message names the option.
        """
        columns = Columns(runs, values, {"variant": _labels(runs)})
        with _naming("--where"):
            conditions = [condition for text in where for condition in parse_conditions(text)]
            kept = matching(conditions, columns, len(runs))
        started = columns.of("started")
        order = sorted((place for place, is_kept in enumerate(kept) if is_kept), key=lambda place: started[place])
        order.reverse()
        if sort is not None:
            with _naming("--sort"):
                order = _sorted(order, columns.of(sort), descending=descending)
        return cls(columns, order)

    def values(self, columns: Sequence[str]) -> Listed:
        """Return the given columns of the list: numbers, text, true, false and None.

        Raises:
            UserError: if no run has such a column or key; the message names the option.
        """
        with _naming("--columns"):
            cells = {name: self.columns.of(name) for name in columns}
        return {name: [_shown_value(column[place]) for place in self.order] for name, column in cells.items()}

    @property
    def every(self) -> list[str]:
        """All columns of the summaries, start and directory, and every key that some run overrides."""
        return [*self.columns.measured, *self.columns.overridden]

    @property
    def usual(self) -> list[str]:
        """A few columns for a terminal, including the first of the usual metrics that any listed run has."""
        metrics = [name for name in USUAL_METRICS if name in self.columns.measured]
        known = [name for name in metrics if any(value is not None for value in self.values([name])[name])]
        return [*_USUAL, *known[:1], "directory"]


def show_table(console: Console, found: Listed) -> None:
    """Print a table; if columns are too wide for the terminal, an ellipsis marks each cut."""
    texts = {name: [_shown(name, value) for value in values] for name, values in found.items()}
    widths = _widths(texts, console.width)
    ends = {name for name, values in found.items() if all(isinstance(value, int | float | None) for value in values)}
    heads = [_padded(_cut(name, width), width, at_end=name in ends) for name, width in widths.items()]
    columns = [
        [_padded(_cut(text, width, from_end=name in _BY_ITS_END), width, at_end=name in ends) for text in texts[name]]
        for name, width in widths.items()
    ]
    console.print(Text(_line(heads), style="bold"), soft_wrap=True)
    console.print("\n".join(map(_line, zip(*columns, strict=True))), soft_wrap=True)


def _line(cells: Iterable[str]) -> str:
    return (" " * _GAP).join(cells).rstrip()


def _padded(text: str, width: int, *, at_end: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if at_end else text + blanks


def csv_list(found: Listed) -> str:
    """Return the list as CSV."""
    rows = [{name: _as_written(value) for name, value in row.items()} for row in _rows(found)]
    return csv_text(rows, found).replace("\r\n", "\n")


def json_list(found: Listed) -> str:
    """Return the list as JSON: an object per run."""
    return json_text(_rows(found))


def _shown_value(cell: Any) -> Any:
    value = as_value(cell)
    return printable(value) if isinstance(value, str) else value


def _rows(found: Listed) -> list[dict[str, Any]]:
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def _as_written(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _labels(runs: Sequence[Run]) -> list[str]:
    """Return the labels of the runs' variants, as in a report on all of them."""
    labels = variant_labels(runs)
    try:
        return with_dataset(labels, runs)
    except UserError:  # two data sets may have the same name here, because a list makes no comparisons
        return labels


def _sorted(order: Sequence[int], cells: Sequence[Any], *, descending: bool) -> list[int]:
    """Return the positions sorted by their cells: numbers first, then text, then missing values.

    Equal cells keep their order.
    """
    values: dict[int, Any] = {place: as_value(cells[place]) for place in order}
    numbers = [place for place in order if isinstance(values[place], int | float)]
    texts = [place for place in order if isinstance(values[place], str)]
    rest = [place for place in order if values[place] is None]
    ordered = [sorted(some, key=lambda place: values[place], reverse=descending) for some in (numbers, texts)]
    return [place for some in (*ordered, rest) for place in some]


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return value_text(value, name) if has_direction(name) else f"{value:g}"
    return value[:_TO_THE_MINUTE].replace("T", " ") if name == "started" else str(_as_written(value))


def _widths(texts: Mapping[str, Sequence[str]], room: int) -> dict[str, int]:
    """Return widths at which the columns fit on one line if possible; the widest ones are cut first."""
    own = {name: max(map(cell_len, cells)) for name, cells in texts.items()}
    least = {name: width if name in _WHOLE else min(width, _NARROWEST) for name, width in own.items()}
    widths = {name: max(width, cell_len(name)) for name, width in own.items()}
    while sum(widths.values()) + _GAP * (len(widths) - 1) > room:
        cut = [name for name, width in widths.items() if width > least[name]]
        if not cut:
            break
        widths[max(cut, key=lambda name: widths[name])] -= 1
    return widths


def _cut(text: str, width: int, *, from_end: bool = False) -> str:
    """Cut a text to a width; `from_end` keeps its end."""
    if cell_len(text) <= width:
        return text
    if from_end:
        return f"…{set_cell_size(text[::-1], width - 1)[::-1]}"
    return f"{set_cell_size(text, width - 1)}…"


@contextmanager
def _naming(option: str) -> Iterator[None]:
    """Add the option to an error raised in the block."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{option} {error}") from error
