"""Tuning: choice of each variant's best point by validation."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from runner.config.overrides import Override
from runner.core.write import write_csv
from runner.records.job import Job
from runner.records.run_directory import RunDirectory
from runner.records.sweep_directory import TUNING_TABLE, tuning_row
from runner.reporting.statistics.ties import places
from runner.sweeps.outcome import read_status, score
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.study import Study


@dataclass(frozen=True)
class Point:
    """The score of one point of a variant's axes."""

    variant: str
    overrides: tuple[str, ...]
    score: float  # the mean over the tuning seeds; NaN if a run has no score, because it diverged for example
    seeds: int
    scored: int  # number of seeds with a score
    known: float  # the mean over these; NaN without any


def choose(plan: Plan, sweep: Path, study: Study) -> Plan:
    """Return the plan with the final runs of each tuned variant's best point, and write tuning.csv.

    A point with a diverged or failed tuning run is chosen only if all points have one; then the point with the fewest
    such runs is chosen. Of points that are equal, or differ only by rounding, the first is chosen.
    """
    points = _points(plan, sweep, study.metric)
    best = {
        variant: _best([point for point in points if point.variant == variant], study.sign)
        for variant in dict.fromkeys(point.variant for point in points)
    }
    write_csv(sweep / TUNING_TABLE, [_row(point, best[point.variant] is point, points, study) for point in points])
    chosen = {(variant, point.overrides) for variant, point in best.items()}
    return replace(plan, jobs=[_placed(job, chosen) for job in plan.jobs])


def _placed(job: Job, chosen: Container[tuple[str, tuple[str, ...]]]) -> Job:
    """Return a tuned variant's job as a final one if its point is chosen, or else as a candidate."""
    if job.phase == "tuning" or not job.point:
        return job
    return replace(job, phase="final" if (job.variant, tuple(job.point)) in chosen else "candidate")


def _points(plan: Plan, sweep: Path, metric: str) -> list[Point]:
    runs: dict[tuple[str, tuple[str, ...]], list[Job]] = {}
    for job in plan.jobs:  # a run that two variants share counts for each
        if job.phase == "tuning":
            runs.setdefault((job.variant, tuple(job.point)), []).append(job)
    points = []
    for (variant, overrides), jobs in runs.items():
        scores = [score for job in jobs if (score := _score(job, sweep, metric)) is not None]
        known = fmean(scores) if scores else math.nan
        mean = known if len(scores) == len(jobs) else math.nan
        points.append(Point(variant, overrides, mean, len(jobs), len(scores), known))
    return points


def _score(job: Job, sweep: Path, metric: str) -> float | None:
    record = read_status(RunDirectory(job.path(sweep)))
    return score(record, metric) if record and record.status == "completed" else None


def _best(points: Sequence[Point], sign: int) -> Point:
    lost = [1 - point.scored / point.seeds for point in points]
    return points[int(np.argmin(places([point.known for point in points], lost, sign)))]


def _row(point: Point, is_chosen: bool, points: list[Point], study: Study) -> Mapping[str, Any]:
    return tuning_row(
        variant=point.variant,
        point=" ".join(point.overrides),
        metric=study.metric,
        score=None if math.isnan(point.score) else point.score,
        seeds=point.seeds,
        scored=point.scored,
        chosen=is_chosen,
        on_edge=is_chosen and _on_edge(point, points),
        budget=sum(other.variant == point.variant for other in points),
    )


def _on_edge(point: Point, points: list[Point]) -> bool:
    """Return whether the point is the lowest or highest on a numeric axis: a better one may lie beyond."""
    own = [other for other in points if other.variant == point.variant]
    for at, override in enumerate(point.overrides):
        values = [_number(other.overrides[at]) for other in own]
        value = _number(override)
        numbers = {number for number in values if number is not None}
        if value is not None and len(numbers) > 1 and value in (min(numbers), max(numbers)):
            return True
    return False


def _number(override: str) -> float | None:
    try:
        return float(Override.parse(override).value)
    except ValueError:
        return None
