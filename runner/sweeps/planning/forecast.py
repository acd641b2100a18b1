"""Forecast of a plan: the differences that its comparisons can detect."""

from collections.abc import Sequence
from dataclasses import dataclass

from runner.records.baselines import baselines
from runner.records.record import RunRecord
from runner.records.sweep_directory import tested_metric
from runner.sweeps.planning.fold_power import fold_lines
from runner.sweeps.planning.pilot import earlier_differences
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.power import Pilot, Planned, power_lines, power_warning
from runner.sweeps.planning.study import Study
from runner.sweeps.progress.earlier_runs import recent_records


@dataclass(frozen=True)
class Forecast:
    """Sentences to show before a plan is trained."""

    warnings: Sequence[str] = ()
    lines: Sequence[str] = ()


def forecast(plan: Plan, study: Study | None, records: Sequence[RunRecord]) -> Forecast:
    """Return the differences that the seeds of a plan can detect, using the spread of earlier runs if there are any.

    Args:
        study: None for a grid.
        records: records of the runs that the plan already has.
    """
    planned, compared = _comparisons(plan, study)
    if any(job.fold is not None for job in plan.jobs):
        return Forecast(lines=[*fold_lines(plan.jobs, planned.comparisons)])
    if study is None and planned.seeds < 2:
        return Forecast()
    metric = tested_metric(study.metric) if study else None
    jobs = [job for job in plan.jobs if job.phase in ("final", "spared")]
    found = earlier_differences(jobs, compared, [*records, *recent_records()], metric)
    warning = power_warning(planned)
    return Forecast([warning] if warning else [], [*power_lines(planned, Pilot(*found))])


def _comparisons(plan: Plan, study: Study | None) -> tuple[Planned, dict[str, str]]:
    """Return the comparisons of a plan, and the baseline of each variant."""
    final = [job for job in plan.jobs if job.phase in ("final", "candidate", "spared")]
    seeds, variants = {job.seed for job in final}, list(dict.fromkeys(job.variant for job in final))
    compared = baselines(variants, study.baseline, study.variant_names) if study else baselines(variants, None)
    datasets = {job.variant: job.choices.get("dataset", "") for job in final}
    datasets = {variant: datasets[variant] for variant, other in compared.items() if variant != other in compared}
    if study is None:
        return Planned(len(seeds), len(datasets), datasets=datasets), compared
    asked = study.correction, study.looks, study.margin is not None
    return Planned(len(seeds), len(datasets), *asked, datasets), compared
