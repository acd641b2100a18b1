"""Tuner of a study: chooses the next run, and the runs to skip."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.records.job import Job
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.plan import Plan, sharing
from runner.sweeps.planning.study import Study, Tune
from runner.sweeps.pool_training import finished
from runner.sweeps.search.budget import trials_left
from runner.sweeps.search.growing import Growth
from runner.sweeps.search.pruners import Rule, is_hopeless
from runner.sweeps.search.trials import Trial, by_point

if TYPE_CHECKING:
    from runner.sweeps.search.journal import Journal


class Tuner:
    """Source of a study's tuning runs, for a pool that requests more when a worker is free.

    The next run belongs to the variant with the fewest trials under way. With as many variants as workers, each variant
    therefore has one trial at a time, and its trials do not depend on the speed of the workers.
    """

    def __init__(self, plan: Plan, study: Study, directory: Path, workers: int, growth: Growth | None) -> None:
        """Start from the trials of a plan.

        Args:
            growth: plans more trials; None: the plan already contains all trials.
        """
        assert study.tune
        self._tune: Tune = study.tune
        self._study = study
        self._plan = plan
        self._directory = directory
        self._workers = workers
        self._growth = growth
        self._trials = {name: [self._watched(jobs) for jobs in trials] for name, trials in by_point(plan.jobs).items()}
        self._outcomes = finished(self._runs(), directory)
        self._running: set[str] = set()  # ids of running runs
        self._exhausted: set[str] = set()  # variants with no more points
        self._journal = _journal(directory, study) if growth else None
        self._copied: set[tuple[str, int]] = set()
        self._settle()

    @property
    def plan(self) -> Plan:
        """The plan with the trials so far."""
        others = [job for job in self._plan.jobs if job.phase not in ("tuning", "pruned")]
        about = {"to_come": self.to_come} if self._growth else {}
        return replace(self._plan, jobs=sharing([*self._runs(), *others]), search=about)

    @property
    def ended(self) -> list[tuple[Job, Outcome]]:
        """The runs that have ended."""
        return [(job, self._outcomes[job.run_id]) for job in self._runs() if job.run_id in self._outcomes]

    @property
    def to_come(self) -> int:
        """The expected number of runs that the plan does not have yet."""
        return sum(self._left(name) for name in self._trials) * len(self._tune.seeds) if self._growth else 0

    @property
    def ahead(self) -> int:
        """The expected number of runs that have not started."""
        begun = self._running | self._outcomes.keys()
        return self.to_come + len({job.run_id for job in self._runs() if job.phase == "tuning"} - begun)

    def more(self) -> list[Job]:
        """Return the runs to begin now: one for each free worker, unless fewer are left."""
        begun: list[Job] = []
        while len(self._running) < self._workers and (job := self._next()):
            self._running.add(job.run_id)
            begun.append(job)
        if begun:
            self.plan.write(self._directory)
        return begun

    def end(self, job: Job, outcome: Outcome) -> None:
        """Record the outcome of a run."""
        self._running.discard(job.run_id)
        self._outcomes[job.run_id] = outcome
        self._settle()

    def _next(self) -> Job | None:
        order = sorted(self._trials, key=lambda name: (self._under_way(name), len(self._begun(name))))
        for name in order:  # trials that have started come first
            for jobs in self._trials[name]:
                if self._is_begun(jobs) and (job := self._due(jobs)):
                    return job
        for name in order:
            planned = [jobs for jobs in self._trials[name] if not self._is_begun(jobs)]
            for jobs in planned or [self._grown(name)]:
                if job := self._due(jobs):
                    return job
        return None

    def _grown(self, name: str) -> list[Job]:
        """Return the runs of another trial; none if the budget or the points of the variant are used up."""
        if not self._growth or not self._left(name):
            return []
        jobs = self._growth.trial(name, self._seen(name), self._directory)
        if not jobs:
            self._exhausted.add(name)
            return []
        placed = sharing([*self._runs(), *jobs])[-len(jobs) :]
        self._trials[name].append(self._watched(placed))
        return self._trials[name][-1]

    def _runs(self) -> list[Job]:
        return [job for trials in self._trials.values() for jobs in trials for job in jobs]

    def _left(self, name: str) -> int:
        return 0 if name in self._exhausted else trials_left(self._tune, self._seen(name))

    def _seen(self, name: str) -> list[Trial]:
        return [
            Trial.of(number, jobs, lambda job: self._outcomes.get(job.run_id), self._study.metric)
            for number, jobs in enumerate(self._trials[name])
        ]

    def _is_begun(self, jobs: Sequence[Job]) -> bool:
        return (
            any(job.run_id in self._outcomes or job.run_id in self._running for job in jobs)
            or (jobs[0].path(self._directory) / "record.json").exists()
        )

    def _begun(self, name: str) -> list[Sequence[Job]]:
        return [jobs for jobs in self._trials[name] if self._is_begun(jobs)]

    def _under_way(self, name: str) -> int:
        return sum(trial.state == "running" and self._is_begun(trial.jobs) for trial in self._seen(name))

    def _due(self, jobs: Sequence[Job]) -> Job | None:
        """Return the next run of a trial; with a pruner, seeds wait for the first one, or each for the previous one."""
        for place, job in enumerate(jobs):
            if job.phase == "pruned":
                return None
            if job.run_id in self._outcomes:
                continue
            if job.run_id not in self._running:
                return job
            if self._tune.pruner == "wilcoxon" or (self._tune.pruner != "none" and place == 0):
                return None
        return None

    def _settle(self) -> None:
        """Skip the remaining runs of trials that a pruner has stopped, and copy finished trials to the journal."""
        for name, trials in self._trials.items():
            begun = self._running | self._outcomes.keys()
            for number, trial in enumerate(self._seen(name)):
                if trial.state == "pruned" or (trial.state == "running" and self._is_hopeless(trial)):
                    trials[number] = [
                        job if job.run_id in begun else replace(job, phase="pruned") for job in trial.jobs
                    ]
            if self._growth and self._journal:
                self._copy(name, self._growth.axes_of(name), self._journal)

    def _is_hopeless(self, trial: Trial) -> bool:
        if self._tune.pruner != "wilcoxon" or len(trial.scores) < len(trial.ended):
            return False
        completed = [other for other in self._seen(trial.variant) if other.state == "completed"]
        if not completed or not trial.ended:
            return False
        sign = self._study.sign
        best = max(completed, key=lambda other: sign * other.score)
        return is_hopeless([sign * score for score in trial.scores], [sign * score for score in best.scores])

    def _copy(self, name: str, axes: Mapping[str, Axis], journal: "Journal") -> None:
        for trial in self._seen(name):
            if trial.state != "running" and (name, trial.number) not in self._copied:
                self._copied.add((name, trial.number))
                journal.add(trial, axes)

    def _watched(self, jobs: Sequence[Job]) -> list[Job]:
        """Return a trial's runs; the first one has the settings of the pruner that watches its epochs."""
        tune, first = self._tune, jobs[0]
        if tune.pruner in ("none", "wilcoxon"):
            return [*jobs]
        epochs = first.config["training"]["epochs"]
        rule = Rule(tune.pruner, tune.startup_trials, tune.warmup_epochs, tune.reduction_factor, epochs)
        settings = {"metric": self._study.metric, "sign": self._study.sign, "rule": asdict(rule)}
        return [replace(first, pruning=settings), *jobs[1:]]


def _journal(directory: Path, study: Study) -> "Journal | None":
    """Return the copy of the trials for optuna-dashboard; None without Optuna."""
    try:
        from runner.sweeps.search.journal import Journal
    except ImportError:
        return None
    return Journal(directory, study)
