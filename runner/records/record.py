"""What is kept of a run beside its curves and predictions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from runner.config.identity import is_volatile

Status = Literal["running", "completed", "diverged", "pruned", "interrupted", "failed"]
DONE: tuple[Status, ...] = ("completed", "diverged", "pruned")  # there is nothing left to do for these runs
_HEADLINES = ("negative_log_likelihood", "expected_calibration_error", "top_2_accuracy", "macro_f1")
Row = dict[str, float]  # one epoch: epoch, loss, accuracy, val_loss, ..., learning_rate, seconds


@dataclass(frozen=True)
class RunRecord:
    """One training, as `record.json` holds it. Times are UTC in ISO 8601; seconds are wall-clock."""

    run_id: str
    name: str
    seed: int
    status: Status
    choices: dict[str, Any]
    overrides: list[str]
    dataset: dict[str, Any]
    device: dict[str, Any]
    versions: dict[str, str]
    code: dict[str, Any]
    parameters: int
    started: str
    flops: int | None = None  # of one example's way forward
    finished: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    final: dict[str, float | None] = field(default_factory=dict)
    best: dict[str, float | None] = field(default_factory=dict)
    test: Mapping[str, float | None] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)  # of the test predictions
    suggested_learning_rate: float | None = None  # by a learning-rate range test
    error: str | None = None
    label: str | None = None  # the variant's name, where a study gives it one
    weights: dict[str, str] = field(default_factory=dict)  # hashes of the shapes and of the initial values
    format: int = 1

    @property
    def variant(self) -> str:
        """What its study calls it, or what was asked for beside the defaults, but for the seed."""
        return self.label or ",".join(self.asked) or self.name

    @property
    def asked(self) -> list[str]:
        """The overrides that make a variant: all but the seed and what does not belong to a run's identity."""
        keys = {override: override_key(override) for override in self.overrides}
        return [override for override, key in keys.items() if key != "seed" and not is_volatile(key)]

    def with_history(self, history: Sequence[Row]) -> Self:
        """Return the record with the final and the best epoch of a history (one epoch or more), and its seconds."""
        seconds = self.seconds | {"train": sum(row["seconds"] for row in history)}
        return replace(self, final=_finite(history[-1]), best=_finite(best_epoch(history) or {}), seconds=seconds)

    def summary(self) -> dict[str, Any]:
        """Return the run as one flat row, the same columns in every run, then a column for each override."""
        row: dict[str, Any] = {
            "run_id": self.run_id,
            "name": self.name,
            "variant": self.variant,
            "seed": self.seed,
            "status": self.status,
            "epochs": int(self.final.get("epoch") or 0),
            "val_accuracy": self.final.get("val_accuracy"),
            "val_loss": self.final.get("val_loss"),
            "best_val_accuracy": self.best.get("val_accuracy"),
            "best_epoch": int(epoch) if (epoch := self.best.get("epoch")) else None,
            "test_accuracy": self.test.get("accuracy"),
            "test_loss": self.test.get("loss"),
            **{f"test_{name}": self.scores.get(name) for name in _HEADLINES},
            "train_seconds": self.seconds.get("train"),
            "total_seconds": self.seconds.get("total"),
            "parameters": self.parameters,
            "dataset": self.dataset.get("name"),
            "fingerprint": self.dataset.get("fingerprint"),
            "split": self.dataset.get("split"),
            "weight_shapes": self.weights.get("shapes"),
            "initial_weights": self.weights.get("values"),
        }
        for override in self.overrides:
            row.setdefault(override_key(override), override.partition("=")[2])
        return row


def best_epoch(history: Sequence[Row]) -> Row | None:
    """Return the first epoch with the highest validation accuracy, or else with the lowest validation loss."""
    for metric, sign in (("val_accuracy", 1.0), ("val_loss", -1.0)):
        scored = [row for row in history if math.isfinite(row.get(metric, math.nan))]
        if scored:
            return max(scored, key=lambda row: sign * row[metric])
    return None


def _finite(row: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in row.items()}


def override_key(override: str) -> str:
    """Return the key or group that an override is about."""
    return override.partition("=")[0].lstrip("+~")
