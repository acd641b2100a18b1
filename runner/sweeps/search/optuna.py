"""Hyperparameter search with Optuna, whose trials are trained as ordinary runs."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from statistics import fmean
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console

from runner.core.errors import EXIT_FAILED, EXIT_INTERRUPTED, ConfigError, Stopped, UserError
from runner.core.lock import run_lock
from runner.core.terminal import show_warning
from runner.core.write import write_csv
from runner.records.job import Job
from runner.records.record import DONE, RunRecord
from runner.records.run_directory import RunDirectory
from runner.records.sweep_directory import PLAN
from runner.sweeps.outcome import read_status, score
from runner.sweeps.planning.compose import Composer, as_override
from runner.sweeps.planning.difference import difference
from runner.sweeps.planning.plan import Plan, candidates, sharing
from runner.sweeps.planning.recorded import refuse_another_question
from runner.sweeps.planning.variants import Variant
from runner.sweeps.pools.base import Pool
from runner.sweeps.progress.best import rounded
from runner.sweeps.search.journal import open_search
from runner.sweeps.search.space import Search, distribution_of, example_points, kind_of, stored_choices, value_of
from runner.sweeps.train import Sweep


@dataclass(frozen=True)
class Searching:
    """A search, and the means to create its trials."""

    search: Search
    base: list[str]  # overrides for all trials
    composer: Composer
    directory: Path
    launcher: dict[str, Any]
    console: Console
    _composed: list[list[Job]] = field(default_factory=list)  # cache of the trials' runs, as composing takes time

    @property
    def journal(self) -> Path:
        """The file in which Optuna keeps the search."""
        return self.directory / "optuna.journal"

    def jobs(self, study: optuna.Study) -> list[list[Job]]:
        """Return the runs of each trial; trials with equal values share the directories of the first one.

        A trial whose values do not fit together has no runs, and gives a warning.
        """
        for trial in study.get_trials(deepcopy=False)[len(self._composed) :]:
            try:
                self._composed.append(self._of_trial(trial))
            except ConfigError as error:
                show_warning(self.console, f"left out: {error}")
                self._composed.append([])
        placed = iter(sharing(chain.from_iterable(self._composed)))
        return [list(islice(placed, len(jobs))) for jobs in self._composed]

    def examples(self) -> list[Job]:
        """Return runs with each choice and both ends of each range, to check before the trials that they can be built.

        Raises:
            ConfigError: if one cannot be composed.
        """
        points = [self.point(params) for params in example_points(self.search)]
        variants = [Variant(",".join(point), self.base, [point]) for point in points]
        return [job for one in candidates(variants, self.composer) for job in one.jobs(self.search.seeds, "trial")]

    def point(self, params: Mapping[str, Any]) -> list[str]:
        """Return a trial's values, as Optuna stores them, as overrides."""
        return [as_override(key, value_of(self.search.axes[key], value)) for key, value in params.items()]

    def _of_trial(self, trial: FrozenTrial) -> list[Job]:
        variant = Variant(f"trial {trial.number:03d}", self.base, [self.point(trial.params)], named=True)
        (candidate,) = candidates([variant], self.composer)
        jobs = candidate.jobs(self.search.seeds, "trial")
        return [replace(job, pruning=self._pruning(trial)) for job in jobs]

    def _pruning(self, trial: FrozenTrial) -> dict[str, Any] | None:
        if self.search.pruner == "none":
            return None
        pruner = {"n_startup_trials": self.search.startup_trials, "n_warmup_steps": self.search.warmup_epochs}
        metric = self.search.metric.removeprefix("best_")
        return {"journal": str(self.journal.resolve()), "trial": trial.number, "metric": metric, "pruner": pruner}


def conduct_search(searching: Searching, pool: Pool, *, dry_run: bool, fail_fast: bool) -> None:
    """Train the rest of the budget, and report on all trials.

    Each batch has one trial per worker, and Optuna gets the results in the order of the trials. Therefore the search is
    reproducible, however long each run takes.

    Raises:
        UserError: before anything trains, if the search is invalid or in use by another process, or its directory
            contains a sweep.
        Stopped: at the end, with exit code 1 if a run failed, or 130 if the search was interrupted.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    console = searching.console
    sweep = Sweep(searching.directory, pool, console, searching.search, fail_fast=fail_fast)
    if not dry_run and not searching.journal.exists():
        refuse_another_question([], searching.directory)
    sweep.check(searching.examples(), measure=False, chooses=True)
    searching.directory.mkdir(parents=True, exist_ok=True)
    # A second process would train the same trials. A dry run needs no lock.
    with nullcontext() if dry_run else run_lock(searching.directory, of="search"):
        study = _open(searching)
        done = len(study.get_trials(deepcopy=False, states=[TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL]))
        axes = ", ".join(searching.search.axes)
        console.print(
            f"search for {axes}: {searching.search.budget} trials, {done} done already; in {searching.directory}",
            soft_wrap=True,
        )
        if dry_run:
            return
        try:
            failed = _search(study, searching, sweep, pool.workers)
        except KeyboardInterrupt:
            show_warning(console, "interrupted; to resume, repeat the command")
            raise Stopped(EXIT_INTERRUPTED) from None
        _report(study, searching)
    if failed:
        raise Stopped(EXIT_FAILED)


def _open(searching: Searching) -> optuna.Study:
    search = searching.search
    seen = 0
    if searching.journal.exists():
        earlier = open_search(str(searching.journal))
        trials = earlier.get_trials(deepcopy=False)
        if other := next(_changes(earlier, trials, searching), None):
            raise UserError(
                f"{other}: changed since the search in {searching.directory} began; "
                "restore it, or start another search: hydra.sweep.dir=DIR"
            )
        seen = len(trials)
    # Each start needs a separate random stream: the same stream again would repeat the first trials.
    sampler = _sampler(search, search.seed + seen)
    return open_search(
        str(searching.journal), sampler=sampler, direction="maximize" if search.sign == 1 else "minimize"
    )


def _changes(study: optuna.Study, trials: Iterable[FrozenTrial], searching: Searching) -> Iterator[str]:
    """Yield the changes that make new trials incomparable with earlier ones; new ends of ranges do not count."""
    search = searching.search
    axes = {key: kind_of(distribution_of(axis)) for key, axis in search.axes.items()}
    for key, distribution in (pair for trial in trials for pair in trial.distributions.items()):
        if axes.get(key) != kind_of(distribution):
            yield f"search.axes.{key}"
    if not (searching.directory / PLAN).exists():  # the search stopped before its first trial
        return
    plan = Plan.read(searching.directory)
    for name in ("metric", "direction"):
        if getattr(search, name) != plan.search.get(name):
            yield f"search.{name}={getattr(search, name)}"
    if {job.seed for job in plan.jobs} != set(search.seeds):
        yield "search.seeds"
    planned = {(job.variant, job.seed): job for job in plan.jobs}
    for job in chain.from_iterable(searching.jobs(study)):
        begun = planned.get((job.variant, job.seed), job)
        if begun.run_id != job.run_id:
            yield " ".join(difference(begun, job)) or "the configuration"


class _Grid(optuna.samplers.GridSampler):
    """Optuna's grid sampler, without its stop at the end of the grid, which raises outside `study.optimize`."""

    def after_trial(self, *_: object) -> None:
        """Do nothing: the budget ends the search."""


def _sampler(search: Search, seed: int) -> optuna.samplers.BaseSampler:
    match search.sampler:
        case "random":
            return optuna.samplers.RandomSampler(seed=seed)
        case "grid":
            grid = {key: stored_choices(axis) for key, axis in search.axes.items()}
            return _Grid(grid, seed=search.seed)
        case _:
            with warnings.catch_warnings():  # constant_liar keeps the trials of a batch different
                warnings.simplefilter("ignore")
                return optuna.samplers.TPESampler(seed=seed, constant_liar=True, multivariate=True)


def _search(study: optuna.Study, searching: Searching, sweep: Sweep, workers: int) -> bool:
    """Train trials until the budget is used up; say whether a run failed."""
    space = {key: distribution_of(axis) for key, axis in searching.search.axes.items()}
    failed = False
    while True:
        # Trials that an interruption stopped come first, with their old values.
        batch = study.get_trials(states=[TrialState.RUNNING])
        missing = searching.search.budget - (len(study.get_trials(deepcopy=False)) - len(batch))
        for _ in range(min(workers, missing) - len(batch)):
            number = study.ask(space).number
            batch.append(study.get_trials()[number])
        if not batch:
            return failed
        jobs = searching.jobs(study)
        if any(jobs):
            _plan(jobs, searching).write(searching.directory)
        to_come = max(0, searching.search.budget - len(jobs)) * len(searching.search.seeds)
        failed |= sweep.train_missing(_each_once(jobs[trial.number] for trial in batch), to_come)
        stops = failed and sweep.fail_fast
        for trial in batch:
            records = [read_status(RunDirectory(job.path(searching.directory))) for job in jobs[trial.number]]
            if stops and not all(record and record.status in (*DONE, "failed") for record in records):
                continue  # stopped because another one failed: the next start resumes it
            _tell(study, trial.number, records, searching.search)
        if stops:
            return True


def _tell(study: optuna.Study, number: int, records: Sequence[RunRecord | None], search: Search) -> None:
    statuses = {record.status if record else "failed" for record in records}
    if not records or "failed" in statuses:
        study.tell(number, state=TrialState.FAIL)
    elif statuses == {"completed"}:
        study.tell(number, fmean(score(record, search.metric) for record in records if record))
    else:  # stopped by the pruner, or diverged, which the sampler treats as the worst result
        study.tell(number, state=TrialState.PRUNED)


def _each_once(jobs: Iterable[Sequence[Job]]) -> list[Job]:
    """Return the runs of some trials, each once."""
    each: dict[str, Job] = {}
    for job in chain.from_iterable(jobs):
        each.setdefault(job.run_id, job)
    return list(each.values())


def _plan(jobs: Sequence[Sequence[Job]], searching: Searching) -> Plan:
    search = searching.search
    to_come = max(0, search.budget - len(jobs)) * len(search.seeds)
    about = {"metric": search.metric, "direction": search.direction, "to_come": to_come}
    return Plan(list(chain.from_iterable(jobs)), launcher=searching.launcher, search=about)


def _report(study: optuna.Study, searching: Searching) -> None:
    import pandas as pd

    from runner.reporting.figures.of_search import search_report  # takes seconds, and a dry run needs none
    from runner.reporting.report import report

    search, directory = searching.search, searching.directory
    trials = study.get_trials(deepcopy=False)
    rows = [_row(trial, jobs, searching.search) for trial, jobs in zip(trials, searching.jobs(study), strict=True)]
    write_csv(directory / "trials.csv", rows)
    complete = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    importances = _importances(study) if len({trial.value for trial in complete}) > 1 else []
    if importances:
        write_csv(directory / "importances.csv", importances)
    report([directory], directory)
    table = pd.DataFrame(rows).astype({search.metric: float})  # even if no trial has a value
    search_report(directory, table, pd.DataFrame(importances), search.metric, search.sign)
    searching.console.print(f"report  {directory / 'index.html'}", soft_wrap=True)
    if complete:
        best = study.best_trial
        found = f"{search.metric} {best.value:.4f}  {rounded(' '.join(searching.point(best.params)))}"
        searching.console.print(f"best    trial {best.number:03d}: {found}", soft_wrap=True)


def _importances(study: optuna.Study) -> list[dict[str, Any]]:
    """Return each key's share of the variance, by fANOVA (not the default since Optuna 5)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return [{"key": key, "importance": share} for key, share in shares.items()]


def _row(trial: FrozenTrial, jobs: Sequence[Job], search: Search) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "state": trial.state.name.lower(),
        search.metric: trial.value if trial.state == TrialState.COMPLETE else None,
        "run_ids": " ".join(job.run_id for job in jobs),
        **{key: value_of(search.axes[key], value) for key, value in trial.params.items()},
    }
