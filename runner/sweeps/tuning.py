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
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.study import Study

_EDGE = 0.05  # share of a range's scale at each end


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
        on_edge=is_chosen and on_edge(point, points, study.axes_of(point.variant)),
        budget=sum(other.variant == point.variant for other in points),
    )


def on_edge(point: Point, points: list[Point], axes: Mapping[str, Axis]) -> bool:
    """Return whether a value is within 5% of an end of its range, or the lowest or highest number that was tried."""
    tried: dict[str, set[float]] = {}
    for other in points:
        if other.variant == point.variant:
            for key, value in _numbers(other).items():
                tried.setdefault(key, set()).add(value)
    return any(_is_extreme(value, tried[key], axes.get(key)) for key, value in _numbers(point).items())


def _is_extreme(value: float, tried: set[float], axis: Axis | None) -> bool:
    if axis and axis.choices is None:
        return not _EDGE < axis.place(value) < 1 - _EDGE
    return len(tried) > 1 and value in (min(tried), max(tried))


def _numbers(point: Point) -> dict[str, float]:
    """Return the numeric values of a point by the key of their axis."""
    given = {
        override.prefix + override.key: _number(override.value) for override in map(Override.parse, point.overrides)
    }
    return {key: value for key, value in given.items() if value is not None}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
