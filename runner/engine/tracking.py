"""What is told of a run while it goes on, beside the files that it writes."""

from collections.abc import Sequence

from runner.engine.diagnostics import Diagnostic
from runner.records.record import Row, RunRecord


class Tracker:
    """Is told of a run's beginning, each epoch and its end, and tells nobody: others override what they need.

    It has no state in checkpoints: of a run that goes on it is told from the beginning again, every epoch once. What it
    raises costs the run.
    """

    def begin(self, record: RunRecord) -> None:
        """Hear of a run that begins, or goes on."""

    def epoch(self, row: Row, diagnostics: Sequence[Diagnostic]) -> None:
        """Hear of an epoch.

        Args:
            row: the epoch's row of the history.
            diagnostics: their tables may be ahead of the epoch, in a run that goes on.
        """

    def end(self, record: RunRecord) -> None:
        """Hear of a run's end, also where it failed, or where `begin` did; the record has the status it ends with."""
