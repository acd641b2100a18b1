"""Job: one run of a sweep."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from runner.config.identity import run_id
from runner.records.record import Lines, Text, Texts, Whole, which_run

# A candidate is a final run of a tuned variant at a point that may be chosen; a spared run need not be trained, because
# an earlier look has decided all comparisons of its variant. A pruned run is a tuning run that need not be trained,
# because an earlier seed has shown that its point will not be chosen. In a source run, one source of variance varies
# alone. Phase `trial` occurs only in searches of earlier versions.
Phase = Literal["tuning", "pruned", "candidate", "final", "trial", "spared", "source"]


_LAST_EPOCH = 10**9
_LONGEST_NAME = 200  # characters; file systems allow at least this many


def _with_epochs(config: dict[str, Any]) -> dict[str, Any]:
    training = config.get("training")
    epochs = training.get("epochs") if isinstance(training, dict) else None
    if type(epochs) is not int or not 1 <= epochs <= _LAST_EPOCH:
        raise ValueError("needs training.epochs, a whole number")
    return config


def _plain_name(directory: str) -> str:
    if directory in ("", ".", "..") or "/" in directory or "\0" in directory or len(directory) > _LONGEST_NAME:
        raise ValueError("must be a name, not a path")
    return directory


@dataclass(frozen=True)
class Job:
    """Frozen configuration of a run; later edits to option files do not affect it."""

    run_id: Text
    variant: Text
    seed: Whole
    overrides: Lines
    choices: Texts
    config: Annotated[dict[str, Any], AfterValidator(_with_epochs)]  # the resolved configuration
    directory: Annotated[str, AfterValidator(_plain_name)]  # its name in the sweep's directory
    phase: Phase = "final"
    point: Lines = field(default_factory=list)  # overrides of its tuning or search point
    pruning: dict[str, Any] | None = None  # settings of the pruner that may stop its training
    working_directory: Text | None = None  # base of the relative paths in its configuration
    named: bool = False  # whether its variant has a name, which reports use

    @property
    def kind(self) -> str:
        """A key shared by jobs that differ only in the seed and, with cross-validation, in their fold."""
        others = {key: value for key, value in self.config.items() if key != "seed"}
        if self.fold is not None:
            dataset = self.config["dataset"].items()
            others["dataset"] = {key: value for key, value in dataset if key not in ("fold", "split_seed")}
        return run_id(others)

    @property
    def fold(self) -> int | None:
        """The number of the fold that is its test part; None without cross-validation."""
        dataset = self.config.get("dataset")
        fold = dataset.get("fold") if isinstance(dataset, dict) else None
        return fold if isinstance(fold, int) else None

    @property
    def which(self) -> str:
        """The run's name among its variant's runs: `seed 0` or `seed 0, fold 2`."""
        return which_run(self.seed, self.fold)

    @property
    def is_rival(self) -> bool:
        """True if its variant competes with the others; variants that measure a source of variance do not."""
        return self.phase != "source"

    def path(self, sweep: Path) -> Path:
        """Return the run's directory."""
        return sweep / self.directory

    def as_json(self) -> dict[str, Any]:
        """Return the job as JSON-compatible values."""
        return asdict(self)
