"""Simulated searches: the scores of the runs follow from a formula."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from omegaconf import OmegaConf

from runner.config.overrides import override_key
from runner.core.terminal import Terminal
from runner.records.job import Job
from runner.records.run_directory import RunDirectory
from runner.sweeps.best_points import choose
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.candidates import candidates
from runner.sweeps.planning.compose import Composed, Composer
from runner.sweeps.planning.plan import Plan, sharing
from runner.sweeps.planning.study import Study, read_study
from runner.sweeps.planning.variants import study_variants
from runner.sweeps.pool_training import Sweep
from runner.sweeps.search.growing import Growth
from runner.sweeps.search.tuner import Tuner
from tests.sweeps import made_up

Score = Callable[[Job, int], float]  # a run and an epoch -> val_accuracy
RATE = "optimizer.learning_rate"
RATES = {RATE: {"low": 1e-4, "high": 1.0, "log": True}}


def bowl(job: Job, epoch: int) -> float:
    """Best at a learning rate of 0.01, and better after each epoch; the seed shifts it a little."""
    distance = abs(math.log10(job.config["optimizer"]["learning_rate"]) + 2)
    return (1 - 0.1 * distance) * (1 - 0.5**epoch) + 1e-4 * (job.seed % 7)


class Quick(Composer):
    """Composer that is a hundred times faster for trials that differ only in the learning rate."""

    def compose(self, overrides: Sequence[str]) -> Composed:
        rates = [override for override in overrides if override_key(override) == RATE]
        others = tuple(override for override in overrides if override not in rates)
        cache = vars(self).setdefault("composed", {})
        if others not in cache:
            cache[others] = super().compose(others)
        found = cache[others]
        config = found.config.copy()
        for override in rates:
            OmegaConf.update(config, RATE, float(override.partition("=")[2]))
        return replace(found, overrides=[*others, *rates], config=config)


class Simulated:
    """A pool whose runs end immediately; the process may be killed while it trains."""

    def __init__(self, sweep: Path, score: Score = bowl, workers: int = 1, killed_after: int = -1) -> None:
        self.workers = workers
        self.trained: list[Job] = []
        self.most_at_once = 0
        self._sweep = sweep
        self._score = score
        self._killed_after = killed_after

    @property
    def checker(self) -> "Simulated":
        return self

    def results(
        self, _function: Any, tasks: Sequence[Job], _affinity: Any, more: Callable[[], Sequence[Job]] = tuple
    ) -> Iterator[tuple[Job, Outcome]]:
        waiting = [*tasks]
        while waiting:
            self.most_at_once = max(self.most_at_once, len(waiting))
            job = waiting.pop(len(self.trained) % len(waiting))  # workers have different speeds
            if len(self.trained) == self._killed_after:
                made_up.end(job, self._sweep, "running")
                raise KeyboardInterrupt
            self.trained.append(job)
            yield job, self._train(job)
            waiting += more()

    def close(self) -> None:
        pass

    def _train(self, job: Job) -> Outcome:
        directory = RunDirectory(job.path(self._sweep))
        made_up.end(job, self._sweep, "running")
        watching = [_watching(job, directory.path)] if job.pruning else []
        history: list[dict[str, float]] = []
        for epoch in range(1, job.config["training"]["epochs"] + 1):
            history.append({"epoch": epoch, "val_accuracy": self._score(job, epoch)})
            for callback in watching:
                callback.on_epoch_end(epoch - 1, history[-1])
            directory.write_history(history)
            if any(callback.pruned for callback in watching):
                break
        score = history[-1]["val_accuracy"]
        lost = math.isnan(score)
        status = "pruned" if any(callback.pruned for callback in watching) else "diverged" if lost else "completed"
        made_up.end(job, self._sweep, status, **{"epoch": len(history)} | ({} if lost else {"val_accuracy": score}))
        return Outcome.of(directory.read_record())


def _watching(job: Job, run: Path) -> Any:
    from runner.sweeps.search.pruning import Pruning

    assert job.pruning
    callback = Pruning(run, job.variant, job.seed, **job.pruning)
    callback.set_model(SimpleNamespace(stop_training=False))
    return callback


def asked(**tune: Any) -> Study:
    """A study of two variants that tunes their learning rate."""
    variants = {"adam": [], "sgd": ["optimizer=sgd"]}
    tune = {"axes": RATES, "sampler": "tpe", "budget": 8} | tune
    return read_study({"variants": variants, "base": ["training.epochs=4"], "tune": tune, "seeds": 2})


def searched(study: Study, composer: Any, sweep: Path, pool: Simulated) -> Plan:
    """The plan of a tuned study after its tuning, which continues the trials in the directory."""
    console = Terminal(file=StringIO())
    variants = study_variants(study, {}, [], composer)
    found = candidates(variants, composer)
    plan = Plan(sharing(job for one in found for job in one.planned(study)), study.model_dump(mode="json"))
    growth = Growth.of(study, variants, composer, console)
    plan = growth.continued(plan, sweep) if growth else plan
    plan.write(sweep)
    tuner = Tuner(plan, study, sweep, pool.workers, growth)
    Sweep(sweep, pool, console, study, fail_fast=False).train_as_they_come(tuner)
    plan = choose(tuner.plan, sweep, study, growth)
    plan.write(sweep)
    return plan
