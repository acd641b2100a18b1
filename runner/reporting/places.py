"""Directories with runs in and below the paths that a report is asked for; nothing of them is read."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from runner.config.errors import UserError
from runner.records.bounded import walk


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
