"""Question, baseline, metric and command of a sweep, read from its plan."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from runner.config.ablation import as_typed
from runner.config.overrides import override_key
from runner.core.read import LARGEST_PLAN, json_form, read_json
from runner.records.baselines import study_names
from runner.records.record import Lines, Number, Text


@dataclass(frozen=True)
class _Study:
    question: Text | None = None
    baseline: Text | None = None
    metric: Text | None = None
    target: Number | None = None
    variants: dict[Text, Any] = field(default_factory=dict)
    drop: Lines = field(default_factory=list)


@dataclass(frozen=True)
class _Search:
    metric: Text | None = None


@dataclass(frozen=True)
class _Plan:
    """The part of a plan that a report uses."""

    study: _Study
    search: _Search | None = None
    command: Lines = field(default_factory=list)


_PLAN: TypeAdapter[_Plan] = json_form(_Plan)


@dataclass(frozen=True)
class Asked:
    """The purpose of a sweep, from its plan; all fields are None for runs that were combined by hand."""

    question: str | None = None
    baseline: str | None = None
    metric: str | None = None  # on test: counterpart of the metric for choices; of a search: its validation metric
    target: float | None = None  # of the validation metric
    command: str | None = None  # reproduces the sweep
    variants: tuple[str, ...] = ()  # names in the study, without cells of a grid

    @classmethod
    def of(cls, sweep: Path) -> Self:
        """Read the plan in a sweep's directory.

        Raises:
            FileNotFoundError: if the directory holds no plan.
            ValueError: if the plan cannot be read; names the file.
        """
        path = sweep / "plan.json"
        try:
            plan = read_json(path, _PLAN, LARGEST_PLAN)
        except ValueError as error:
            raise ValueError(f"{path}: not a sweep's plan ({error})") from error
        study = plan.study
        # A search chooses among all its trials; a report on test results would choose by the test set.
        searched = plan.search.metric if plan.search else None
        tested = f"test_{study.metric.removeprefix('best_').removeprefix('val_')}" if study.metric else None
        # `runner resume` also trains a plan that was made by a dry run.
        command = [part for part in plan.command if override_key(part) != "dry_run"]
        return cls(
            question=study.question,
            baseline=study.baseline,
            metric=searched or tested,
            target=study.target,
            command=shlex.join(["runner", *as_typed(command)]) if command else None,
            variants=tuple(study_names(study.variants, study.drop)),
        )
