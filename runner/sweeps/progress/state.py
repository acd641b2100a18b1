"""Current state of a sweep's runs, from their locks, records and histories.

Other processes and machines may write, move or remove these files at any time. An unreadable file counts as missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.core.errors import UserError
from runner.core.lock import is_locked
from runner.records.job import Job
from runner.records.record import Row, RunRecord
from runner.records.run_directory import RunDirectory
from runner.sweeps.outcome import read_epochs
from runner.sweeps.planning.plan import Plan

STATES = ("completed", "diverged", "pruned", "running", "waiting", "interrupted", "failed")
LEFT = ("running", "waiting", "interrupted")  # the states of runs that still need training


@dataclass(frozen=True)
class Standing:
    """The current state of one run."""

    directory: RunDirectory
    state: str  # one of STATES
    record: RunRecord | None
    history: list[Row] = field(default_factory=list)  # the epochs, if the run is running
    unreadable: str | None = None  # the error of a record that cannot be read

    @classmethod
    def of(cls, path: Path) -> "Standing":
        """Return a run's state: `waiting` if it has not started, `interrupted` if it ended without a final status."""
        directory = RunDirectory(path)
        running = is_locked(path)  # must come before reading the record; see `status_now`
        record, unreadable = None, None
        if directory.record_path.exists():
            try:
                record = directory.read_record()
            except UserError as error:
                unreadable = str(error)
        if running:
            return cls(directory, "running", record, read_epochs(directory))
        state = record.status_now(in_use=False) if record else "waiting"
        return cls(directory, state, record, unreadable=unreadable)


Standings = Sequence[tuple[Job, Standing]]


def standings(plan: Plan, sweep: Path) -> Standings:
    """Return the states of a plan's runs, including those that follow the tuning."""
    jobs = [*plan.of_phase("tuning", "final", "trial", "source"), *plan.of_one_candidate()]
    return [(job, Standing.of(job.path(sweep))) for job in jobs]
