"""Where the runs of a sweep stand at this moment, from their locks, records and histories.

They may be written, moved or removed while they are read, by other processes or on another machine: what cannot be read
counts as not there yet.
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
LEFT = ("running", "waiting", "interrupted")  # the states of runs that are still to be trained


@dataclass(frozen=True)
class Standing:
    """One run as it is now."""

    directory: RunDirectory
    state: str  # one of STATES
    record: RunRecord | None
    history: list[Row] = field(default_factory=list)  # the epochs of a run that is running
    unreadable: str | None = None  # what is wrong with a record that is there

    @classmethod
    def of(cls, path: Path) -> "Standing":
        """Return a run's state: `waiting` if it has not begun, `interrupted` if it stopped without a word."""
        directory = RunDirectory(path)
        running = is_locked(path)  # before the record, see `status_now`
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
    """Return where the runs of a plan stand, also those that the choice among tuned points will add."""
    jobs = [*plan.of_phase("tuning", "final", "trial"), *plan.of_one_candidate()]
    return [(job, Standing.of(job.path(sweep))) for job in jobs]
