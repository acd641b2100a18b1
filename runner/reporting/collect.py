"""Finding runs on disk, and their records as tidy frames."""

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

    Raises:
        UserError: if a path does not exist, or no run is found.
    """
    found: dict[Path, Run] = {}
    asked = list(paths)
    for path in asked:
        if not path.is_dir():
            raise UserError(f"{path}: no such directory")
        for record_path in sorted(path.rglob("record.json"), key=_natural):
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
        ",".join(part for part in own if part not in shared) or run.record.name
        for own, run in zip(parts, runs, strict=True)
    ]
    if len({run.record.dataset["fingerprint"] for run in runs}) == 1:
        return labels
    return [
        f"{label} [{run.record.dataset['name']} {run.record.dataset['fingerprint'][:6]}]"
        for label, run in zip(labels, runs, strict=True)
    ]


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in path.parts]
