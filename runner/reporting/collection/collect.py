"""Collection of runs from disk, according to the plans of their sweeps."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

from runner.core.errors import UserError
from runner.core.lock import is_locked
from runner.core.omissions import LeftOut
from runner.core.paths import refuse_no_directory
from runner.core.read import DEEPEST, walk
from runner.core.text import counted
from runner.records.record import Row, RunRecord
from runner.records.run_directory import RunDirectory
from runner.records.sweep_directory import RunKind, planned_variants
from runner.reporting.collection.grid_order import grid_order


def existing(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the directories among the paths, skipping files that a pattern such as SWEEP/* matches.

    Raises:
        UserError: if a path does not exist, or a single path is not a directory.
    """
    for path in paths:
        if path.is_file() and len(paths) > 1:
            continue
        refuse_no_directory(path)
        yield path


def run_directories(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each run directory in or below the paths, with its path, in natural order.

    Raises:
        UserError: if a path does not exist.
    """
    for path in existing(paths):
        found = [directory for directory, below, files in walk(path) if "record.json" in [*files, *below]]
        yield from ((path, directory) for directory in sorted(found, key=natural))


def refuse_no_runs(paths: Sequence[Path]) -> None:
    """Raise UserError if a path does not exist, or if the paths contain no run."""
    if next(run_directories(paths), None) is None:
        raise no_run(paths)


def no_run(paths: Sequence[Path]) -> UserError:
    """Return the error for paths that contain no run; it states how many runs a sweep has planned."""
    named = ", ".join(map(str, paths))
    if planned := sum(not_begun(path, LeftOut()) for path in existing(paths)):
        return UserError(f"{named}: nothing to report yet: {counted(planned, 'planned run')}")
    return UserError(f"{named}: no run found (no record.json in or below it)")


def natural(path: Path) -> list[tuple[int, str]]:
    """Return a natural sort key: 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in path.parts]


@dataclass(frozen=True)
class Run:
    """A run: its directory, record and history."""

    directory: RunDirectory
    record: RunRecord
    history: list[Row]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a run directory; a run that was killed counts as interrupted.

        Raises:
            UserError: if the record or history cannot be read; the message names the file.
        """
        directory = RunDirectory(path)
        running = is_locked(path)  # before reading, because a run writes its final status before it releases its lock
        record = directory.read_record()
        record = replace(record, status=record.status_now(in_use=running))
        return cls(directory, record, directory.read_history())

    def named(self, variant: str) -> Self:
        """Return the run under a variant's name; with an empty name, return it unchanged."""
        return replace(self, record=replace(self.record, label=variant)) if variant else self


def find_runs(paths: Iterable[Path], left_out: LeftOut | None = None, kind: RunKind = "result") -> list[Run]:
    """Return the readable runs in and below the paths, without duplicates, in the order of their paths.

    A sweep contributes the runs of its current plan, in the plan's order. Runs of an earlier plan do not count. A run
    that belongs to two variants appears once for each. A single path may be a run of any kind. The runs of a grid are
    in the order of its keys if no plan is known.

    Args:
        left_out: collects unreadable runs.
        kind: the runs to return; by default, all except tuning runs and runs that measure a source of variance.

    Raises:
        UserError: if a path does not exist, or no run is found.
    """
    asked = list(paths)
    found: dict[tuple[Path, str], Run] = {}
    left_out = left_out or LeftOut()
    plans = _Plans(left_out, kind)
    for path in existing(asked):
        there = {run: plans.places(run) for run in _directories(path, left_out)}
        if kind == "result" and len(asked) == 1 and there.get(path) == []:
            there[path] = [(0, "")]
        read = {run: left_out.unless_read(partial(Run.read, run)) for run, places in there.items() if places}
        for *_, directory, variant in sorted(
            (natural(run.parent), place, natural(run), run, variant)
            for run, places in there.items()
            for place, variant in places
        ):
            if run := read[directory]:
                found.setdefault((directory.resolve(), variant), run.named(variant))
    if not found and kind == "result":
        raise no_run(asked)
    runs = list(found.values())
    return runs if plans.found_any else [runs[place] for place in grid_order([run.record for run in runs])]


def not_begun(sweep: Path, left_out: LeftOut) -> int:
    """Return the number of planned runs without a record, excluding tuning runs; 0 without a plan."""
    planned: set[str] = set()
    for kind in ("result", "source"):
        planned |= {*(left_out.unless_read(partial(planned_variants, sweep, kind)) or {})}
    return len(planned - {record.parent.name for record in sweep.glob("*/record.json")})


class _Plans:
    """Cache of sweep plans."""

    def __init__(self, left_out: LeftOut, kind: RunKind) -> None:
        self._left_out = left_out
        self._kind = kind
        self._planned: dict[Path, dict[str, dict[str, int]] | None] = {}

    @property
    def found_any(self) -> bool:
        """True if any of the runs so far has a plan."""
        return any(planned is not None for planned in self._planned.values())

    def places(self, run: Path) -> list[tuple[int, str]]:
        """Return the rows for a run's directory in the plan of the run's sweep, each with its variant's name.

        Without a plan, the result is one row without a name; a run that is not in the plan has no row. The name is
        empty if the run belongs to a single variant, whose name is in its record.
        """
        sweep = run.parent
        if sweep not in self._planned:
            read = partial(planned_variants, sweep, self._kind)
            self._planned[sweep] = self._left_out.unless_read(read)
        planned = self._planned[sweep]
        if planned is None:
            return [(0, "")] if self._kind == "result" else []
        variants = planned.get(run.name, {})
        is_named = len(variants) > 1 or self._kind == "source"  # the record may name another variant
        return [(place, name if is_named else "") for name, place in variants.items()]


def _directories(path: Path, left_out: LeftOut) -> Iterator[Path]:
    """Yield the directories with a record in and below a path."""
    for directory, below, files in walk(path):
        if "record.json" in [*files, *below]:
            yield directory
        for name in below:
            if (directory / name).is_symlink():
                left_out.add(f"{directory / name}: a link to a directory, which is not followed")
        if below and len(directory.parts) - len(path.parts) >= DEEPEST:
            left_out.add(f"{directory}: has directories deeper than {DEEPEST} levels, which are not searched")
