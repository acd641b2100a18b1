"""Warnings about trackers that failed in the workers of a sweep."""

from io import StringIO

from rich.console import Console

from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.study import Chosen
from runner.sweeps.pool_training import Sweep
from tests.sweeps.made_up import job


class Warned:
    """A pool in which every run ends with the same warning."""

    workers = 1

    def results(self, function, tasks, affinity):
        for one in tasks:
            yield one, Outcome("completed", warnings=("tracking=mlflow: no answer", f"only {one.seed}"))


def test_a_warning_that_all_runs_have_is_shown_once(tmp_path):
    console = Console(file=StringIO(), width=100)
    jobs = [job(seed=seed) for seed in range(3)]
    Sweep(tmp_path, Warned(), console, Chosen(), fail_fast=False).train_missing(jobs)
    said = console.file.getvalue()
    assert said.count("adam, seed 0: tracking=mlflow: no answer") == said.count("tracking=mlflow") == 1
    assert all(f"adam, seed {seed}: only {seed}" in said for seed in range(3))
