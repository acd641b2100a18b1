"""One run that a sweep is to train."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

# A candidate is a final run of a tuned variant at a point that may be chosen.
Phase = Literal["tuning", "candidate", "final", "trial"]


@dataclass(frozen=True)
class Job:
    """A run's configuration, frozen: what is edited later changes nothing of it."""

    run_id: str
    variant: str
    seed: int
    overrides: list[str]
    choices: dict[str, str]
    config: dict[str, Any]  # resolved
    directory: str  # below the sweep's
    phase: Phase = "final"
    point: list[str] = field(default_factory=list)  # overrides: where it lies in what is tuned or searched
    pruning: dict[str, Any] | None = None  # by what its training may be stopped early; see runner/sweeps/pruning.py
    named: bool = False  # its variant has a name, by which reports call it

    def path(self, sweep: Path) -> Path:
        """Return the run's directory."""
        return sweep / self.directory

    def as_json(self) -> dict[str, Any]:
        """Return the job as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read it back."""
        return cls(**values)
