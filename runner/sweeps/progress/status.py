"""Display of a sweep's progress: a table by variant, running and failed runs, time left."""

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console, ConsoleDimensions, RenderableType
from rich.table import Table
from rich.text import Text

from runner.core.text import counted, duration
from runner.records.job import Job
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.plan import Plan
from runner.sweeps.progress.best import Best, shown_name, variant_name
from runner.sweeps.progress.estimate import epoch_seconds, seconds_left
from runner.sweeps.progress.state import LEFT, STATES, Standing, Standings, standings

Rows = dict[str, Counter[str]]  # the runs of each variant, by state
_FRAME = 10  # lines of the screen that show neither a variant nor a run


def show_status(console: Console, plan: Plan, sweep: Path) -> None:
    """Print each variant's runs by state, the running and failed runs, and the time left."""
    for view in status_views(plan, sweep, standings(plan, sweep)):
        console.print(view, soft_wrap=isinstance(view, Text))


def status_views(
    plan: Plan, sweep: Path, runs: Standings, screen: ConsoleDimensions | None = None
) -> list[RenderableType]:
    """Return the parts of a sweep's display, from top to bottom.

    Args:
        screen: the available size; variants and runs are summarized to fit it.
    """
    details = [_detail(job, run) for state in ("running", "failed") for job, run in runs if run.state == state]
    details += [Text(f"will be trained again: {run.unreadable}", style="yellow") for _, run in runs if run.unreadable]
    rows = _rows(runs)
    if screen is not None:
        details = _fewer(details, max(1, screen.height // 8))
        taken = sum(math.ceil(detail.cell_len / screen.width) for detail in details)
        rows = _fitted(rows, max(3, screen.height - _FRAME - taken))
    views: list[RenderableType] = [_table(rows), *details, Text(_summary(plan, sweep, runs))]
    return [*views, *(Text(str(best), style="bold") for best in _best(plan, runs))]


def _rows(runs: Standings) -> Rows:
    rows: Rows = {}
    for job, run in runs:
        name = job.variant + (" (tuning)" if job.phase == "tuning" else "")
        rows.setdefault(name, Counter())[run.state] += 1
    return rows


def _fitted(rows: Rows, most: int) -> Rows:
    """Return a limited number of rows: variants with running runs first, then the others; one row sums up the rest."""
    if len(rows) <= most:
        return rows
    active = sorted(rows, key=lambda name: not rows[name]["running"])[: most - 1]
    shown = {name: counts for name, counts in rows.items() if name in active}
    others = [counts for name, counts in rows.items() if name not in shown]
    return {**shown, f"... {len(others)} others": sum(others, Counter())}


def _table(rows: Mapping[str, Counter[str]]) -> Table:
    total = sum(rows.values(), Counter[str]())
    shown = [state for state in STATES if total[state]]
    table = Table("variant", *("runs", *shown))
    for column in table.columns[1:]:
        column.justify = "right"
    for name, counts in rows.items():
        table.add_row(Text(name), str(counts.total()), *(str(counts[state] or "") for state in shown))
    return table


def _detail(job: Job, run: Standing) -> Text:
    name = f"{run.state}: {shown_name(job)}, {job.which}: "
    if run.state == "failed":
        error = Outcome.of(run.record).error if run.record else None
        return Text(f"{name}{error or ''} ({run.directory.path / 'run.log'})", style="red")
    return Text(f"{name}epoch {len(run.history)} of {job.config['training']['epochs']}")


def _fewer(details: list[Text], most: int) -> list[Text]:
    """Return the first and last details, because running runs come first and failed runs last."""
    if len(details) <= most:
        return details
    left_out = Text(f"... {len(details) - most} more running or failed runs ...")
    return [*details[: (most + 1) // 2], left_out, *details[len(details) - most // 2 :]]


def _summary(plan: Plan, sweep: Path, runs: Standings) -> str:
    left = [job for job, run in runs if run.state in LEFT]
    if not left and not plan.to_come:
        return f"all runs of {sweep} have ended"
    histories = {job.run_id: run.history for job, run in runs if run.state == "running"}
    an_epoch = epoch_seconds((job.variant, run.record) for job, run in runs)
    unplanned = [runs[-1][0]] * plan.to_come if runs else []  # assumed to be like the last run
    seconds = seconds_left([*left, *unplanned], an_epoch, histories, workers=len(histories))
    time = "" if seconds is None else f", about {duration(seconds)}"
    return f"{counted(len(left) + plan.to_come, 'run')} left, {len(histories)} running{time}"


def _best(plan: Plan, runs: Standings) -> list[Best]:
    """Return the best variants by the study's final runs or, before these have results, by the tuning."""
    for tuning in (False, True):
        ended = [(job, run.record) for job, run in runs if (job.phase == "tuning") == tuning and job.is_rival]
        named = ((variant_name(job), Outcome.of(record)) for job, record in ended if record)
        if best := Best.of_each_dataset(named, plan.chosen):
            return best
    return []
