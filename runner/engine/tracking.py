"""Tracking interface: notifications about a run as it trains."""

from collections.abc import Sequence

from runner.engine.diagnostics import Diagnostic
from runner.records.record import Row, RunRecord


class Tracker:
    """Base class that is notified of a run's beginning, each epoch and its end, and does nothing.

    It has no state in checkpoints: a resumed run notifies it of every epoch from the beginning. An exception that it
    raises fails the run.
    """

    def begin(self, record: RunRecord) -> None:
        """Handle a run that begins or is resumed."""

    def epoch(self, row: Row, diagnostics: Sequence[Diagnostic]) -> None:
        """Handle a completed epoch.

        Args:
            row: the epoch's row of the history.
            diagnostics: their tables may be ahead of the epoch in a resumed run.
        """

    def end(self, record: RunRecord) -> None:
        """Handle a run's end, even if the run or `begin` failed; the record has the final status."""
