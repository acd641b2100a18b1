from dataclasses import replace

import pytest

from runner.sweeps.planning.pilot import earlier_differences
from tests.sweeps.made_up import job, record

COMPARED = {"adam": "adam", "sgd": "adam"}
METRIC = "test_accuracy"


def planned(variant, seed):
    made = job(variant, seed)
    return replace(made, overrides=[f"optimizer={variant}", "training.epochs=10", f"seed={seed}"])


def ended(variant, seed, accuracy, *changed, **fields):
    made = planned(variant, seed)
    overrides = [*made.overrides, *changed]
    choices = {"optimizer": variant, "regularizer": "[]"}
    return replace(record(made), test={"accuracy": accuracy}, overrides=overrides, choices=choices, **fields)


JOBS = [planned(variant, seed) for variant in COMPARED for seed in (0, 1, 2)]
EARLIER = [ended("adam", 5, 0.9), ended("sgd", 5, 0.92), ended("adam", 6, 0.8), ended("sgd", 6, 0.81)]


def test_runs_that_differ_in_nothing_but_the_seed_make_the_differences():
    metric, found = earlier_differences(JOBS, COMPARED, EARLIER, METRIC)
    assert metric == METRIC
    assert found["sgd"] == {5: pytest.approx(0.02), 6: pytest.approx(0.01)}


@pytest.mark.parametrize("changed", ["training.batch_size=1", "dataset=digits"])
def test_runs_with_other_overrides_are_no_pilot(changed):
    others = [ended(variant, seed, 0.5 + seed / 10, changed) for variant in COMPARED for seed in range(3)]
    assert earlier_differences(JOBS, COMPARED, others, METRIC) == (METRIC, {})


def test_a_run_that_did_not_complete_gives_no_difference():
    unfinished = [*EARLIER, ended("adam", 7, 0.9), ended("sgd", 7, 0.5, status="interrupted")]
    assert set(earlier_differences(JOBS, COMPARED, unfinished, METRIC)[1]["sgd"]) == {5, 6}


def test_a_single_pair_shows_no_spread():
    assert earlier_differences(JOBS, COMPARED, EARLIER[:2], METRIC)[1] == {}


def test_nothing_earlier_leaves_the_metric():
    assert earlier_differences(JOBS, COMPARED, [], None) == ("test_accuracy", {})
