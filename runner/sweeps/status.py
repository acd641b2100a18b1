"""How far a sweep is, from its plan and its runs' records and locks."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.records.lock import is_locked
from runner.records.run_directory import RunDirectory
from runner.sweeps.estimate import epoch_seconds, estimate_seconds
from runner.sweeps.job import Job
from runner.sweeps.outcome import read_status
from runner.sweeps.plan import Plan
from runner.sweeps.view import duration_text

STATES = ("completed", "diverged", "pruned", "running", "waiting", "interrupted", "failed")


def state_of(job: Job, sweep: Path) -> str:
    """Return a run's status as it is now: `waiting` if it has not begun, `interrupted` if it stopped without a word."""
    directory = RunDirectory(job.path(sweep))
    record = read_status(directory)
    if is_locked(directory.path):
        return "running"
    if record is None:
        return "waiting"
    return "interrupted" if record.status == "running" else record.status


def show_status(console: Console, plan: Plan, sweep: Path) -> None:
    """Print a row a variant with its runs by state, what is running and what failed, and when all will be done."""
    jobs = [*plan.of_phase("tuning", "final", "trial"), *plan.of_one_candidate()]
    states = {(job.variant, job.phase, job.run_id): state_of(job, sweep) for job in jobs}
    shown = [state for state in STATES if state in states.values()]
    table = Table(*("variant", "runs", *shown))
    rows: dict[str, Counter[str]] = {}
    for (variant, phase, _), state in states.items():
        rows.setdefault(variant + (" (tuning)" if phase == "tuning" else ""), Counter())[state] += 1
    for name, counts in rows.items():
        table.add_row(Text(name), str(counts.total()), *(str(counts[state] or "") for state in shown))
    console.print(table)
    left = []
    for job in jobs:
        state = states[job.variant, job.phase, job.run_id]
        if state in ("running", "failed"):
            console.print(f"{state}: {job.variant}, seed {job.seed}: {_detail(job, sweep, state)}", soft_wrap=True)
        if state in ("running", "waiting", "interrupted"):
            left.append(job)
    console.print(_summary(plan, sweep, left, sum(state == "running" for state in states.values())), soft_wrap=True)


def _detail(job: Job, sweep: Path, state: str) -> str:
    directory = RunDirectory(job.path(sweep))
    if state == "failed":
        record = read_status(directory)
        error = (record.error or "").strip().splitlines() if record else []
        return f"{error[-1] if error else ''} ({directory.path / 'run.log'})"
    return f"epoch {_epochs_done(directory)} of {job.config['training']['epochs']}"


def _epochs_done(directory: RunDirectory) -> int:
    try:
        return len(directory.read_history())
    except ValueError:  # of another version
        return 0


def _summary(plan: Plan, sweep: Path, left: list[Job], running: int) -> str:
    if not left:
        return f"all runs of {sweep} have ended"
    seconds = estimate_seconds(left, epoch_seconds(plan.jobs, sweep), max(running, 1))
    return f"{len(left)} runs left, {running} running" + duration_text(seconds)
