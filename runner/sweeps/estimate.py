"""How long a sweep will take, from the runs that are there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from runner.records.run_directory import RunDirectory
from runner.sweeps.job import Job
from runner.sweeps.outcome import read_status

_OVERHEAD = 0.3  # seconds of a run beside its epochs


def epoch_seconds(jobs: Sequence[Job], sweep: Path) -> dict[str, float]:
    """Return the mean seconds an epoch of each variant took, by its name, as far as there are records."""
    measured: dict[str, list[float]] = {}
    for job in jobs:
        record = read_status(RunDirectory(job.path(sweep)))
        if record and (epochs := record.final.get("epoch")) and (seconds := record.seconds.get("train")):
            measured.setdefault(job.variant, []).append(seconds / epochs)
    return {variant: fmean(values) for variant, values in measured.items()}


def estimate_seconds(jobs: Sequence[Job], an_epoch: Mapping[str, float], workers: int) -> float | None:
    """Return the seconds that the jobs take on all workers; None if nothing is known of any.

    A variant without a record counts as the mean of the others.
    """
    if not an_epoch:
        return None
    mean: float = fmean(an_epoch.values())
    total: float = sum(job.config["training"]["epochs"] * an_epoch.get(job.variant, mean) for job in jobs)
    return (total + _OVERHEAD * len(jobs)) / max(1, min(workers, len(jobs)))
