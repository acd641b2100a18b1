"""Estimate of a sweep's time, from the runs so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from runner.records.job import Job
from runner.records.record import Row, RunRecord

_OVERHEAD = 0.3  # seconds of a run outside its epochs, if not measured
_REPORT = 3.0  # seconds
_COMPILING = 2.0  # seconds, if not measured
_UNEVEN = 1.5  # allows for other load on the machine, and for epochs slower than the measured ones


@dataclass(frozen=True)
class Pace:
    """The speed of runs."""

    an_epoch: Mapping[str, float]  # seconds, by variant
    compiling: float = _COMPILING  # seconds to compile a network
    overhead: float = _OVERHEAD  # seconds of a run outside its epochs


def epoch_seconds(records: Iterable[tuple[str, RunRecord | None]]) -> dict[str, float]:
    """Return each variant's mean seconds per epoch, from the records of its runs."""
    measured: dict[str, list[float]] = {}
    for variant, record in records:
        if record and (epochs := record.final.get("epoch")) and (seconds := record.seconds.get("train")):
            measured.setdefault(variant, []).append(seconds / epochs)
    return {variant: fmean(values) for variant, values in measured.items()}


def learnt_pace(records: Sequence[tuple[str, RunRecord]]) -> Pace:
    """Return the speed of recorded runs, each given with its variant."""
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
    """Return the seconds that the jobs take on all workers; None if no variant's speed is known.

    A variant without a record is assumed to have the mean speed of the others.

    Args:
        done: the number of epochs already trained, by run id.
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
    return max([together, *each])  # the longest job may run alone at the end


def estimate_range(jobs: Sequence[Job], pace: Pace, workers: int, kinds: int) -> tuple[float, float] | None:
    """Return the minimum and maximum seconds of a sweep including its report; None if no speed is known.

    Args:
        kinds: the number of networks to compile, each on at least one worker and at most on all workers.
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
    """Return the seconds until the last job ends, while some are running; None if no speed is known.

    Args:
        an_epoch: the seconds per epoch of each variant, from finished runs.
        histories: the epochs of the running jobs, by run id; the only source for variants without a finished run.
    """
    going = {}
    for job in jobs:
        if seconds := [row["seconds"] for row in histories.get(job.run_id, []) if "seconds" in row]:
            going[job.variant] = fmean(seconds)
    done = {run_id: len(rows) for run_id, rows in histories.items()}
    return estimate_seconds(jobs, going | dict(an_epoch), workers, done)
