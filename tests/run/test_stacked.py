from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from runner.records.run_directory import RunDirectory
from runner.run.cache import Kept
from runner.run.execute import run
from runner.run.request import Request
from runner.run.stacked import NotStacked, Wanted, own_values, run_in_its_stack, run_stack, with_values
from tests.composed import config

SMALL = ("dataset=mnist_5k", "dataset.train_size=200", "model.hidden_units=[4]", "training.epochs=2")
OWN = ("seed=0", "seed=1", "optimizer.learning_rate=0.01")


def request(path):
    path.mkdir()
    return Request(path, {}, [], in_sweep=True)


def test_runs_of_a_stack_leave_what_runs_alone_leave_and_can_be_repeated(tmp_path):
    configs = [config(*SMALL, own) for own in OWN]
    quiet, kept = Console(quiet=True), Kept()
    alone = [run(one, request(tmp_path / f"alone-{n}"), quiet, kept) for n, one in enumerate(configs)]
    stacked = run_stack([Wanted(one, request(tmp_path / f"stacked-{n}")) for n, one in enumerate(configs)], Kept())
    rates = [0.001, 0.001, 0.01]
    values = [{"seed": seed, "optimizer.learning_rate": rate} for seed, rate in zip((0, 1, 0), rates, strict=True)]
    for number, (record, expected) in enumerate(zip(stacked, alone, strict=True)):
        own, other = RunDirectory(tmp_path / f"stacked-{number}"), RunDirectory(tmp_path / f"alone-{number}")
        assert sorted(path.name for path in own.path.iterdir()) == sorted(path.name for path in other.path.iterdir())
        assert (record.status, record.run_id, record.weights) == ("completed", expected.run_id, expected.weights)
        assert (record.stack, expected.stack) == (values, [])
        np.testing.assert_allclose(record.test["loss"], expected.test["loss"], rtol=1e-4)
    again = run_in_its_stack(configs[1], replace(request(tmp_path / "again"), stack=values), quiet)
    assert (again.test, again.stack) == (stacked[1].test, values)


def test_runs_that_differ_in_more_are_not_stacked_and_leave_nothing(tmp_path):
    wanted = [Wanted(config(*SMALL, f"optimizer.beta_1={beta}"), request(tmp_path / str(beta))) for beta in (0.8, 0.9)]
    with pytest.raises(NotStacked, match="differ in more than seeds and learning rates"):
        run_stack(wanted, Kept())
    assert not [*tmp_path.glob("*/*")]


def test_the_own_values_of_a_run_tell_it_from_the_others():
    first, second = (config("stream_seeds.order=7", "seed=1"), config("seed=2", "optimizer.learning_rate=0.5"))
    assert own_values(first) == {"seed": 1, "optimizer.learning_rate": 0.001, "stream_seeds.order": 7}
    assert with_values(first, own_values(second)) == second
    assert with_values(second, own_values(first)) == first
