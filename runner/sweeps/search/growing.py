"""Growing plan of a study whose tuning points are drawn while it trains."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from runner.core.errors import ConfigError, UserError
from runner.core.terminal import show_warning
from runner.core.text import counted
from runner.records.job import Job
from runner.records.sweep_directory import PLAN
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.candidates import Candidate, candidates
from runner.sweeps.planning.compose import Composer
from runner.sweeps.planning.difference import difference
from runner.sweeps.planning.plan import Plan, sharing
from runner.sweeps.planning.points import Point, point_of, words
from runner.sweeps.planning.study import Study
from runner.sweeps.planning.variant import Variant
from runner.sweeps.search.budget import trials_left
from runner.sweeps.search.samplers import next_point
from runner.sweeps.search.trials import Trial, by_point

_MOST_UNUSABLE = 3  # successive unusable points after which a variant gets no more trials


@dataclass(frozen=True)
class Growth:
    """Planner of a study's remaining trials, and of the final runs of its chosen points."""

    study: Study
    variants: Mapping[str, Variant]  # variants by the name of their runs
    composer: Composer
    console: Console

    @classmethod
    def of(cls, study: Study, variants: Iterable[Variant], composer: Composer, console: Console) -> "Growth | None":
        """Return the growth of a study; None if all its points are planned."""
        if not study.tune or not study.tune.grows:
            return None
        return cls(study, {variant.name: variant for variant in variants if variant.axes}, composer, console)

    def axes_of(self, variant: str) -> Mapping[str, Axis]:
        """Return the axes that apply to a variant."""
        return self.variants[variant].axes

    def trial(self, variant: str, trials: Sequence[Trial], sweep: Path) -> list[Job]:
        """Return the runs of a variant's next trial; none if there are no more points.

        Points whose values are incompatible are skipped with a warning.
        """
        assert self.study.tune
        refused: list[Trial] = []
        for _ in range(_MOST_UNUSABLE):
            known = [*trials, *refused]
            point = next_point(self.study, self.variants[variant], known, sweep)
            if point is None:
                return []
            try:
                return self._at(variant, point).jobs(self.study.tune.seeds, "tuning")
            except ConfigError as error:
                show_warning(self.console, f"left out: {error}")
                refused.append(_refused(len(known), point, trials[0]))
        return []

    def finished(self, plan: Plan, chosen: Mapping[str, Sequence[str]]) -> Plan:
        """Return the plan with the final runs of only the chosen points.

        Args:
            chosen: the point of each variant.
        """
        jobs = [job for job in plan.jobs if job.phase != "candidate" and job.variant not in self.variants]
        for variant, point in chosen.items():
            jobs += [job for job in plan.jobs if job.variant == variant and job.phase in ("tuning", "pruned")]
            jobs += self._at(variant, [*point]).jobs(self.study.seeds, "final")
        return replace(plan, jobs=sharing(jobs), search={})

    def examples(self) -> list[Job]:
        """Return runs with each choice and both ends of each range, which are checked before the first trial.

        Raises:
            ConfigError: if one cannot be composed.
        """
        assert self.study.tune
        arms = [replace(variant, points=list(_corners(variant.axes))) for variant in self.variants.values()]
        seeds = self.study.tune.seeds[:1]
        return [job for one in candidates(arms, self.composer) for job in one.jobs(seeds, "tuning")]

    def continued(self, plan: Plan, sweep: Path) -> Plan:
        """Return the plan with its first trials replaced by those of the plan in a directory.

        Raises:
            UserError: if a change makes new trials incomparable with the earlier ones, or the earlier plan cannot be
                read: a new plan would lose them.
        """
        if not (sweep / PLAN).exists():
            return self._with_outlook(plan)
        before = Plan.read(sweep)
        earlier = {name: trials for name, trials in by_point(before.jobs).items() if name in self.variants}
        if not earlier:
            return self._with_outlook(plan)
        if other := next(self._changes(before, earlier), None):
            raise UserError(
                f"{other}: changed since the tuning in {sweep} started; restore it, or choose another directory: "
                "hydra.sweep.dir=DIR"
            )
        jobs = [job for job in plan.jobs if job.variant not in earlier or not job.point]
        for name, trials in earlier.items():
            jobs += [job for trial in trials for job in trial]
            jobs += self._at(name, trials[0][0].point).jobs(self.study.seeds, "candidate")
        return self._with_outlook(replace(plan, jobs=sharing(jobs)))

    def _with_outlook(self, plan: Plan) -> Plan:
        """Return the plan with the number of runs still to be planned, assuming that no trial ends early."""
        tune = self.study.tune
        assert tune
        left = 0
        for name, trials in by_point(plan.jobs).items():
            seen = [Trial.of(at, jobs, lambda _: None, self.study.metric) for at, jobs in enumerate(trials)]
            spent = seen[0].planned_epochs
            if tune.cost and tune.cost.epochs and spent > tune.cost.epochs:
                raise ConfigError(
                    f"study.tune.budget.epochs={tune.cost.epochs}: too few for one trial of {name}, which takes "
                    f"{spent} ({counted(len(seen[0].jobs), 'seed')})"
                )
            left += trials_left(tune, seen)
        return replace(plan, search={"to_come": left * len(tune.seeds)})

    def _at(self, variant: str, point: Point) -> Candidate:
        (candidate,) = candidates([replace(self.variants[variant], points=[point])], self.composer)
        return candidate

    def _changes(self, before: Plan, earlier: Mapping[str, Sequence[Sequence[Job]]]) -> Iterator[str]:
        """Yield the relevant changes; more trials and different ends of a range are irrelevant."""
        assert self.study.tune
        now, then = _comparable(self.study.model_dump(mode="json")), _comparable(before.study)
        yield from (f"study.{key}" for key in now if now[key] != then.get(key))
        for name, trials in earlier.items():
            again = self._at(name, trials[0][0].point).jobs(self.study.tune.seeds, "tuning")
            for old, new in zip(trials[0], again, strict=False):
                if old.run_id != new.run_id:
                    yield f"{name}: {' '.join(difference(old, new)) or 'its configuration'}"


def _refused(number: int, point: Point, like: Trial) -> Trial:
    """Return a trial without a result at a point that cannot be composed, so that no sampler proposes it again."""
    return replace(like, number=number, jobs=[replace(like.jobs[0], point=point)], ended=[])


def _corners(axes: Mapping[str, Axis]) -> Iterator[Point]:
    """Yield points that together contain each choice and both ends of each range, wherever these apply."""
    values = {key: axis.choices or [axis.at(0.0), axis.at(1 - 2**-53)] for key, axis in axes.items()}
    first = {key: own[0] for key, own in values.items()}
    seen: set[tuple[str, ...]] = set()
    for key, own in values.items():
        for value in own:
            chosen = first | {key: value}
            condition = axes[key].condition
            if condition and condition.key in axes:
                chosen[condition.key] = _met(condition.items, axes[condition.key])
            point = point_of(chosen, axes)
            if tuple(point) not in seen:
                seen.add(tuple(point))
                yield point


def _met(wanted: Sequence[str], axis: Axis) -> Any:
    """Return the first choice of an axis that meets a condition."""
    return next(choice for choice in axis.choices or [] if {*wanted} & {*words(choice)})


def _comparable(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings on which earlier trials depend, by their keys in the study."""
    tune = dict(study.get("tune") or {})
    groups = {"axes": tune.get("axes") or {}} | {
        f"per_variant.{name}": axes for name, axes in (tune.get("per_variant") or {}).items()
    }
    own = {f"tune.{group}.{key}": _kind(axis) for group, axes in groups.items() for key, axis in axes.items()}
    return {key: study.get(key) for key in ("metric", "direction")} | {"tune.seeds": tune.get("seeds")} | own


def _kind(axis: Any) -> Any:
    """Return an axis without the ends of its range."""
    return axis if isinstance(axis, list) else {key: axis[key] for key in axis if key not in ("low", "high")}
