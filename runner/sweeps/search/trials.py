"""Trials: the tuning runs of a variant at one point, and their result."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal, Self

from runner.config.overrides import Override, literal
from runner.core.errors import UserError
from runner.records.job import Job
from runner.sweeps.outcome import Outcome, not_measured
from runner.sweeps.planning.axis import Axis

State = Literal["running", "completed", "pruned", "diverged", "failed"]


@dataclass(frozen=True)
class Trial:
    """One point of a variant: its runs, with the outcomes of those that have ended."""

    number: int  # position among the variant's trials, from 0
    jobs: Sequence[Job]  # one job per tuning seed
    ended: Sequence[tuple[Job, Outcome]]
    metric: str

    @classmethod
    def of(cls, number: int, jobs: Sequence[Job], outcome: Callable[[Job], Outcome | None], metric: str) -> Self:
        """Return a trial with the outcomes of its runs; None stands for a run that has not ended."""
        return cls(number, jobs, [(job, found) for job in jobs if (found := outcome(job))], metric)

    @property
    def variant(self) -> str:
        """The name of its variant."""
        return self.jobs[0].variant

    @property
    def point(self) -> tuple[str, ...]:
        """The overrides of its point."""
        return tuple(self.jobs[0].point)

    @property
    def state(self) -> State:
        """`pruned` if a pruner stopped its first run or skipped its last runs; `failed` or `diverged` if any run did.

        A single run that was interrupted because its worker was stopped counts as failed, because it has no score.
        """
        statuses = {outcome.status for _, outcome in self.ended}
        if "pruned" in statuses or any(job.phase == "pruned" for job in self.jobs):
            return "pruned"
        if len(self.ended) < len(self.jobs):
            return "running"
        if statuses - {"completed", "diverged"}:
            return "failed"
        return "diverged" if "diverged" in statuses else "completed"

    @property
    def scores(self) -> list[float]:
        """The scores of its completed runs, in the order of the tuning seeds.

        Raises:
            UserError: if a completed run has no such metric.
        """
        found = [outcome.validation.get(self.metric) for _, outcome in self.ended if outcome.status == "completed"]
        if None in found:
            raise UserError(not_measured(self.metric))
        return [score for score in found if score is not None]

    @property
    def known(self) -> float:
        """The mean score of its completed runs; NaN if there are none."""
        return fmean(self.scores) if self.scores else math.nan

    @property
    def score(self) -> float:
        """The mean over all tuning seeds; NaN if a run has no score, for example because it diverged."""
        return self.known if len(self.scores) == len(self.jobs) else math.nan

    def goodness(self, sign: int) -> float | None:
        """Return the score of a completed trial, higher for a better one; None for any other.

        Args:
            sign: 1 if a higher score is better, -1 if a lower one is.
        """
        return sign * self.score if self.state == "completed" else None

    @property
    def epochs(self) -> int:
        """The number of epochs for which its runs were trained."""
        return sum(outcome.epochs for _, outcome in self.ended)

    @property
    def planned_epochs(self) -> int:
        """The number of epochs that its runs would take without a pruner."""
        return sum(job.config["training"]["epochs"] for job in self.jobs)

    @property
    def seconds(self) -> float:
        """The seconds that its finished runs took."""
        return sum(outcome.seconds for _, outcome in self.ended)


def by_point(jobs: Iterable[Job]) -> dict[str, list[list[Job]]]:
    """Return the tuning runs of a plan as a list of trials for each variant, in the order of the plan."""
    found: dict[str, dict[tuple[str, ...], list[Job]]] = {}
    for job in jobs:  # a run that two variants share counts for both
        if job.phase in ("tuning", "pruned"):
            found.setdefault(job.variant, {}).setdefault(tuple(job.point), []).append(job)
    return {variant: list(points.values()) for variant, points in found.items()}


def values_at(point: Iterable[str], axes: Mapping[str, Axis]) -> dict[str, Any]:
    """Return the values of a point by the key of their axis, without values that no axis has."""
    given = {override.prefix + override.key: override.value for override in map(Override.parse, point)}
    return {key: value for key, text in given.items() if key in axes for value in _values(text, axes[key])}


def _values(text: str, axis: Axis) -> list[Any]:
    """Return the value that a string stands for; none if it is not a choice of the axis."""
    if axis.choices is not None:
        return [choice for choice in axis.choices if literal(choice) == text][:1]
    return [int(text) if axis.is_whole else float(text)]
