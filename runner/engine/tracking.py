"""Tracking interface: notifications about a run as it trains."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from runner.records.record import Row, RunRecord


class Table(Protocol):
    """A table that a run writes in addition to its history, such as a diagnostic's."""

    @property
    def file(self) -> str:
        """The table's name in the run directory."""

    @property
    def rows(self) -> list[Row]:
        """The rows so far; each is complete when appended and never changes, because trackers read it in threads."""


class Tracker:
    """Base class for trackers, which are notified of a run's beginning, each epoch and its end.

    A tracker has no state in checkpoints: a resumed run notifies it of every epoch from the beginning. It is called in
    a thread; after an exception, it is notified only of the end, and the run continues with a warning.
    """

    def begin(self, record: RunRecord) -> None:
        """Handle a run that begins or is resumed."""

    def epoch(self, row: Row, diagnostics: Sequence[Table]) -> None:
        """Handle a completed epoch.

        Args:
            row: the epoch's row of the history.
            diagnostics: their tables may be ahead of the epoch.
        """

    def end(self, record: RunRecord) -> None:
        """Handle a run's end, even if the run or `begin` failed; the record has the final status."""


def scalars_of_epoch(row: Row, diagnostics: Sequence[Table]) -> dict[str, float]:
    """Return an epoch's metrics, including those in tables with a row for each epoch (gradients/LAYER.gradient)."""
    values = dict(row)
    for table in diagnostics:
        group = Path(table.file).stem
        of_epoch = (found for found in table.rows if found.get("epoch") == row["epoch"])
        values |= {f"{group}/{name}": value for found in of_epoch for name, value in found.items() if name != "epoch"}
    del values["epoch"]
    return values


def scalars_of_test(record: RunRecord) -> dict[str, float]:
    """Return a run's test metrics (test_accuracy), without missing ones."""
    scores = {name: score for name, score in record.scores.items() if isinstance(score, float)}
    test = {name: value for name, value in record.test.items() if value is not None}
    return {f"test_{name}": value for name, value in (scores | test).items()}
