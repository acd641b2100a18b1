"""Finding runs on disk, and their records as tidy frames."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

from runner.core.errors import UserError
from runner.core.lock import is_locked
from runner.core.read import DEEPEST, walk
from runner.records.record import Row, RunRecord
from runner.records.run_directory import RunDirectory
from runner.records.sweep_directory import planned_variants
from runner.reporting.omissions import LeftOut


def existing(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the directories among several paths: a pattern such as SWEEP/* names the sweep's own files too.

    Raises:
        UserError: if a path does not exist, or the only one is no directory.
    """
    for path in paths:
        if path.is_file() and len(paths) > 1:
            continue
        if not path.is_dir():
            raise UserError(f"{path}: no such directory")
        yield path


def run_directories(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each path with each directory in or below it that holds a record, in order.

    Raises:
        UserError: if a path does not exist.
    """
    for path in existing(paths):
        found = [directory for directory, below, files in walk(path) if "record.json" in [*files, *below]]
        yield from ((path, directory) for directory in sorted(found, key=natural))


def refuse_no_runs(paths: Sequence[Path]) -> None:
    """Raise UserError if a path does not exist, or there is no run in or below any of them."""
    if next(run_directories(paths), None) is None:
        raise no_run(paths)


def no_run(paths: Sequence[Path]) -> UserError:
    """Return the error of paths without any run."""
    return UserError(f"{', '.join(map(str, paths))}: no run found (no record.json in or below it)")


def natural(path: Path) -> list[tuple[int, str]]:
    """Return what sorts paths as people do: 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in path.parts]


@dataclass(frozen=True)
class Run:
    """A run directory that was read."""

    directory: RunDirectory
    record: RunRecord
    history: list[Row]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read it; a run that was killed, of whose end nobody was left to tell, was interrupted.

        Raises:
            UserError: if its record or its history cannot be read, with the file.
        """
        directory = RunDirectory(path)
        running = is_locked(path)  # before the record, see `status_now`
        record = directory.read_record()
        record = replace(record, status=record.status_now(in_use=running))
        return cls(directory, record, directory.read_history())

    def named(self, variant: str) -> Self:
        """Return the run under a variant's name; an empty one leaves it as it is."""
        return replace(self, record=replace(self.record, label=variant)) if variant else self


def find_runs(paths: Iterable[Path], left_out: LeftOut | None = None, *, tuning: bool = False) -> list[Run]:
    """Return the runs in and below the paths, each once, in the order of their paths; unreadable ones are left out.

    Of a sweep it is the runs of its plan, in the plan's order, without those that only tuned something: what an earlier
    plan left in the directory is not what was asked for last. A run that is two variants at once is there for each.

    Args:
        left_out: is told of the unreadable ones.
        tuning: those that only tuned something, instead of all others.

    Raises:
        UserError: if a path does not exist, or no run is found.
    """
    asked = list(paths)
    found: dict[tuple[Path, str], Run] = {}
    left_out = left_out or LeftOut()
    plans = _Plans(left_out, tuning=tuning)
    for path in existing(asked):
        there = {run: plans.places(run) for run in _directories(path, left_out)}
        read = {run: left_out.unless_read(partial(Run.read, run)) for run, places in there.items() if places}
        for *_, directory, variant in sorted(
            (natural(run.parent), place, natural(run), run, variant)
            for run, places in there.items()
            for place, variant in places
        ):
            if run := read[directory]:
                found.setdefault((directory.resolve(), variant), run.named(variant))
    if not found and not tuning:
        raise no_run(asked)
    return list(found.values())


def not_begun(sweep: Path, left_out: LeftOut) -> int:
    """Return how many runs of a sweep's plan have no record, but for those that tune something; 0 without a plan."""
    planned = left_out.unless_read(partial(planned_variants, sweep, tuning=False)) or {}
    return len({*planned} - {record.parent.name for record in sweep.glob("*/record.json")})


class _Plans:
    """The plans of sweeps, each read once."""

    def __init__(self, left_out: LeftOut, *, tuning: bool) -> None:
        self._left_out = left_out
        self._tuning = tuning
        self._planned: dict[Path, dict[str, dict[str, int]] | None] = {}

    def places(self, run: Path) -> list[tuple[int, str]]:
        """Return where a run's directory stands in its sweep's plan, and as which variant.

        That is once without a name where there is no plan, or where it is one variant alone; never if the plan has
        other runs only.
        """
        sweep = run.parent
        if sweep not in self._planned:
            read = partial(planned_variants, sweep, tuning=self._tuning)
            self._planned[sweep] = self._left_out.unless_read(read)
        planned = self._planned[sweep]
        if planned is None:
            return [] if self._tuning else [(0, "")]
        variants = planned.get(run.name, {})
        return [(place, name if len(variants) > 1 else "") for name, place in variants.items()]


def _directories(path: Path, left_out: LeftOut) -> Iterator[Path]:
    """Yield the directories in and below a path that hold a record."""
    for directory, below, files in walk(path):
        if "record.json" in [*files, *below]:
            yield directory
        for name in below:
            if (directory / name).is_symlink():
                left_out.add(f"{directory / name}: a link to a folder, which is not followed")
        if below and len(directory.parts) - len(path.parts) >= DEEPEST:
            left_out.add(f"{directory}: what lies more than {DEEPEST} folders deep")
