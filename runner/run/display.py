"""Display of one run: its choices, its epochs, its results."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from runner.records.record import QUANTITIES, Row, RunRecord

_COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
_SCORES = ("accuracy", "loss", "negative_log_likelihood")
_FEW_COLUMNS = ("loss", "accuracy", "val_accuracy", "learning_rate")
_ROOM_FOR_ALL = 100  # minimum width, in characters, for an epoch's line with the validation loss


def show_choices(console: Console, choices: Mapping[str, str], overrides: Iterable[str]) -> None:
    """Print the chosen options and the overrides."""
    rows = [("choices", "  ".join(f"{group}={option}" for group, option in choices.items()))]
    if asked := "  ".join(overrides):
        rows.append(("overrides", asked))
    _grid(console, rows)


def show_start(console: Console, record: RunRecord, device: str, directory: Path) -> None:
    """Print the data set with its fingerprint, the model, the device and the run directory."""
    data = record.dataset
    rows = [
        ("dataset", f"{data['name']}, fingerprint {data['fingerprint'][:12]}, from {data['source']}"),
        ("examples", f"{data['train']:,} training, {data['validation']:,} validation, {data['test']:,} test"),
        ("model", f"{record.parameters:,} parameters, {record.flops:,} FLOPs per example, seed {record.seed}"),
        ("device", device),
        ("run", f"{record.run_id} in {directory}"),
    ]
    _grid(console, rows)


class EpochLines:
    """Context manager that shows each epoch as it ends."""

    def __init__(self, console: Console, epochs: int) -> None:
        self._console = console
        self._epochs = epochs
        self._progress = Progress(
            TextColumn("{task.completed} of {task.total} epochs"),
            BarColumn(bar_width=20),
            TextColumn("{task.description}"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,
            transient=True,  # only the lines of the epochs remain
        )
        self._task = self._progress.add_task("compiling the first epoch", total=epochs)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show_kept(self, row: Row) -> None:
        """Show that all epochs up to this one were trained earlier."""
        text = (
            f"epochs 1 to {row['epoch']:.0f} were trained earlier"
            if row["epoch"] > 1
            else "epoch 1 was trained earlier"
        )
        self._console.print(f"{text}  {epoch_text(row)}", soft_wrap=True)
        self._progress.update(self._task, completed=row["epoch"])

    def show(self, row: Row) -> None:
        """Show one epoch."""
        figures, number = epoch_text(row), f"{row['epoch']:.0f}"
        if self._console.is_terminal:
            number = number.rjust(len(str(self._epochs)))
            if self._console.width < _ROOM_FOR_ALL:
                figures = epoch_text(row, _FEW_COLUMNS)
        line = f"epoch {number}/{self._epochs}  {figures}  {row['seconds']:.2f}s"
        self._console.print(line, soft_wrap=True)
        self._progress.update(self._task, completed=row["epoch"], description="ends in")


def epoch_text(row: Row, columns: Iterable[str] = _COLUMNS) -> str:
    """Return one epoch's metrics on one line."""
    short = {"accuracy": "acc", "val_accuracy": "val_acc", "learning_rate": "lr"}
    return "  ".join(f"{short.get(name, name)} {_figure(name, row[name])}" for name in columns if name in row)


def show_result(console: Console, record: RunRecord, directory: Path) -> None:
    """Print the final metrics, the error if there was one, and the written files."""
    table = Table(
        title=f"{record.name}, {record.which}, on {record.dataset['name']}: {record.status}", title_justify="left"
    )
    table.add_column("")
    shown = [name for name in _SCORES if name in record.final or name in record.test]
    for name in shown:
        table.add_column(QUANTITIES.get(name, name), justify="right")
    is_another = bool(record.validation) and record.validation.get("loss") != record.final.get("val_loss")
    rows = [
        ("training", record.final, ""),
        ("validation", record.final, "val_"),
        ("best validation", record.best, "val_"),
        *([("validation, as tested", record.validation, "")] if is_another else []),
        ("test", record.test, ""),
    ]
    for title, metrics, prefix in rows:
        epoch = f" (epoch {metrics['epoch']:.0f})" if metrics.get("epoch") else ""
        table.add_row(title + epoch, *(_figure(name, metrics.get(prefix + name)) for name in shown))
    console.print(table)
    rows_below = [("seconds", "  ".join(f"{name} {value:.1f}" for name, value in record.seconds.items()))]
    if record.status == "diverged":
        rows_below.append(("diverged", _divergence(record)))
    if record.error_line:
        rows_below.append(("error", record.error_line))
    if record.suggested_learning_rate:
        rows_below.append(("suggested", f"optimizer.learning_rate={record.suggested_learning_rate:.2g}"))
    if record.status in ("interrupted", "failed"):
        rows_below.append(("resume", shlex.join(["runner", "resume", str(directory)])))
    written = [path.name for kind in ("png", "csv", "keras", "log") for path in sorted(directory.glob(f"*.{kind}"))]
    _grid(console, [*rows_below, ("written", "  ".join(written)), ("in", str(directory))])


def _divergence(record: RunRecord) -> str:
    """Return the epoch in which a run diverged, and the usual remedies."""
    epoch, rate = record.final.get("epoch"), record.final.get("learning_rate")
    when = f"the loss was not finite in epoch {epoch:.0f}" if epoch else "the loss was not finite"
    at = f" (it was {rate:.3g})" if rate else ""
    return f"{when}; try a smaller optimizer.learning_rate{at}, clipping=by_global_norm or schedule=warmup_cosine"


def _grid(console: Console, rows: Iterable[tuple[str, str]]) -> None:
    if not console.is_terminal:  # a grid would pad its lines with spaces
        for name, value in rows:
            console.print(Text(f"{name:<9}  {value}".replace("\n", f"\n{'':<11}")), soft_wrap=True)
        return
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(Text(f"{name:<9}", style="bold"), Text(value, overflow="fold"))  # breaks only long words
    console.print(grid)


def _figure(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2e}" if name == "learning_rate" else f"{value:.4f}"
