"""What a sweep was for: its question, its baseline and its command, from its plan."""

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
    """The part of a plan that a report heeds."""

    study: _Study
    search: _Search | None = None
    command: Lines = field(default_factory=list)


_PLAN: TypeAdapter[_Plan] = json_form(_Plan)


@dataclass(frozen=True)
class Asked:
    """What a sweep's plan says of it; everything is None for runs that were put together by hand."""

    question: str | None = None
    baseline: str | None = None
    metric: str | None = None  # the test set's counterpart of what choices are made by; a search's own, of validation
    target: float | None = None  # of the validation metric
    command: str | None = None  # that makes all of it again
    variants: tuple[str, ...] = ()  # the names of a study's variants, without the grid they were crossed with

    @classmethod
    def of(cls, sweep: Path) -> Self:
        """Read what a sweep's directory says.

        Raises:
            FileNotFoundError: if it holds no plan.
            ValueError: if its plan cannot be read, with its name.
        """
        path = sweep / "plan.json"
        try:
            plan = read_json(path, _PLAN, LARGEST_PLAN)
        except ValueError as error:
            raise ValueError(f"{path}: not a sweep's plan ({error})") from error
        study = plan.study
        # A search chooses among all its trials: to report them by the test set would be to choose by it.
        searched = plan.search.metric if plan.search else None
        tested = f"test_{study.metric.removeprefix('best_').removeprefix('val_')}" if study.metric else None
        command = [part for part in plan.command if override_key(part) != "dry_run"]  # `runner resume` trains one, too
        return cls(
            question=study.question,
            baseline=study.baseline,
            metric=searched or tested,
            target=study.target,
            command=shlex.join(["runner", *as_typed(command)]) if command else None,
            variants=tuple(study_names(study.variants, study.drop)),
        )
