"""Finding runs on disk, and their records as tidy frames."""

import csv
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from runner.config.errors import UserError
from runner.records.record import Row, RunRecord
from runner.records.run_directory import RunDirectory

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A run directory that was read."""

    directory: RunDirectory
    record: RunRecord
    history: list[Row]


def find_runs(paths: Iterable[Path]) -> list[Run]:
    """Return the runs in and below the paths, each once, in the order of their paths; unreadable ones are left out.

    Of a sweep it is the runs of its plan, in the plan's order, without those that only tuned something: what an earlier
    plan left in the directory is not what was asked for last.

    Raises:
        UserError: if a path does not exist, or no run is found.
    """
    found: dict[Path, Run] = {}
    asked = list(paths)
    plans = _Plans()
    for path in asked:
        if path.is_file() and len(asked) > 1:  # SWEEP/* names the sweep's own files too
            continue
        if not path.is_dir():
            raise UserError(f"{path}: no such directory")
        there = [record for record in path.rglob("record.json") if plans.position(record.parent) is not None]
        for record_path in sorted(
            there, key=lambda record: (_natural(record.parent.parent), plans.position(record.parent), _natural(record))
        ):
            directory = RunDirectory(record_path.parent)
            try:
                found.setdefault(
                    record_path.resolve(), Run(directory, directory.read_record(), directory.read_history())
                )
            except ValueError as error:
                _LOG.warning("left out: %s", error)
    if not found:
        raise UserError(f"{', '.join(map(str, asked))}: no run found (no record.json in or below it)")
    return list(found.values())


def summary_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row a run: the columns of its summary, and a column for every override of any of them."""
    return pd.DataFrame([run.record.summary() for run in runs])


def history_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row a run and epoch: run_id, variant, seed, then the columns of the histories.

    A variant trained on more than one data set is told apart by the data set's name, so that none is averaged over two.
    """
    variants = variant_labels(runs)
    frames = [
        pd.DataFrame(run.history)
        .astype({"epoch": int})
        .assign(run_id=run.record.run_id, variant=variant, seed=run.record.seed)
        for run, variant in zip(runs, variants, strict=True)
        if run.history
    ]
    return (
        pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["run_id", "variant", "seed", "epoch"])
    )


def variant_labels(runs: Sequence[Run]) -> list[str]:
    """Return a label for each run's variant: what not all of them have in common, and the data set where it differs."""
    parts = [run.record.asked for run in runs]
    shared = set(parts[0]).intersection(*parts) if len({run.record.variant for run in runs}) > 1 else set()
    labels = [
        run.record.label or ",".join(part for part in own if part not in shared) or run.record.name
        for own, run in zip(parts, runs, strict=True)
    ]
    labels = _told_apart(labels, parts)
    if len({run.record.dataset["fingerprint"] for run in runs}) == 1:
        return labels
    return [
        f"{label} [{run.record.dataset['name']} {run.record.dataset['fingerprint'][:6]}]"
        for label, run in zip(labels, runs, strict=True)
    ]


def _told_apart(labels: Sequence[str], parts: Sequence[Sequence[str]]) -> list[str]:
    """Return the labels, with what differs added where runs of one name were asked for differently: in two studies."""
    asked: dict[str, set[tuple[str, ...]]] = {}
    for label, own in zip(labels, parts, strict=True):
        asked.setdefault(label, set()).add(tuple(own))
    common = {label: set.intersection(*map(set, variants)) for label, variants in asked.items()}
    return [
        f"{label} ({','.join(part for part in own if part not in common[label])})" if len(asked[label]) > 1 else label
        for label, own in zip(labels, parts, strict=True)
    ]


class _Plans:
    """The plans of sweeps, each read once."""

    def __init__(self) -> None:
        self._planned: dict[Path, dict[str, int] | None] = {}

    def position(self, run: Path) -> int | None:
        """Return where a run's directory stands in its sweep's plan: 0 without a plan, None if it is not in it."""
        sweep = run.parent
        if sweep not in self._planned:
            self._planned[sweep] = _planned(sweep / "plan.csv")
        planned = self._planned[sweep]
        return 0 if planned is None else planned.get(run.name)


def _planned(plan: Path) -> dict[str, int] | None:
    if not plan.exists():
        return None
    with plan.open(newline="", encoding="utf-8") as stream:
        names = [row["directory"] for row in csv.DictReader(stream) if row["phase"] != "tuning"]
    return {name: position for position, name in reversed(list(enumerate(names)))}


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in path.parts]
