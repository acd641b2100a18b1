from dataclasses import replace

from runner.run.stackable import Stackable
from runner.sweeps.stacking import JobStack, reasons, stacks_of
from tests.sweeps.made_up import job


def jobs_of(variant, seeds):
    made = [job(variant, seed) for seed in range(seeds)]
    return [replace(one, config=one.config | {"optimizer": variant}) for one in made]


def sizes(tasks):
    return [len(task.jobs) if isinstance(task, JobStack) else 1 for task in tasks]


def test_jobs_of_one_key_are_stacked_up_to_the_size_asked_for():
    slow, fast, other = jobs_of("slow", 3), jobs_of("fast", 2), jobs_of("other", 2)
    known = {slow[0].kind: Stackable("adam", 4), fast[0].kind: Stackable("adam", 4)}
    tasks = stacks_of([*slow, *other, *fast], known, workers=1)
    assert sizes(tasks) == [4, 1, 1, 1]
    assert tasks[0].jobs == (*slow, fast[0])


def test_automatic_stacks_are_spread_over_the_workers():
    jobs = jobs_of("adam", 10)
    known = {jobs[0].kind: Stackable("adam", None)}
    assert sizes(stacks_of(jobs, known, workers=3)) == [4, 4, 2]
    assert sizes(stacks_of(jobs[:2], known, workers=3)) == [1, 1]
    assert sizes(stacks_of(jobs_of("adam", 70), known, workers=1)) == [64, 6]


def test_what_cannot_be_stacked_is_trained_alone_and_said_where_it_matters():
    jobs, single = jobs_of("cnn", 2), jobs_of("single", 1)
    known = {one.kind: Stackable("key", 4, "Conv2D layers") for one in (jobs[0], single[0])}
    assert stacks_of([*jobs, *single], known, workers=1) == [*jobs, *single]
    assert [*reasons([*jobs, *single], known)] == ["cnn"]
