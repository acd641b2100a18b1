"""Files and directories that `runner clean` may remove. Finding them changes nothing."""

import os
import re
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from runner.core.errors import UserError
from runner.core.lock import is_locked
from runner.core.omissions import LeftOut
from runner.core.paths import refuse_no_directory
from runner.core.read import walk
from runner.core.write import leftovers
from runner.records.record import DONE, RunRecord
from runner.records.run_directory import RUN_FILES, RunDirectory
from runner.records.sweep_directory import PLAN, is_sweep_directory
from runner.reporting.collection.collect import natural
from runner.sweeps.cleaning.needed import best_models, starting_points

Kind = Literal["temporary", "checkpoint", "empty", "failed", "model"]
_OUTPUTS = "outputs"  # directory of runs that may start from a model elsewhere

# Names that the program gives to run directories: for runs in a sweep, single runs (by time) and reproduced runs.
_RUN_NAME = re.compile(r"(.+_)?seed\d+_[0-9a-f]{12}|([0-9a-f]{12}-)?\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-\d+", re.DOTALL)
_FIGURES = {
    f"{name}.png"
    for name in (
        "accuracy", "loss", "negative_log_likelihood", "learning_rate", "gradients", "learning_rate_range",
        "confusion_matrix", "augmentation",
    )
}  # fmt: skip
_WRITTEN = RUN_FILES | _FIGURES | {"tensorboard"}
_JUST_MADE = 60.0  # seconds; a run in an empty directory may be about to begin


@dataclass(frozen=True)
class Wish:
    """Choice of files to remove in addition to leftovers.

    Args:
        failed: the directories of failed runs.
        models: the models of runs.
        keep_best: keep the best run's model of each variant.
        older_than: minimum number of seconds since a run ended or a leftover was changed; None: no minimum.
    """

    failed: bool = False
    models: bool = False
    keep_best: bool = False
    older_than: float | None = None


@dataclass(frozen=True)
class Item:
    """A file or directory that may be removed."""

    kind: Kind
    path: Path
    size: int  # bytes
    run: Path | None = None  # directory of the run to which it belongs
    version: int | None = None  # version of the run's record


@dataclass
class Found:
    """Items to remove, items that were not requested, and paths to keep, each with the reason."""

    items: list[Item] = field(default_factory=list)
    unasked: list[Item] = field(default_factory=list)
    kept: dict[Path, str] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=LeftOut)


def find(directory: Path, wish: Wish) -> Found:
    """Find the items that a selection would remove in and below a directory, without following links.

    Raises:
        UserError: if there is no such directory, or it is a link.
    """
    refuse_no_directory(directory)
    if directory.is_symlink():
        raise UserError(f"{directory}: a link, which is not followed; give the directory itself: {directory.resolve()}")
    search = _Search(directory, wish)
    for folder, below, _ in walk(directory):
        try:
            search.look_into(folder, below)
        except FileNotFoundError:  # removed in the meantime
            continue
        except OSError as error:
            search.found.kept[folder] = error.strerror or str(error)
    return search.result()


def record_version(run: Path) -> int | None:
    """Return a number that changes when a run writes its record; None without a record."""
    try:
        return (run / "record.json").lstat().st_mtime_ns
    except FileNotFoundError:
        return None


def _surroundings(directory: Path) -> list[Path]:
    """Return the existing directories whose runs may start from a run in a directory: `outputs`, and its sweep."""
    home = directory.resolve()
    above = [path for path in home.parents if path.name == _OUTPUTS or (path == home.parent and (path / PLAN).exists())]
    return [*above, *([Path(_OUTPUTS)] if Path(_OUTPUTS).is_dir() else [])]


class _Search:
    """A walk through a directory."""

    def __init__(self, directory: Path, wish: Wish) -> None:
        self._wish = wish
        self._now = time.time()
        self.found = Found()
        self._models: list[tuple[Item, RunRecord, bool]] = []  # each with its record, and whether it ended long ago
        self._sources: dict[Path, Path] = {}
        if wish.failed or wish.models:
            self._sources = starting_points([directory, *_surroundings(directory)], self.found.left_out)

    def look_into(self, folder: Path, below: list[str]) -> None:
        """Record the items in a folder; remove from `below` the folders that need no search."""
        if (folder / "record.json").exists():
            if self._is_leaving(folder):
                below.clear()
                return
        elif _RUN_NAME.fullmatch(folder.name) and _is_bare(folder) and not is_locked(folder):
            changed = folder.lstat().st_mtime
            if self._is_old(changed) and changed < self._now - _JUST_MADE:
                self.found.items.append(Item("empty", folder, _size(folder), folder))
        for path in leftovers(folder):
            if self._is_old(path.lstat().st_mtime):
                self.found.items.append(Item("temporary", path, _size(path)))
            if path.name in below:
                below.remove(path.name)

    def result(self) -> Found:
        """Return the result, by kind and in natural order; the best models are known only after the search."""
        self._models.sort(key=lambda model: natural(model[0].path))
        runs = [(item.path.parent, record) for item, record, _ in self._models]
        best = best_models(runs, self.found.left_out) if self._wish.keep_best else {}
        for item, _, ended_early in self._models:
            if not ended_early:
                continue
            if reason := best.get(item.path.parent):
                self.found.kept[item.path] = reason
            else:
                self._take(item, asked=self._wish.models)
        for items in (self.found.items, self.found.unasked):
            items.sort(key=lambda item: natural(item.path))
        return self.found

    def _is_leaving(self, folder: Path) -> bool:
        """Record the removable items of a run; return whether its whole directory is removed."""
        directory, version = RunDirectory(folder), record_version(folder)
        if is_locked(folder):
            self.found.kept[folder] = "in use by a process"
            return False
        try:
            record = directory.read_record()
        except UserError as error:
            self.found.left_out.add(str(error))
            return False
        status, is_old = record.status, self._is_old(_ended(record, folder))
        if status == "failed" and is_old:
            item = Item("failed", folder, _size(folder), folder, version)
            if not self._wish.failed:
                self.found.unasked.append(item)
            elif not (reason := self._obstacle(folder)):
                self.found.items.append(item)
                return True
            else:
                self.found.kept[folder] = reason
        checkpoint = directory.checkpoint_path.parent
        if status in DONE and is_old and _is_directory(checkpoint):
            self.found.items.append(Item("checkpoint", checkpoint, _size(checkpoint), folder, version))
        if _is_file(directory.model_path):
            item = Item("model", directory.model_path, _size(directory.model_path), folder, version)
            self._models.append((item, record, is_old))
        return False

    def _take(self, item: Item, *, asked: bool) -> None:
        if not asked:
            self.found.unasked += [item, *_preprocessing_of(item)]
        elif reason := self._start_of_another(item.path.parent):
            self.found.kept[item.path] = reason
        else:
            self.found.items += [item, *_preprocessing_of(item)]

    def _start_of_another(self, run: Path) -> str | None:
        other = self._sources.get(Path(os.path.realpath(run)))
        return f"{other} starts from it (model.init_from)" if other else None

    def _obstacle(self, folder: Path) -> str | None:
        """Return the reason to keep a failed run's directory."""
        if Path.cwd().is_relative_to(os.path.realpath(folder)):
            return "contains the current directory"
        if is_sweep_directory(folder) or any(
            {"record.json", PLAN} & {*files} for inner, _, files in walk(folder) if inner != folder
        ):
            return "contains other runs"
        strange = [] if _RUN_NAME.fullmatch(folder.name) else sorted({*os.listdir(folder)} - _WRITTEN)  # noqa: PTH208
        if strange:
            return f"contains files that no run writes: {', '.join(strange[:3])}{', ...' if strange[3:] else ''}"
        return self._start_of_another(folder)

    def _is_old(self, seconds: float) -> bool:
        """Return whether a time, in seconds since 1970, is long enough ago for the selection."""
        return self._wish.older_than is None or seconds < self._now - self._wish.older_than


def _is_bare(folder: Path) -> bool:
    """Return whether a run's directory contains only an empty log and a lock."""
    try:
        entries = {entry.name: entry.stat(follow_symlinks=False).st_size for entry in os.scandir(folder)}
    except OSError:
        return False
    return entries.keys() <= {".lock", "run.log"} and not entries.get("run.log")


def _ended(record: RunRecord, run: Path) -> float:
    """Return when a run ended, in seconds since 1970; for a killed run, when its directory last changed."""
    try:
        return datetime.fromisoformat(record.finished or "").timestamp()
    except (ValueError, OverflowError):
        return run.lstat().st_mtime


def _size(path: Path) -> int:
    """Return the size in bytes of a file, or of all files in a directory, excluding files with other hard links."""
    inside = (folder / name for folder, _, files in walk(path) for name in files) if _is_directory(path) else [path]
    return sum(_bytes(file) for file in inside)


def _bytes(file: Path) -> int:
    try:
        status = file.lstat()
    except FileNotFoundError:  # removed in the meantime
        return 0
    return status.st_size if status.st_nlink == 1 else 0


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def total(items: Iterable[Item]) -> int:
    """Return the total size of items in bytes."""
    return sum(item.size for item in items)


def _preprocessing_of(model: Item) -> list[Item]:
    """Return the file that is useful only with a model."""
    path = model.path.with_name("inference.npz")
    return [replace(model, path=path, size=_size(path))] if _is_file(path) else []
