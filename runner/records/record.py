"""Record of a run: its configuration, status, timings and metrics."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter

from runner.config.identity import is_volatile
from runner.config.overrides import Override, override_key
from runner.core.text import printable

Status = Literal["running", "completed", "diverged", "pruned", "interrupted", "failed"]
DONE: tuple[Status, ...] = ("completed", "diverged", "pruned")  # these runs need no more work
_HEADLINES = ("negative_log_likelihood", "expected_calibration_error", "top_2_accuracy", "macro_f1")
# Columns of the summary for choosing variants. All but the best epoch's describe the tested network.
VALIDATION_METRICS = ("val_accuracy", "best_val_accuracy", "val_loss", "val_negative_log_likelihood")
FOLD_COLUMNS = (
    "folds",
    "fold",
    "held_out",
)  # keys of `RunRecord.dataset`, and columns of the summary
REPORTED = ("val_", "best_val_", "test_")  # prefixes of the columns of a summary that contain metrics
# Readable names of metrics whose columns are unclear; a loss includes the run's own penalties and smoothing.
QUANTITIES = {"loss": "loss with penalty", "negative_log_likelihood": "cross-entropy", "macro_f1": "macro F1"}
_LONGEST = 10_000  # characters of all overrides together, and of a name
_MOST = 500  # keys in any part of a record, because pydantic keeps an error for each
OF_ONE_RUN = ("seed", "dataset.fold")  # keys that differ between the runs of a variant
FOLLOWING = "dataset.split_seed=${seed}"  # override that gives each seed its own split and folds
_SIZES = ("train", "validation", "test")  # sizes of the data set's parts
LARGEST = 1e100  # larger than any value in a training run, and small enough for statistics and figures


def _about_the_data(facts: dict[str, Any]) -> dict[str, Any]:
    if not all(isinstance(facts.get(name), str) for name in ("name", "fingerprint")):
        raise ValueError("needs a name and a fingerprint")
    if not all(type(facts.get(part, 0)) is int for part in _SIZES):
        raise ValueError(f"{', '.join(_SIZES)} must be numbers of examples")
    given = [facts.get(key) for key in FOLD_COLUMNS]
    if any(value is not None for value in given) and [type(value) for value in given] != [int, int, str]:
        raise ValueError(f"{', '.join(FOLD_COLUMNS)} must be two numbers and the identity of the held-out examples")
    return facts


def _about_code(facts: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(facts.get("commit", ""), str):
        raise ValueError("commit must be text")
    return facts


def _not_endless(overrides: list[str]) -> list[str]:
    if sum(map(len, overrides)) > _LONGEST:
        raise ValueError(f"more than {_LONGEST:,} characters")
    return overrides


def _with_single_headlines(scores: Mapping[str, Any]) -> Mapping[str, Any]:
    if any(isinstance(scores.get(name), dict | list) for name in _HEADLINES):
        raise ValueError(f"{', '.join(_HEADLINES)} must be numbers")
    matrix = scores.get("confusion_matrix", [[0]])
    if not isinstance(matrix, list) or not matrix or any(len(row) != len(matrix) or min(row) < 0 for row in matrix):
        raise ValueError("confusion_matrix must be counts, with a row and a column for each class")
    return scores


def _few(values: Any) -> Any:
    if isinstance(values, dict) and len(values) > _MOST:
        raise ValueError(f"more than {_MOST} keys")
    return values


def _visible_lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


Row = dict[str, float]  # one epoch: epoch, loss, accuracy, val_loss, ..., learning_rate, seconds

# Types that validate a record, which may come from an untrusted source.
Text = Annotated[str, Field(max_length=_LONGEST), AfterValidator(printable)]
Whole = Annotated[int, Field(ge=0, lt=2**63)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
Numbers = Annotated[list[Number], Field(fail_fast=True)]  # otherwise, a million wrong numbers cause a million errors
Few = BeforeValidator(_few)
Lines = Annotated[list[Text], Field(fail_fast=True)]
Texts = Annotated[dict[Text, Text], Few]
Metrics = Annotated[Mapping[Text, Number | None], Few]
_FACTS: TypeAdapter[dict[str, Any]] = TypeAdapter(Annotated[dict[Text, Text | bool | Whole | Number | None], Few])
_SCORES: TypeAdapter[Mapping[str, Any]] = TypeAdapter(
    Annotated[
        dict[
            Text,
            Number | Annotated[dict[Text, Numbers], Few] | Annotated[list[Numbers], Field(fail_fast=True)] | None,
        ],
        Few,
    ]
)
Facts = Annotated[dict[str, Any], AfterValidator(_FACTS.validate_python)]
Scores = Annotated[Mapping[str, Any], AfterValidator(_SCORES.validate_python), AfterValidator(_with_single_headlines)]


@dataclass(frozen=True)
class RunRecord:
    """The record of one run in `record.json`. Times are UTC in ISO 8601; seconds are wall-clock."""

    run_id: Text
    name: Text
    seed: Whole
    status: Status
    choices: Texts
    overrides: Annotated[Lines, AfterValidator(_not_endless)]
    dataset: Annotated[Facts, AfterValidator(_about_the_data)]
    device: Facts
    versions: Texts
    code: Annotated[Facts, AfterValidator(_about_code)]
    parameters: Whole
    started: Text
    flops: Whole | None = None  # operations in the forward pass of one example
    finished: Text | None = None
    seconds: Annotated[dict[Text, Number], Few] = field(default_factory=dict)
    final: Metrics = field(default_factory=dict)
    best: Metrics = field(default_factory=dict)
    validation: Metrics = field(default_factory=dict)  # metrics of the tested network, whose epoch may not be the last
    test: Metrics = field(default_factory=dict)
    scores: Scores = field(default_factory=dict)  # scores of the test predictions
    suggested_learning_rate: Number | None = None  # result of a learning-rate range test
    error: Annotated[str, AfterValidator(_visible_lines)] | None = None
    label: Text | None = None  # the variant's name in a study
    weights: Texts = field(default_factory=dict)  # hashes of the shapes and of the initial values
    classes: Lines = field(default_factory=list)  # class names, in the order of the scores; empty if unnamed
    objects: Texts = field(default_factory=dict)  # classes of Python objects that no configuration describes, by kind
    working_directory: Text | None = None  # base of the relative paths in the configuration; None without such paths
    # Seeds and learning rates, by key, of the runs trained as one stack (device.stacked_seeds), including its own.
    stack: Annotated[list[Facts], Field(max_length=_MOST)] = field(default_factory=list)
    format: int = 1

    @property
    def which(self) -> str:
        """The run's name among its variant's runs: `seed 0` or `seed 0, fold 2`."""
        return which_run(self.seed, self.dataset.get("fold"))

    @property
    def variant(self) -> str:
        """The variant's name: its label in a study, else the overrides without the seed."""
        return self.label or ",".join(self.asked) or self.name

    @property
    def asked(self) -> list[str]:
        """The overrides that define the variant: all except seed, folds, and those that do not change the run id."""
        asked = variant_overrides(self.overrides)
        folds = [override for override in asked if override_key(override) == "dataset.folds"]
        return [override for override in asked if not folds or override not in (*folds, FOLLOWING)]

    @property
    def error_line(self) -> str | None:
        """The last line of the error; None if there is no error or it is blank."""
        lines = (self.error or "").strip().splitlines()
        return lines[-1] if lines else None

    def status_now(self, *, in_use: bool) -> Status:
        """Return the status; a killed run could not record that it was interrupted.

        Args:
            in_use: whether a process holds the run's lock. Check this before reading the record, because a run records
                its end before it releases the lock.
        """
        return "interrupted" if self.status == "running" and not in_use else self.status

    def with_history(self, history: Sequence[Row]) -> Self:
        """Return the record with the final epoch, best epoch and seconds of a history (at least one epoch)."""
        seconds = self.seconds | {"train": sum(row.get("seconds", 0.0) for row in history)}
        return replace(self, final=finite(history[-1]), best=finite(best_epoch(history) or {}), seconds=seconds)

    def summary(self) -> dict[str, Any]:
        """Return the run as one flat row: the same columns for every run, then a column for each override."""
        row: dict[str, Any] = {
            "run_id": self.run_id,
            "name": self.name,
            "variant": self.variant,
            "seed": self.seed,
            "status": self.status,
            "epochs": int(self.final.get("epoch") or 0),
            "val_accuracy": self._on_validation("accuracy"),
            "val_loss": self._on_validation("loss"),
            "best_val_accuracy": self.best.get("val_accuracy"),
            "best_epoch": int(epoch) if (epoch := self.best.get("epoch")) else None,
            "val_negative_log_likelihood": self._on_validation("negative_log_likelihood"),
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
            **{key: self.dataset[key] for key in FOLD_COLUMNS if key in self.dataset},
        }
        for name, value in self._other_metrics():
            row.setdefault(name, value)
        for override in map(Override.parse, self.overrides):
            row.setdefault(override.key, override.value)
        return row

    def _other_metrics(self) -> Iterator[tuple[str, float | None]]:
        """Yield the columns of the tested network's other metrics, such as recall."""
        for part, measured in (("test", self.scores), ("test", self.test), ("val", self.validation)):
            for name, value in measured.items():
                if not isinstance(value, dict | list):
                    yield f"{part}_{name}", value

    def _on_validation(self, metric: str) -> float | None:
        """Return the tested network's metric, or the last epoch's if no network was tested or the record lacks it."""
        return self.validation.get(metric, self.final.get(f"val_{metric}"))


def which_run(seed: int, fold: int | None) -> str:
    """Return a run's name among its variant's runs: `seed 0` or, with cross-validation, `seed 0, fold 2`."""
    return f"seed {seed}" if fold is None else f"seed {seed}, fold {fold}"


def variant_overrides(overrides: Iterable[str]) -> list[str]:
    """Return the overrides that define a variant, excluding seed, fold, and those that do not change the run id."""
    keys = {override: override_key(override) for override in overrides}
    return [override for override, key in keys.items() if key not in OF_ONE_RUN and not is_volatile(key)]


def best_epoch(history: Sequence[Row]) -> Row | None:
    """Return the first epoch with the highest validation accuracy, or else with the lowest validation loss."""
    for metric, sign in (("val_accuracy", 1.0), ("val_loss", -1.0)):
        scored = [row for row in history if math.isfinite(row.get(metric, math.nan))]
        if scored:
            return max(scored, key=lambda row: sign * row[metric])
    return None


def finite(row: Mapping[str, float]) -> dict[str, float | None]:
    """Return a row for a record, with None for values that are not finite."""
    return {name: value if math.isfinite(value) else None for name, value in row.items()}


def now() -> str:
    """Return the current time in the format of records."""
    return datetime.now(UTC).isoformat(timespec="seconds")
