"""Outcome of a job, as read from its run directory or written for a lost worker."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from runner.core.errors import UserError
from runner.records.job import Job
from runner.records.provenance import code_state, versions
from runner.records.record import VALIDATION_METRICS, Row, RunRecord, Status, now
from runner.records.run_directory import RunDirectory


@dataclass(frozen=True)
class Outcome:
    """Result that a worker returns for a job; status `locked` means that another process is training it."""

    status: Status | Literal["locked"]
    seconds: float = 0.0
    epochs: int = 0
    val_accuracy: float | None = None
    test_accuracy: float | None = None
    error: str | None = None  # a single line
    dataset: str | None = None  # name of the data set, and the beginning of its fingerprint
    validation: Mapping[str, float] = field(default_factory=dict)  # all validation metrics, by column
    warnings: tuple[str, ...] = ()  # warnings about trackers that failed

    @classmethod
    def of(cls, record: RunRecord) -> Self:
        """Return the outcome of a recorded run."""
        row = record.summary()
        return cls(
            status=record.status,
            seconds=record.seconds.get("total", 0.0),
            epochs=row["epochs"] or 0,
            val_accuracy=row["val_accuracy"],
            test_accuracy=record.test.get("accuracy"),
            error=record.error_line,
            dataset=_named_data(record),
            validation={name: value for name in VALIDATION_METRICS if (value := row[name]) is not None},
        )


def _named_data(record: RunRecord) -> str:
    name, fingerprint = record.dataset["name"], record.dataset["fingerprint"][:6]
    return f"{name} ({fingerprint})" if fingerprint else str(name)


def read_status(directory: RunDirectory) -> RunRecord | None:
    """Return the record of a run, or None if it does not exist or cannot be read."""
    try:
        return directory.read_record() if directory.record_path.exists() else None
    except UserError:  # perhaps because of a full disk; the run is trained again
        return None


def score(record: RunRecord, metric: str) -> float:
    """Return the value of a completed run by which a choice is made.

    Raises:
        UserError: if it was not measured.
    """
    value: float | None = record.summary()[metric]
    if value is None:
        raise UserError(not_measured(metric))
    return value


def not_measured(metric: str) -> str:
    """Return the error text for a choice by an unmeasured metric."""
    return f"{metric}: not measured by these runs, so it cannot decide the choice; see training.metrics"


def read_epochs(directory: RunDirectory) -> list[Row]:
    """Return the epochs of a run so far; none if they cannot be read."""
    try:
        return directory.read_history()
    except UserError:
        return []


def write_ending(job: Job, directory: RunDirectory, status: Status, reason: str | None) -> Outcome:
    """Record the final status of a run whose worker died or could not begin it."""
    record = read_status(directory) or RunRecord(
        run_id=job.run_id,
        name=job.config["name"],
        label=job.variant if job.named else None,
        seed=job.seed,
        status=status,
        choices=job.choices,
        overrides=job.overrides,
        dataset={"name": job.config["dataset"]["name"], "fingerprint": ""},
        device={},
        versions=versions(),
        code=code_state(),
        parameters=0,
        started=now(),
        working_directory=job.working_directory,
    )
    record = replace(record, status=status, error=reason, finished=now())
    if history := read_epochs(directory):
        record = record.with_history(history)
    directory.write_record(record)
    return Outcome.of(record)
