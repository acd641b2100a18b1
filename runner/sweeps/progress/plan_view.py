"""Display of a sweep's plan before it trains, and of its tuning afterwards."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.core.terminal import say
from runner.core.text import counted, duration
from runner.records.job import Job
from runner.records.sweep_directory import PLAN_TABLE
from runner.records.variance_sources import ALL, variant_and_source
from runner.sweeps.planning.difference import difference
from runner.sweeps.planning.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_VARIANTS = 40


def show_plan(
    console: Console,
    plan: Plan,
    done: set[str],
    later: int,
    sweep: Path,
    estimate: tuple[float, float] | None,
    workers: int,
) -> None:
    """Print the planned and finished runs of each variant, and the estimated time of the rest.

    Args:
        done: the ids of runs that need no training.
        later: the number of runs that follow the tuning.
        estimate: the minimum and maximum seconds of the remaining runs, on all workers; None: unknown.
    """
    if question := plan.study.get("question"):
        say(console, question)
    table = Table()
    for column in ("variant", "runs", "done", "difference from the first"):
        table.add_column(column, overflow="fold", justify="right" if column in ("runs", "done") else "left")
    growth = "so far " if plan.to_come else ""
    rows: dict[tuple[str, str], list[Job]] = {}
    for job in plan.jobs:
        if job.phase not in ("candidate", "pruned"):
            rows.setdefault((job.variant, job.phase), []).append(job)
    for (variant, phase), jobs in list(rows.items())[:_SHOWN_VARIANTS]:
        points = len({tuple(job.point) for job in jobs})
        changes = {
            "tuning": f"{counted(points, 'point')} {growth}on {counted(len(jobs) // points, 'seed')}",
            "source": _varying(variant),
        }.get(phase) or " ".join(difference(plan.jobs[0], jobs[0]))
        name = variant + (" (tuning)" if phase == "tuning" else "")
        table.add_row(Text(name), str(len(jobs)), str(sum(job.run_id in done for job in jobs)), Text(changes))
    console.print(table)
    if common := [
        override for override in plan.jobs[0].overrides if all(override in job.overrides for job in plan.jobs)
    ]:
        say(console, f"all runs: {' '.join(common)}")
    if len(rows) > _SHOWN_VARIANTS:
        console.print(f"... and {counted(len(rows) - _SHOWN_VARIANTS, 'more variant')}; see {sweep / PLAN_TABLE}")
    say(console, f"{_counts(plan, done, later)}; {counted(workers, 'worker')}{_range_text(estimate)}; in {sweep}")
    if looks := plan.study.get("looks"):
        sizes = ", ".join(map(str, looks["sizes"]))
        say(
            console,
            f"looks at {sizes} seeds: variants that a look decides get no further seeds, so there may be fewer runs",
        )


def _counts(plan: Plan, done: set[str], later: int) -> str:
    planned = {job.run_id for job in plan.jobs if job.phase not in ("candidate", "pruned")}
    seeds = {job.seed for job in plan.jobs if job.phase != "tuning"}
    variants = {job.variant for job in plan.jobs if job.is_rival}
    text = f"{counted(len(planned), 'run')}: {counted(len(variants), 'variant')}, {counted(len(seeds), 'seed')}"
    if folds := {job.fold for job in plan.jobs} - {None}:
        text += f", {counted(len(folds), 'fold')}"
    if sources := plan.study.get("vary"):
        text += f", {counted(len(sources), 'source')} of variance"
    if plan.to_come:
        text += f", {plan.to_come} that the tuning will add"
    if later:
        text += f", and {later} after the tuning"
    return f"{text}; {len(planned & done)} done already"


def _varying(label: str) -> str:
    _, source = variant_and_source(label)
    return "(everything varies with the seed)" if source == ALL else f"(only {source} varies with the seed)"


def _range_text(seconds: tuple[float, float] | None) -> str:
    if seconds is None:
        return ""
    fewest, most = map(duration, seconds)
    return f", about {fewest}" if fewest == most else f", {fewest} to {most}"


def show_selection(console: Console, selection: "pd.DataFrame") -> None:
    """Print each variant's chosen point, and the optimism of its tuned score."""
    for _, row in selection.iterrows():
        fresh = f"{row['fresh']:.4f} on {counted(row['n'], 'fresh seed')}"
        scores = f"{row['metric']} {row['tuned']:.4f} when tuned, {fresh}"
        say(console, f"{row['variant']}: {row['point']}; {scores} (optimism {row['optimism']:+.4f})")
