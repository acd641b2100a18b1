"""Earlier runs on this machine that resemble planned ones, as the basis of a time estimate."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from runner.config.overrides import Override, override_key
from runner.records.job import Job
from runner.records.provenance import machine
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.sweeps.outcome import read_status

_MOST = 100  # number of newest records to read
_OF_COST = ("dataset", "model", "training", "normalization")  # the groups that most affect the time of an epoch
_ASKED = (*_OF_COST, "augmentation", "device", "experiment")

Cost = tuple[tuple[str | None, ...], tuple[str, ...]]


def earlier_runs(jobs: Iterable[Job], outputs: Path = Path("outputs")) -> list[tuple[str, RunRecord]]:
    """Return completed runs like the planned ones, each with its variant; none unless every variant has such a run."""
    wanted: dict[Cost, set[str]] = {}
    for job in jobs:
        wanted.setdefault(_cost(job.choices, job.overrides), set()).add(job.variant)
    found = [
        (variant, record)
        for record in recent_records(outputs)
        if record.status == "completed" and machine().items() <= record.device.items()
        for variant in wanted.get(_cost(record.choices, record.overrides), ())
    ]
    return found if {variant for variant, _ in found} == set().union(*wanted.values()) else []


def recent_records(outputs: Path = Path("outputs")) -> list[RunRecord]:
    """Return the newest records below a directory, the oldest first."""
    files = sorted(outputs.glob("*/*/*/record.json"), key=_modified)[-_MOST:]
    return [record for file in files if (record := read_status(RunDirectory(file.parent)))]


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # it was removed in the meantime, or is a broken link
        return 0.0


def _cost(choices: Mapping[str, str], overrides: Iterable[str]) -> Cost:
    """Return a key shared by runs whose epochs take about the same time."""
    asked = {override for override in overrides if Override.parse(override).section in _ASKED}
    lasting = (override for override in asked if override_key(override) not in ("training.epochs", "dataset.fold"))
    return tuple(choices.get(group) for group in _OF_COST), tuple(sorted(lasting))
