"""Status of a sweep or run: its state in one word, with counts or an error."""

from collections import Counter
from collections.abc import Iterable, Sequence

from runner.core.text import counted, shortened
from runner.gallery.entry import State
from runner.records.record import DONE, RunRecord
from runner.sweeps.progress.state import Standing

_MINUTE = len("2026-01-01T00:00")
_COMMIT = 12  # characters


def state_of_sweep(runs: Sequence[Standing], to_come: int = 0, tuning: int = 0) -> tuple[State, str]:
    """Return the state of a sweep's runs in one word, and their counts.

    Args:
        to_come: number of runs that the tuning will add.
        tuning: number of these runs that only tune.
    """
    counts = Counter("unreadable" if run.unreadable else run.state for run in runs)
    planned = len(runs) + to_come
    done = sum(counts[state] for state in DONE)
    others = [f"{counts[name]} {name}" for name in ("diverged", "running", "failed", "unreadable") if counts[name]]
    detail = ", ".join(
        [_complete(planned, tuning) if done == planned else f"{done} of {counted(planned, 'run')}", *others]
    )
    if counts["running"]:
        return "running", detail
    if counts["failed"] + counts["unreadable"] + done == planned:
        return ("complete" if done == planned else "failed"), detail
    return ("planned" if counts["waiting"] == len(runs) else "interrupted"), detail


def _complete(runs: int, tuning: int) -> str:
    """Return the number of runs, with tuning runs counted separately: `12 runs, 24 tuning runs`."""
    return ", ".join([counted(runs - tuning, "run"), *([counted(tuning, "tuning run")] if tuning else [])])


def state_of_run(run: Standing) -> tuple[State, str]:
    """Return the state of a single run in one word, and its epochs or its error."""
    if run.unreadable:
        return "unreadable", shortened(run.unreadable)
    if run.state == "running":
        return "running", counted(len(run.history), "epoch")
    if run.record is None:
        return "interrupted", "no record: it ended before the training started"
    if run.state == "failed":
        return "failed", shortened(run.record.error_line or "")
    epochs = counted(int(run.record.final.get("epoch") or 0), "epoch")
    if run.state in DONE:
        return "complete", epochs if run.state == "completed" else f"{run.state} after {epochs}"
    return "interrupted", f"after {epochs}"


def last_date(records: Iterable[RunRecord]) -> str:
    """Return the last start or end of the given runs: `2026-01-01 00:00`; "" without runs."""
    times = [time for record in records for time in (record.started, record.finished) if time]
    return max(times, default="")[:_MINUTE].replace("T", " ")


def commits(records: Iterable[RunRecord]) -> str:
    """Return the commit of the given runs, with `+changes` for uncommitted changes, or the number of commits."""
    codes = [record.code for record in records if record.code.get("commit")]
    found = {f"{code['commit'][:_COMMIT]}{'+changes' * bool(code.get('dirty'))}" for code in codes}
    return found.pop() if len(found) == 1 else f"{len(found)} commits" if found else ""
