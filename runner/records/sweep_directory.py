"""Sweep directory: the only reader of its plan, and the columns of its tuning table."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import TypeAdapter

from runner.config.ablation import as_typed
from runner.config.overrides import override_key
from runner.core.csv_cells import as_meant
from runner.core.read import LARGEST_PLAN, json_form, read_json, read_rows
from runner.core.text import printable
from runner.records.baselines import study_names
from runner.records.design import LEARNING, Correction, Looks
from runner.records.record import Lines, Number, Text, Whole
from runner.records.tuned_axes import TunedAxes

PLAN = "plan.json"
PLAN_TABLE = "plan.csv"
TUNING_TABLE = "tuning.csv"
FIRST_TUNING_COLUMNS = ("variant", "point", "seeds", "scored", "chosen", "on_edge", "budget")  # columns of all versions
TUNING_COLUMNS = (
    *FIRST_TUNING_COLUMNS,
    "trial",
    "state",
    "epochs",
    "planned_epochs",
    "run_ids",
)  # all but the metric

RunKind = Literal["result", "tuning", "source"]  # source: a source of variance varies alone
_KINDS: dict[str, RunKind] = {
    "tuning": "tuning",
    "source": "source",
}  # kind of run by phase; the runs of all other phases are results

Form = TypeVar("Form")


def is_sweep_directory(path: Path) -> bool:
    """Return whether a directory contains a sweep's plan."""
    return any((path / name).exists() for name in (PLAN, PLAN_TABLE))


def read_plan(sweep: Path, form: TypeAdapter[Form]) -> Form:
    """Read the part of a sweep's plan that the form describes.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if the file is not a plan, naming the file.
    """
    try:
        return read_json(sweep / PLAN, form, LARGEST_PLAN)
    except ValueError as error:
        raise ValueError(f"{sweep / PLAN}: not a valid sweep plan ({error})") from error


def planned_variants(sweep: Path, kind: RunKind = "result") -> dict[str, dict[str, int]]:
    """Return the variants of each planned run directory, with the position of their first row in the plan's table.

    Args:
        kind: which kind of runs to return.

    Raises:
        FileNotFoundError: if there is no plan.
        ValueError: if the file is not a plan, naming the file.
    """
    path = sweep / PLAN_TABLE
    planned: dict[str, dict[str, int]] = {}
    try:
        if not (rows := read_rows(path)):
            raise ValueError("no rows")
        for place, row in enumerate(rows):
            if kind == _KINDS.get(row["phase"], "result"):
                directory, variant = as_meant(row["directory"]), printable(as_meant(row.get("variant", "")))
                planned.setdefault(directory, {}).setdefault(variant, place)
    except KeyError as error:
        raise ValueError(f"{path}: not a valid sweep plan (no column {error})") from error
    except ValueError as error:
        raise ValueError(f"{path}: not a valid sweep plan ({error})") from error
    return planned


def tuning_directories(sweep: Path, variant: str, seed: int) -> list[str]:
    """Return the names of the run directories of a variant's trials on one tuning seed, in the order of the trials.

    Raises:
        FileNotFoundError: if there is no plan.
    """
    return [
        as_meant(row["directory"])
        for row in read_rows(sweep / PLAN_TABLE)
        if row["phase"] == "tuning" and as_meant(row["variant"]) == variant and row["seed"] == str(seed)
    ]


def tested_metric(metric: str) -> str:
    """Return the test column for a validation column."""
    return f"test_{metric.removeprefix('best_').removeprefix('val_')}"


def tuning_row(metric: str, score: float | None, **others: str | int | bool) -> dict[str, Any]:
    """Return a row of the tuning table: one point of one variant, with the columns in order.

    Args:
        metric: name of the column by which the choice was made.
        score: mean over the tuning seeds; None if a run has no result.
        others: values of `TUNING_COLUMNS`.
    """
    named, rest = TUNING_COLUMNS[:2], TUNING_COLUMNS[2:]
    return {name: others[name] for name in named} | {metric: score} | {name: others[name] for name in rest}


@dataclass(frozen=True)
class _Tune(TunedAxes):
    budget: Whole | dict[str, Any] | None = None
    sampler: Text | None = None
    pruner: Text = "none"

    @property
    def cost(self) -> str | None:
        given = self.budget if isinstance(self.budget, dict) else {}
        return next((unit for unit, value in given.items() if value is not None), None)


@dataclass(frozen=True)
class _Study:
    question: Text | None = None
    baseline: Text | None = None
    metric: Text | None = None
    direction: Text | None = None
    target: Number | None = None
    margin: Number | None = None
    correction: Correction = "max_t"
    looks: Looks | None = None
    variants: dict[Text, Any] = field(default_factory=dict)
    names: dict[Text, Text] = field(default_factory=dict)
    drop: Lines = field(default_factory=list)
    tune: _Tune | None = None
    vary: Lines = field(default_factory=list)


@dataclass(frozen=True)
class _Search:
    metric: Text | None = None


@dataclass(frozen=True)
class _Asked:
    study: _Study
    search: _Search | None = None
    command: Lines = field(default_factory=list)
    earlier_seeds: list[Whole] = field(default_factory=list)
    spared: Whole = 0


@dataclass(frozen=True)
class Question:
    """The question of a sweep, from its plan; all fields are None for runs that were combined by hand."""

    question: str | None = None
    baseline: str | None = None
    metric: str | None = None  # the test counterpart of the metric for choices; for a search, its validation metric
    direction: str | None = None  # max or min; None if the study does not state it
    target: float | None = None  # target value of the validation metric
    margin: float | None = None  # margin of equivalence, in the metric's unit
    command: str | None = None  # command that reproduces the sweep
    correction: Correction = "max_t"  # correction of the p values
    looks: Looks | None = None
    spared: int = 0  # number of planned runs that the looks saved
    earlier_seeds: tuple[int, ...] = ()  # numbers of seeds in the smaller plans of this sweep that were trained before
    variants: tuple[str, ...] = ()  # names of the study's variants, without cells of a grid
    names: Mapping[str, str] = field(default_factory=dict)  # display names of variants, if the study gives them
    budget: int | None = None  # number of tuning points for each variant
    cost: str | None = None  # epochs or seconds, if the tuning budget is measured in these instead of points
    sampler: str | None = None  # sampler of the points
    pruner: str = "none"  # pruner of their runs
    tuned_axes: TunedAxes = field(default_factory=TunedAxes)
    sources: tuple[str, ...] = ()  # sources of variance that the study measures

    @property
    def has_independent_points(self) -> bool:
        """True if the tuning points, and the epochs trained at each, do not depend on the results of others."""
        return self.sampler not in LEARNING and self.pruner == "none"

    @property
    def is_grid(self) -> bool:
        """True if the tuning tried every combination of listed values, in an order without meaning."""
        axes = self.tuned_axes
        found = [axis for own in (axes.axes, *axes.per_variant.values()) for axis in own.values()]
        chosen = bool(found) and all(axis.choices is not None for axis in found)
        return self.sampler == "grid" or (self.sampler is None and chosen)

    @classmethod
    def of(cls, sweep: Path) -> Self:
        """Read the question from a sweep's plan.

        Raises:
            FileNotFoundError: if there is no plan.
            ValueError: if the file is not a plan, naming the file.
        """
        plan = read_plan(sweep, json_form(_Asked))
        study = plan.study
        # A search chooses among all its trials; a report on test results would choose by the test set.
        searched = plan.search.metric if plan.search else None
        tested = tested_metric(study.metric) if study.metric else None
        # `runner resume` also trains a plan that was made by a dry run.
        command = [part for part in plan.command if override_key(part) != "dry_run"]
        return cls(
            question=study.question,
            baseline=study.baseline,
            metric=searched or tested,
            direction=study.direction,
            target=study.target,
            margin=study.margin,
            correction=study.correction,
            looks=study.looks,
            spared=plan.spared,
            earlier_seeds=tuple(plan.earlier_seeds),
            command=shlex.join(["runner", *as_typed(command)]) if command else None,
            variants=tuple(study_names(study.variants, study.drop)),
            names=study.names,
            budget=study.tune.budget if study.tune and isinstance(study.tune.budget, int) else None,
            cost=study.tune.cost if study.tune else None,
            sampler=study.tune.sampler if study.tune else None,
            pruner=study.tune.pruner if study.tune else "none",
            tuned_axes=study.tune or TunedAxes(),
            sources=tuple(study.vary),
        )


def tuned_metric(columns: Iterable[object]) -> str:
    """Return the metric by which the choice was made, from the columns of tuning.csv."""
    (metric,) = (str(column) for column in columns if column not in TUNING_COLUMNS)
    return metric
