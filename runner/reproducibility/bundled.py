"""Subject of a bundle: the run or the sweep in a directory, with the files that belong to it."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from runner.config.identity import leaves
from runner.config.trust import OWN, package_of
from runner.core.errors import UserError
from runner.core.lock import is_locked
from runner.core.paths import given_paths, refuse_no_directory
from runner.core.text import printable
from runner.records.record import RunRecord
from runner.records.run_directory import RUN_FILES, RunDirectory
from runner.records.sweep_directory import PLAN, PLAN_TABLE, TUNING_TABLE, Question
from runner.reporting.formats import FIGURE_FORMATS
from runner.sweeps.planning.plan import Plan
from runner.sweeps.progress.state import LEFT, Standing, standings

MODEL, INFERENCE, PREDICTIONS, PAGE = "model.keras", "inference.npz", "predictions.npz", "index.html"
# The files are chosen by name, and figures by suffix, because the user may have put other files there.
_NAMES = (RUN_FILES - {".hydra", ".lock", "checkpoint"}) | {
    PLAN, PLAN_TABLE, TUNING_TABLE, "multirun.yaml", "trials.csv", "importances.csv", "optuna.journal", PAGE,
    "aggregate.csv", "comparisons.csv", "selection.csv", "tuning_curve.csv", "variance_sources.csv", "ranks.csv",
    "tasks.csv", "performance_profile.csv", "time_profile.csv", "effects.csv", "table.csv", "table.md", "table.tex",
    "ensemble.csv", "ensemble_size.csv", "captions.md", "captions.tex",
    "table_by_dataset.md", "table_by_dataset.tex",
}  # fmt: skip
_FIGURES = tuple(f".{suffix}" for suffix in FIGURE_FORMATS)
_HYDRA = ("config.yaml", "hydra.yaml", "overrides.yaml")
_LIBRARIES = ("keras", "tensorflow", OWN)


@dataclass(frozen=True)
class Bundled:
    """The run or the sweep in a directory; a sweep consists of the runs of its current plan."""

    path: Path
    kind: Literal["run", "sweep"]
    standings: list[Standing]  # states of all runs, including those that have not started
    configs: list[Mapping[str, Any]]  # the resolved configurations
    to_come: int = 0  # number of runs that a search has not planned yet
    question: str | None = None
    command: str | None = None  # command that trained it

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a directory.

        Raises:
            UserError: if there is no run and no sweep, a run is in use, or a record or plan cannot be read.
        """
        refuse_no_directory(path)
        if RunDirectory(path).record_path.exists():
            found = cls._of_run(path)
        elif (path / PLAN).exists():
            found = cls._of_sweep(path)
        else:
            raise UserError(
                f"{path}: contains no run (record.json) and no sweep ({PLAN}); give the directory of one run, grid, "
                "study or search"
            )
        found._refuse_links()
        if not found.records:
            raise UserError(f"{path}: nothing to bundle yet: no run has started")
        return found

    @classmethod
    def _of_run(cls, path: Path) -> Self:
        refuse_in_use([path])
        run = RunDirectory(path)
        command = shlex.join(["runner", *run.read_record().overrides])
        return cls(path, "run", [Standing.of(path)], [run.read_config()], command=command)

    @classmethod
    def _of_sweep(cls, path: Path) -> Self:
        plan = Plan.read(path)
        refuse_in_use([path, *(job.path(path) for job in plan.jobs)])
        found = [standing for _, standing in standings(plan, path)]
        if unreadable := next((one.unreadable for one in found if one.unreadable), None):
            raise UserError(unreadable)
        asked = Question.of(path)
        return cls(path, "sweep", found, [job.config for job in plan.jobs], plan.to_come, asked.question, asked.command)

    @property
    def records(self) -> list[RunRecord]:
        """The records of all runs that have started."""
        return [one.record for one in self.standings if one.record]

    @property
    def runs(self) -> list[Path]:
        """The directories of all runs that have started, in the plan's order."""
        return list(dict.fromkeys(one.directory.path for one in self.standings if one.record))

    @property
    def states(self) -> Counter[str]:
        """Number of runs by state."""
        return Counter(one.state for one in self.standings)

    @property
    def is_whole(self) -> bool:
        """True if no run is left to train."""
        return not self.to_come and not any(self.states[state] for state in LEFT)

    @property
    def has_report(self) -> bool:
        """True if its directory contains a report: a sweep's page, or a run's figures."""
        own = files_in(self.path)
        return any(path.name == PAGE if self.kind == "sweep" else _is_figure(path) for path in own)

    @property
    def given_paths(self) -> list[str]:
        """The paths in its configurations, as KEY=PATH; these files are outside the bundle."""
        found = {printable(f"{key}={path}") for config in self.configs for key, path in given_paths(config).items()}
        return sorted(found)

    @property
    def packages(self) -> list[str]:
        """The user's packages with classes in its configurations."""
        every = (leaf for config in self.configs for leaf in leaves(config))
        targets = (value for key, value in every if key.endswith("_target_") and isinstance(value, str))
        return sorted({printable(package_of(target)) for target in targets} - {*_LIBRARIES})

    def files(self) -> dict[str, Path]:
        """Return its files by their names below its directory, in alphabetical order."""
        return dict(sorted((path.relative_to(self.path).as_posix(), path) for path in self._files()))

    def left_out(self) -> Counter[str]:
        """Return the names of the entries that are not among its files, with the number of each."""
        kept = {*self._files(), *self.runs}
        entries = (entry for folder in self._folders() for entry in folder.iterdir())
        return Counter(entry.name for entry in entries if entry not in kept and entry.name not in (".hydra", ".lock"))

    def _refuse_links(self) -> None:
        for folder in [*self.runs, *(folder / ".hydra" for folder in self._folders())]:
            if folder.is_symlink() and folder != self.path:
                raise UserError(f"{folder}: a link, which is not followed")

    def _folders(self) -> list[Path]:
        return list(dict.fromkeys([self.path, *self.runs]))

    def _files(self) -> Iterator[Path]:
        for folder in self._folders():
            yield from files_in(folder)


def files_in(folder: Path) -> list[Path]:
    """Return the files that a run, a sweep or its report wrote into a directory, excluding those of a sweep's runs."""
    own = [path for path in folder.iterdir() if path.name in _NAMES or _is_figure(path)]
    return own + [path for path in (folder / ".hydra" / name for name in _HYDRA) if path.exists()]


def refuse_in_use(directories: Sequence[Path]) -> None:
    """Raise UserError if a process uses one of the runs or sweeps."""
    for directory in directories:
        if is_locked(directory):
            raise UserError(f"{directory}: in use by another process; bundle it when that has ended")


def _is_figure(path: Path) -> bool:
    is_one = path.suffix in _FIGURES or path.name.endswith("_data.csv")  # or the data of a figure
    return is_one and not path.name.startswith(".")
