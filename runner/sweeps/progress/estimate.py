"""How long a sweep will take, from the runs that are there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from runner.records.job import Job
from runner.records.record import Row, RunRecord

_OVERHEAD = 0.3  # seconds of a run beside its epochs, where that was not measured
_REPORT = 3.0  # seconds
_COMPILING = 2.0  # seconds, where that was not measured
_UNEVEN = 1.5  # the most over the fewest: other work on the machine, epochs that take longer than those measured


@dataclass(frozen=True)
class Pace:
    """How fast runs are."""

    an_epoch: Mapping[str, float]  # seconds, by variant
    compiling: float = _COMPILING  # seconds that compiling a network takes
    overhead: float = _OVERHEAD  # seconds of a run beside its epochs


def epoch_seconds(records: Iterable[tuple[str, RunRecord | None]]) -> dict[str, float]:
    """Return the mean seconds an epoch of each variant took, from the records of its runs."""
    measured: dict[str, list[float]] = {}
    for variant, record in records:
        if record and (epochs := record.final.get("epoch")) and (seconds := record.seconds.get("train")):
            measured.setdefault(variant, []).append(seconds / epochs)
    return {variant: fmean(values) for variant, values in measured.items()}


def learnt_pace(records: Sequence[tuple[str, RunRecord]]) -> Pace:
    """Return how fast runs are by the records of some, each with the variant that it stands for."""
    ended = [record.seconds for _, record in records if record.status == "completed"]
    beside = [seconds["total"] - seconds["train"] for seconds in ended if {"total", "train"} <= seconds.keys()]
    return Pace(epoch_seconds(records), overhead=median(beside) if beside else _OVERHEAD)


def estimate_seconds(
    jobs: Sequence[Job],
    an_epoch: Mapping[str, float],
    workers: int,
    done: Mapping[str, int] | None = None,
    overhead: float = _OVERHEAD,
) -> float | None:
    """Return the seconds that the jobs take on all workers; None if nothing is known of any.

    A variant without a record counts as the mean of the others.

    Args:
        done: epochs that a job has behind it, by run id.
    """
    if not an_epoch:
        return None
    mean: float = fmean(an_epoch.values())
    each: list[float] = [
        max(0, job.config["training"]["epochs"] - (done or {}).get(job.run_id, 0)) * an_epoch.get(job.variant, mean)
        + overhead
        for job in jobs
    ]
    together = sum(each) / max(1, min(workers, len(jobs)))
    return max([together, *each])  # the longest one may be the last, and alone


def estimate_range(jobs: Sequence[Job], pace: Pace, workers: int, kinds: int) -> tuple[float, float] | None:
    """Return the fewest and the most seconds that a sweep should take with its report; None if nothing is known.

    Args:
        kinds: how many networks are compiled, each by one worker at least, and by all of them at most.
    """
    seconds = estimate_seconds(jobs, pace.an_epoch, workers, overhead=pace.overhead)
    if seconds is None or not jobs:
        return None
    workers = max(1, min(workers, len(jobs)))
    fewest = seconds + kinds / workers * pace.compiling + _REPORT
    most = seconds + min(len(jobs) / workers, kinds) * pace.compiling + _REPORT
    return fewest, _UNEVEN * most


def seconds_left(
    jobs: Sequence[Job], an_epoch: Mapping[str, float], histories: Mapping[str, Sequence[Row]], workers: int
) -> float | None:
    """Return the seconds until the last of the jobs ends, while some of them are under way; None if nothing is known.

    Args:
        an_epoch: the seconds of each variant's epochs, from runs that have ended.
        histories: the epochs of the jobs under way, by run id; of a variant of which no run has ended they are all that
            is known.
    """
    going = {}
    for job in jobs:
        if seconds := [row["seconds"] for row in histories.get(job.run_id, []) if "seconds" in row]:
            going[job.variant] = fmean(seconds)
    done = {run_id: len(rows) for run_id, rows in histories.items()}
    return estimate_seconds(jobs, going | dict(an_epoch), workers, done)
