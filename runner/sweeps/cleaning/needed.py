"""Models that are needed: other runs start from them, or they are the best of their variant."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.paths import user_path
from runner.core.read import read_bytes, walk
from runner.core.read_yaml import LARGEST
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.records.sweep_directory import PLAN
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.study import Chosen

_STARTS = re.compile(rb"init_from['\"]?\s*:(?! null\b)")  # other configurations need not be parsed


def starting_points(roots: Iterable[Path], left_out: LeftOut) -> dict[Path, Path]:
    """Return the resolved run directories from which others start (`model.init_from`), each with one such run or plan.

    Args:
        roots: directories to search for runs and for plans, whose runs may not have started.
        left_out: collects configurations and plans that cannot be read.
    """
    found: dict[Path, Path] = {}
    for root in roots:
        for folder, _, files in walk(root):
            if "record.json" in files:
                sources = left_out.unless_read(partial(_sources_of_run, RunDirectory(folder))) or []
                found |= {source: found.get(source, folder) for source in sources}
            if PLAN in files:
                plan = left_out.unless_read(partial(Plan.read, folder))
                jobs = plan.jobs if plan else []
                sources = [source for job in jobs for source in _sources(job.config, job.working_directory)]
                found |= {source: found.get(source, folder / PLAN) for source in sources}
    return found


def _sources_of_run(directory: RunDirectory) -> list[Path]:
    try:
        text = read_bytes(directory.config_path, LARGEST)
    except ValueError as error:
        raise ValueError(f"{directory.config_path}: {error}") from error
    if not _STARTS.search(text):
        return []
    return list(_sources(directory.read_config(), directory.read_record().working_directory))


def _sources(config: Mapping[str, Any], base: str | None) -> Iterator[Path]:
    """Yield the directory of `model.init_from`, relative to the run's working directory and to the current one."""
    model = config.get("model")
    given = model.get("init_from") if isinstance(model, Mapping) else None
    if not isinstance(given, str) or not given:
        return
    with suppress(ValueError):  # a null byte
        yield from {Path(os.path.realpath(Path(start) / user_path(given))) for start in (base or ".", ".")}


def best_models(runs: Sequence[tuple[Path, RunRecord]], left_out: LeftOut) -> dict[Path, str]:
    """Return the runs whose models are worth keeping, each with the reason.

    In a sweep, these are each variant's best completed run on each data set, by its validation metric; in a search, the
    best trial. Without a plan, runs in the same directory that differ only in the seed form a variant. If no run
    of a variant has the metric, all its runs are kept.

    Args:
        runs: directories and records of runs that have a model, in order of preference, to break ties.
    """
    groups: dict[tuple[Path, str, str], list[tuple[Path, float | None]]] = {}
    contests: dict[Path, _Contest] = {}
    for path, record in runs:
        if record.status != "completed":
            continue
        contest = contests.get(path.parent) or contests.setdefault(path.parent, _Contest(path.parent, left_out))
        score = record.summary().get(contest.chosen.metric)
        for variant in contest.variants_of(path.name, record):
            groups.setdefault((path.parent, variant, record.dataset["fingerprint"]), []).append((path, score))
    kept: dict[Path, str] = {}
    for (sweep, variant, _), members in groups.items():
        chosen = contests[sweep].chosen
        scored = [(path, score) for path, score in members if score is not None]
        if scored:
            path, score = max(scored, key=lambda member: chosen.sign * member[1])
            kept.setdefault(path, f"best run of {variant} on the validation set ({chosen.metric} {score:.4f})")
        else:
            kept |= {path: f"{variant} has no {chosen.metric}, so its best run is unknown" for path, _ in members}
    return kept


class _Contest:
    """The variants of a directory's runs, and the validation metric that ranks them."""

    def __init__(self, sweep: Path, left_out: LeftOut) -> None:
        self.chosen = Chosen()
        self._planned: dict[str, dict[str, None]] = {}
        if not (sweep / PLAN).exists():
            return
        try:
            plan = Plan.read(sweep)
        except UserError as error:
            left_out.add(str(error))
            return
        self.chosen = plan.chosen
        for job in plan.jobs:
            name = "the search" if job.phase == "trial" else job.variant
            self._planned.setdefault(job.directory, {})[name] = None

    def variants_of(self, directory: str, record: RunRecord) -> Iterable[str]:
        """Return the variants that a run belongs to."""
        return self._planned.get(directory) or [record.variant]
