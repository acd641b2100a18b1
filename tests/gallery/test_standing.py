"""State of a sweep or run in one word."""

import pytest

from runner.gallery.standing import commits, last_date, state_of_run, state_of_sweep
from runner.records.run_directory import RunDirectory
from runner.sweeps.progress.state import Standing
from tests.sweeps.made_up import job, record


def standing(state: str, **values) -> Standing:
    made = None if state == "waiting" else record(job(), state, **values)
    return Standing(RunDirectory("x"), state, made)


@pytest.mark.parametrize(
    ("states", "to_come", "expected"),
    [
        (["completed", "diverged"], 0, ("complete", "2 runs, 1 diverged")),
        (["completed", "failed"], 0, ("failed", "1 of 2 runs, 1 failed")),
        (["completed", "failed", "waiting"], 0, ("interrupted", "1 of 3 runs, 1 failed")),
        (["completed", "running"], 1, ("running", "1 of 3 runs, 1 running")),
        (["completed"], 4, ("interrupted", "1 of 5 runs")),
        (["waiting"], 0, ("planned", "0 of 1 run")),
        (["waiting", "interrupted"], 0, ("interrupted", "0 of 2 runs")),
    ],
)
def test_of_a_sweep(states, to_come, expected):
    assert state_of_sweep([standing(state) for state in states], to_come) == expected


def test_tuning_runs_are_counted_apart_as_reports_omit_them():
    assert state_of_sweep([standing("completed")] * 3, tuning=2) == ("complete", "1 run, 2 tuning runs")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("completed", ("complete", "10 epochs")),
        ("diverged", ("complete", "diverged after 10 epochs")),
        ("failed", ("failed", "")),
        ("interrupted", ("interrupted", "after 10 epochs")),
        ("waiting", ("interrupted", "no record: it ended before the training started")),
    ],
)
def test_of_a_run(state, expected):
    assert state_of_run(standing(state)) == expected


def test_date_is_the_last_start_or_end():
    early = record(job())
    late = type(early)(**{**vars(early), "finished": "2026-03-04T05:06:07+00:00"})
    assert last_date([late, early]) == "2026-03-04 05:06"
    assert last_date([]) == ""


def test_commits_are_named_or_counted():
    def at(commit: str, dirty: bool = False):
        made = record(job())
        return type(made)(**{**vars(made), "code": {"commit": commit, "dirty": dirty}})

    assert commits([at("a" * 40), at("a" * 40)]) == "a" * 12
    assert commits([at("a" * 40, dirty=True)]) == f"{'a' * 12}+changes"
    assert commits([at("a" * 40), at("b" * 40)]) == "2 commits"
    assert commits([record(job())]) == ""
