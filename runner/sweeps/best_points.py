"""Best points found by tuning: each variant's choice on the validation set, and its final runs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from runner.config.overrides import Override
from runner.core.write import write_csv
from runner.records.job import Job
from runner.records.record import DONE
from runner.records.run_directory import RunDirectory
from runner.records.sweep_directory import TUNING_TABLE, tuning_row
from runner.reporting.statistics.ties import places
from runner.sweeps.outcome import Outcome, read_status
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.study import Study
from runner.sweeps.search.growing import Growth
from runner.sweeps.search.trials import Trial, by_point

_EDGE = 0.05  # fraction of a range's scale that counts as its edge, at each end


def choose(plan: Plan, sweep: Path, study: Study, growth: Growth | None = None) -> Plan:
    """Return the plan with the final runs of each tuned variant's best point, and write tuning.csv.

    A point with a tuning run that diverged, failed or was pruned is chosen only if every point has such a run; then the
    point with the smallest share of such runs is chosen. Of points with equal scores, or scores that differ only by
    rounding, the first is chosen.

    Args:
        growth: plans the final runs if the plan does not contain them for all points.
    """
    trials = _trials(plan, sweep, study.metric)
    best = {variant: _best(own, study.sign) for variant, own in trials.items()}
    write_csv(
        sweep / TUNING_TABLE,
        [_row(trial, trial is best[variant], own, study) for variant, own in trials.items() for trial in own],
    )
    chosen = {variant: trial.point for variant, trial in best.items()}
    plan = replace(plan, jobs=[_placed(job, chosen) for job in plan.jobs])
    return growth.finished(plan, chosen) if growth else plan


def _placed(job: Job, chosen: Mapping[str, tuple[str, ...]]) -> Job:
    """Return a tuned variant's job as a final run if its point is chosen, otherwise as a candidate."""
    if job.phase in ("tuning", "pruned") or not job.point:
        return job
    return replace(job, phase="final" if chosen.get(job.variant) == tuple(job.point) else "candidate")


def _trials(plan: Plan, sweep: Path, metric: str) -> dict[str, list[Trial]]:
    def outcome(job: Job) -> Outcome | None:
        record = read_status(RunDirectory(job.path(sweep)))
        return Outcome.of(record) if record and record.status in (*DONE, "failed") else None

    return {
        variant: [Trial.of(number, jobs, outcome, metric) for number, jobs in enumerate(trials)]
        for variant, trials in by_point(plan.jobs).items()
    }


def _best(trials: Sequence[Trial], sign: int) -> Trial:
    lost = [1 - len(trial.scores) / len(trial.jobs) for trial in trials]
    return trials[int(np.argmin(places([trial.known for trial in trials], lost, sign)))]


def _row(trial: Trial, is_chosen: bool, trials: Sequence[Trial], study: Study) -> Mapping[str, Any]:
    return tuning_row(
        variant=trial.variant,
        point=" ".join(trial.point),
        metric=study.metric,
        score=None if math.isnan(trial.score) else trial.score,
        seeds=len(trial.jobs),
        scored=len(trial.scores),
        chosen=is_chosen,
        on_edge=is_chosen and on_edge(trial, trials, study.axes_of(trial.variant)),
        budget=len(trials),
        trial=trial.number,
        state=trial.state,
        epochs=trial.epochs,
        planned_epochs=trial.planned_epochs,
        run_ids=" ".join(job.run_id for job in trial.jobs if job.phase == "tuning"),
    )


def on_edge(trial: Trial, trials: Sequence[Trial], axes: Mapping[str, Axis]) -> bool:
    """Return whether a value is within 5% of an end of its range, or is the lowest or highest number tried."""
    tried: dict[str, set[float]] = {}
    for other in trials:
        for key, value in _numbers(other.point).items():
            tried.setdefault(key, set()).add(value)
    return any(_is_extreme(value, tried[key], axes.get(key)) for key, value in _numbers(trial.point).items())


def _is_extreme(value: float, tried: set[float], axis: Axis | None) -> bool:
    if axis and axis.choices is None:
        return not _EDGE < axis.place(value) < 1 - _EDGE
    return len(tried) > 1 and value in (min(tried), max(tried))


def _numbers(point: Iterable[str]) -> dict[str, float]:
    """Return the numeric values of a point, keyed by axis."""
    given = {override.prefix + override.key: _number(override.value) for override in map(Override.parse, point)}
    return {key: value for key, value in given.items() if value is not None}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
