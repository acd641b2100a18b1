"""Execution of a sweep's plan, from the first check to the report."""

import shlex
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from runner.config.schema import check
from runner.core.errors import EXIT_FAILED, EXIT_INTERRUPTED, EnvironmentFault, Stopped, UserError
from runner.core.garbage import no_collections
from runner.core.lock import run_lock
from runner.core.terminal import say, show_warning
from runner.core.text import counted
from runner.core.write import remove_leftovers
from runner.data.storage.locations import refuse_missing
from runner.records.job import Job
from runner.records.provenance import code_state
from runner.records.record import DONE, RunRecord
from runner.records.run_directory import RunDirectory
from runner.sweeps.best_points import choose
from runner.sweeps.looks import train_in_looks
from runner.sweeps.outcome import read_status
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.recorded import begun, grown
from runner.sweeps.planning.study import Study, Tune, read_study
from runner.sweeps.pool_training import Sweep
from runner.sweeps.pools.base import Pool
from runner.sweeps.progress.earlier_runs import earlier_runs
from runner.sweeps.progress.estimate import Pace, estimate_range, learnt_pace
from runner.sweeps.progress.plan_view import show_plan, show_selection
from runner.sweeps.search.growing import Growth
from runner.sweeps.search.tuner import Tuner


def conduct(
    plan: Plan,
    directory: Path,
    pool: Pool,
    console: Console,
    *,
    dry_run: bool,
    fail_fast: bool,
    growth: Growth | None = None,
) -> None:
    """Check, show and save a plan, train its runs, and report on them.

    Args:
        growth: plans the other trials of a tuned study whose plan does not contain all of them.

    Raises:
        UserError: before anything trains, if a variant cannot be built.
        Stopped: at the end, with exit code 1 if a run failed, or 130 if the sweep was interrupted.
    """
    with no_collections():
        import runner.reporting.report  # noqa: F401 - takes seconds, during which the workers start

    study = read_study(plan.study) if plan.study else None
    plan = grown(plan, directory)
    found = {job.run_id: read_status(RunDirectory(job.path(directory))) for job in plan.jobs}
    records = {name: record for name, record in found.items() if record}
    done = {name for name, record in records.items() if record.status in DONE}
    left = [job for job in plan.of_phase("tuning", "final", "source") if job.run_id not in done]
    later = _after_tuning(plan, done)
    sweep = Sweep(directory, pool, console, plan.chosen, fail_fast=fail_fast)
    pace = _checked(plan, study, left, records, sweep, growth)
    is_kept = dry_run and bool(begun(directory))  # a dry run must not replace the plan of existing runs
    remove_leftovers(directory)
    if not is_kept:
        plan.write(directory)
    networks = {job.kind if job.fold is None else job.run_id for job in [*left, *later]}  # folds compile separately
    estimate = estimate_range([*left, *later], pace, pool.workers, kinds=len(networks))
    show_plan(console, plan, done, len(later), directory, estimate, pool.workers)
    _show_outlook(plan, study, [*records.values()], console)
    if is_kept:
        say(console, f"{directory} already has runs of a plan, which stays unchanged")
    if dry_run:
        return
    try:
        failed = _train(plan, study, sweep, directory, console, growth)
    except KeyboardInterrupt:
        command = shlex.join(["runner", "resume", str(directory)])
        other = "" if growth else f" or run: {command}"
        show_warning(console, f"interrupted; to resume, repeat the command{other}")
        raise Stopped(EXIT_INTERRUPTED) from None
    _report(directory, console)
    if failed:
        raise Stopped(EXIT_FAILED)


def _checked(
    plan: Plan,
    study: Study | None,
    left: Sequence[Job],
    records: Mapping[str, RunRecord],
    sweep: Sweep,
    growth: Growth | None,
) -> Pace:
    """Build the remaining runs, and return their speed: measured now, or taken from earlier runs.

    Args:
        records: records of the plan's runs that have started, by run id.
    """
    here = [(job.variant, records[job.run_id]) for job in plan.jobs if job.run_id in records]
    known = learnt_pace(here or earlier_runs(plan.jobs))
    unchecked = [*left, *plan.of_phase("candidate"), *(growth.examples() if growth else [])]
    pace = sweep.check(unchecked, measure=not known.an_epoch, chooses=bool(study and study.tune))
    return replace(pace, an_epoch={**known.an_epoch, **pace.an_epoch}, overhead=known.overhead)


def _show_outlook(plan: Plan, study: Study | None, records: Sequence[RunRecord], console: Console) -> None:
    """Show warnings about a plan, and the differences that its design can and cannot show."""
    from runner.sweeps.planning.forecast import forecast

    expected = forecast(plan, study, records)
    for warning in [*_warnings(plan, study, records), *expected.warnings]:
        show_warning(console, warning)
    for line in expected.lines:
        say(console, line)


def _report(directory: Path, console: Console) -> None:
    """Write the report of a sweep, and print its verdicts."""
    from runner.reporting.report import report, show_verdicts

    try:
        done = report([directory], directory)
        if done.results:
            show_verdicts(console, done.results)
        console.print(f"report  {directory / 'index.html'}", soft_wrap=True)
        if done.results and done.results.selection is not None:
            show_selection(console, done.results.selection)
    except EnvironmentFault:
        raise
    except (UserError, OSError) as error:
        show_warning(console, f"the sweep has no report: {error}")


def _after_tuning(plan: Plan, done: Container[str]) -> list[Job]:
    """Return the runs that will follow the tuning, at one of its points, except those already done."""
    chosen = {(job.variant, job.seed) for job in plan.jobs if job.phase == "candidate" and job.run_id in done}
    return [job for job in plan.of_one_candidate() if (job.variant, job.seed) not in chosen]


def refuse_missing_data(jobs: Iterable[Job]) -> None:
    """Raise DataError for the first data set whose file or directory is missing, before a worker looks for it."""
    seen: set[str] = set()
    for job in jobs:
        if (spec := str(job.config["dataset"])) not in seen:
            seen.add(spec)
            refuse_missing(check(job.config))


def _train(
    plan: Plan, study: Study | None, sweep: Sweep, directory: Path, console: Console, growth: Growth | None
) -> bool:
    """Train the tuning runs, choose the best points, and train the final runs; return whether a run failed."""
    failed = False
    if study and study.tune:
        if study.tune.grows or study.tune.pruner != "none":
            plan, failed = _tune(plan, study, sweep, directory, growth)
        else:
            failed = sweep.train_missing(plan.of_phase("tuning"))
        if failed and sweep.fail_fast:
            return True
        plan = choose(plan, directory, study, growth)
        plan.write(directory)
    if study and study.looks:
        return train_in_looks(plan, study.looks, sweep, directory, console) or failed
    return sweep.train_missing(plan.of_phase("final", "source")) or failed


def _tune(plan: Plan, study: Study, sweep: Sweep, directory: Path, growth: Growth | None) -> tuple[Plan, bool]:
    """Train the trials of a study whose points or pruning depend on earlier results.

    Two processes would decide differently, so only one at a time may do this.
    """
    with run_lock(directory, of="tuning"):
        tuner = Tuner(plan, study, directory, sweep.workers, growth)
        failed = sweep.train_as_they_come(tuner)
        return tuner.plan, failed


def _warnings(plan: Plan, study: Study | None, records: Iterable[RunRecord]) -> Iterator[str]:
    for first, second in plan.merged():
        yield f"{second} is the same run as {first} on every seed they share: it is trained once."
    if study and study.tune and study.tune.budget:
        yield from _unused_budgets(plan, study.tune)
    if other := {record.code.get("commit", "")[:12] for record in records} - {code_state().get("commit", "")[:12]}:
        commits = ", ".join(sorted(other))
        yield f"some runs here were trained with different code ({commits}); a new directory keeps them apart."


def _unused_budgets(plan: Plan, tune: Tune) -> Iterator[str]:
    points: dict[str, set[tuple[str, ...]]] = {}
    for job in plan.jobs:
        points.setdefault(job.variant, set()).update([tuple(job.point)] if job.phase == "tuning" else [])
    for variant, tried in points.items():
        if not tried:
            yield f"{variant} is not tuned: no axis applies to it."
        elif not tune.grows and len(tried) < (tune.points or 0):
            only = f"{variant} has only {counted(len(tried), 'point')} to tune"
            yield f"{only}, fewer than its budget of {tune.points}: all of them are tried."
