"""Planned looks: training of a study's seeds in blocks, until its comparisons are decided."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.terminal import say
from runner.core.text import counted
from runner.records.design import Looks
from runner.sweeps.planning.plan import Plan
from runner.sweeps.pool_training import Sweep


def train_in_looks(plan: Plan, looks: Looks, sweep: Sweep, directory: Path, console: Console) -> bool:
    """Train the final runs of a study look by look; return whether a run failed.

    After each look, variants whose comparisons are all decided get no further seeds; a baseline continues as long as
    one of its variants does. The plan records the spared runs. All decisions follow from the records, so a study that
    was killed continues as if it had not been interrupted.
    """
    plan = replace(plan, jobs=[replace(job, phase="final") if job.phase == "spared" else job for job in plan.jobs])
    planned, failed = len(plan.of_phase("final")), False
    for number, size in enumerate(looks.sizes, 1):
        due = replace(plan, jobs=[job for job in plan.jobs if job.seed < size]).of_phase("final")
        ahead = len(plan.of_phase("final")) - len(due)
        failed = sweep.train_missing(due, ahead) or failed
        if failed and sweep.fail_fast:
            break
        undecided = undecided_comparisons(directory, size)
        plan = _spared(plan, size, {name for pair in undecided for name in pair})
        plan.write(directory)
        variants = ", ".join(dict.fromkeys(variant for variant, _ in undecided))
        some = f"undecided: {variants}" if undecided else "all comparisons are decided"
        say(console, f"look {number} of {len(looks.sizes)}, at {counted(size, 'seed')}: {some}")
        if not undecided:
            break
    if saved := len(plan.of_phase("spared")):
        say(console, f"the looks saved {saved} of {counted(planned, 'run')}")
    return failed


def undecided_comparisons(directory: Path, seeds: int) -> list[tuple[str, str]]:
    """Return the comparisons of a study that its first seeds do not decide, as pairs of variant and baseline."""
    from runner.reporting.collection.collect import find_runs
    from runner.reporting.result_reader import Wish, read_results

    left_out = LeftOut()
    runs = [run for run in find_runs([directory], left_out) if run.record.seed < seeds]
    try:
        results = read_results(runs, [directory], Wish(), left_out)
    except UserError:  # without a result there is nothing to compare
        return [(str(run.record.label),) * 2 for run in runs]
    names = {label: str(run.record.label) for label, run in zip(results.summary["variant"], runs, strict=True)}
    return [(names[variant], names.get(baseline, baseline)) for variant, baseline in results.undecided()]


def _spared(plan: Plan, seeds: int, undecided: Collection[str]) -> Plan:
    """Return the plan with the remaining final runs of decided variants marked as spared."""
    return replace(
        plan,
        jobs=[
            replace(job, phase="spared")
            if job.phase == "final" and job.seed >= seeds and job.variant not in undecided
            else job
            for job in plan.jobs
        ],
    )
