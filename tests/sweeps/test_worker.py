from contextlib import nullcontext

import pytest

from runner.core.lock import run_lock
from runner.records.run_directory import RunDirectory
from runner.run import stacked
from runner.run.stacked import NotStacked
from runner.sweeps import worker
from runner.sweeps.outcome import Outcome
from runner.sweeps.stacking import NOT_STACKED, JobStack
from tests.sweeps import made_up

JOBS = tuple(made_up.job(seed=seed) for seed in range(4))


@pytest.fixture
def alone(monkeypatch):
    """Seeds of the jobs that were trained alone."""
    seeds = []

    def train(job, sweep):
        seeds.append(job.seed)
        return Outcome("completed")

    monkeypatch.setattr(worker, "train_job", train)
    return seeds


def directories(wanted):
    return [one.request.directory.name for one in wanted]


def test_a_stack_takes_the_jobs_that_have_not_begun_and_that_nobody_else_trains(tmp_path, monkeypatch, alone):
    together = []

    def run_stack(wanted, kept):
        together.extend(directories(wanted))
        return [made_up.record(JOBS[1]), made_up.record(JOBS[3])]

    monkeypatch.setattr(stacked, "run_stack", run_stack)
    made_up.end(JOBS[0], tmp_path)
    RunDirectory(JOBS[2].path(tmp_path)).checkpoint_path.parent.mkdir(parents=True)
    RunDirectory(JOBS[2].path(tmp_path)).checkpoint_path.touch()
    outcomes = worker.train_stack(JobStack("adam", JOBS), tmp_path)
    assert together == [JOBS[1].directory, JOBS[3].directory]
    assert alone == [0, 2]
    assert [outcome.status for outcome in outcomes] == ["completed"] * 4


@pytest.mark.parametrize("held", [True, False])
def test_jobs_that_cannot_be_stacked_are_trained_alone_with_a_warning(tmp_path, monkeypatch, alone, held):
    def run_stack(wanted, kept):
        raise NotStacked("TensorFlow cannot vectorize Conv2D")

    monkeypatch.setattr(stacked, "run_stack", run_stack)
    JOBS[0].path(tmp_path).mkdir()
    with run_lock(JOBS[0].path(tmp_path)) if held else nullcontext():
        outcomes = worker.train_stack(JobStack("adam", JOBS[: 2 + held]), tmp_path)
    assert alone == [job.seed for job in JOBS[: 2 + held]]
    assert outcomes[-1].warnings == (f"{NOT_STACKED}: TensorFlow cannot vectorize Conv2D",)


def test_a_run_of_a_stack_that_is_refused_fails_alone(tmp_path, monkeypatch, alone):
    refused = made_up.job(seed=9)

    def run_stack(wanted, kept):
        return [worker.UserError("no such weights"), made_up.record(JOBS[1])]

    monkeypatch.setattr(stacked, "run_stack", run_stack)
    monkeypatch.setattr(worker, "write_ending", lambda job, directory, status, reason: Outcome(status, error=reason))
    outcomes = worker.train_stack(JobStack("adam", (refused, JOBS[1])), tmp_path)
    assert [(one.status, one.error) for one in outcomes] == [("failed", "no such weights"), ("completed", None)]
    assert alone == []
