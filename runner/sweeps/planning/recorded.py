"""Recorded plan in a sweep's directory, which a new plan must match."""

import shlex
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from runner.core.errors import UserError
from runner.core.terminal import say
from runner.core.text import counted
from runner.records.job import Job
from runner.records.run_directory import RunDirectory
from runner.sweeps.planning.plan import Plan


def in_recorded_order(plan: Plan, directory: Path, console: Console) -> Plan:
    """Return a grid's plan with its variants in the order of the recorded plan, whose first variant is the baseline.

    The same values in a different order define the same sweep, and its report must keep the same baseline.
    """
    there = [] if plan.study else _recorded(directory)
    if not any(_has_begun(job, directory) for job in there):
        return plan
    recorded = {name: place for place, name in enumerate(dict.fromkeys(job.kind for job in there))}
    if next(iter(recorded)) not in (job.kind for job in plan.jobs):
        return plan
    jobs = sorted(plan.jobs, key=lambda job: recorded.get(job.kind, len(recorded)))
    if (first := jobs[0].variant) != (typed := plan.jobs[0].variant):
        command = shlex.join(["runner", "report", str(directory), "--baseline", typed])
        say(console, f"{first} stays the baseline, as in the recorded plan; to compare with {typed}: {command}")
    return replace(plan, jobs=jobs)


def refuse_another_question(jobs: Iterable[Job], directory: Path) -> None:
    """Refuse a directory whose runs share nothing with the planned runs except the seeds.

    Raises:
        UserError: if the planned runs would replace its plan, tables and page.
    """
    there = begun(directory)
    if there and not {job.kind for job in there} & {job.kind for job in jobs}:
        raise UserError(
            f"{directory}: contains the results of another sweep ({counted(len(there), 'run')}, none of them in this "
            "plan), which would be replaced; choose another directory: hydra.sweep.dir=DIR"
        )


def grown(plan: Plan, directory: Path) -> Plan:
    """Return the plan with the numbers of seeds of smaller plans that were trained in its directory.

    Raises:
        UserError: if runs have started with different planned looks.
    """
    try:
        before = Plan.read(directory)
    except UserError:
        return plan
    is_done = [_has_begun(job, directory) for job in before.jobs if job.phase == "final"]
    if not any(is_done):
        return plan
    looks, planned = plan.study.get("looks"), before.study.get("looks")
    if looks != planned:
        raise UserError(
            f"{directory}: its runs have started with {_looks_text(planned)}, and this plan has {_looks_text(looks)}; "
            "looks are fixed before the first run. Choose another directory: hydra.sweep.dir=DIR"
        )
    seeds, wanted = (len({job.seed for job in of.jobs if job.phase == "final"}) for of in (before, plan))
    is_look = all(is_done) and wanted > seeds and not looks
    return replace(plan, earlier_seeds=[*before.earlier_seeds, *([seeds] if is_look else [])])


def _looks_text(looks: dict[str, Any] | None) -> str:
    if not looks:
        return "no planned looks"
    return f"looks at {', '.join(map(str, looks['sizes']))} seeds ({looks['spending']})"


def begun(directory: Path) -> list[Job]:
    """Return the started runs of the plan in a directory; none if there is no plan."""
    return [job for job in _recorded(directory) if _has_begun(job, directory)]


def _has_begun(job: Job, directory: Path) -> bool:
    return RunDirectory(job.path(directory)).record_path.exists()


def _recorded(directory: Path) -> list[Job]:
    """Return the runs of the plan in a directory; none if there is no plan."""
    try:
        return Plan.read(directory).jobs
    except UserError:
        return []
