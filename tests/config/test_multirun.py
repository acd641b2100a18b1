import pytest

from runner.config.multirun import is_sweep, wants_local_workers


@pytest.mark.parametrize("argument", ["study=smoke", "seeds=3", "folds=5", "search=optuna"])
def test_what_asks_for_many_runs_is_a_sweep(argument):
    assert is_sweep(["optimizer=sgd", argument])
    assert not is_sweep(["optimizer=sgd", "seed=3", "dry_run=true"])


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (["study=smoke"], True),
        (["-m", "optimizer=sgd,adam"], True),
        (["optimizer=sgd"], False),
        (["study=smoke", "--cfg", "job"], False),
        (["seeds=3", "hydra/launcher=ray"], False),
        (["seeds=3", "launcher=ray"], False),
    ],
)
def test_a_sweep_that_trains_on_this_machine_wants_workers(command, wanted):
    assert wants_local_workers(command) == wanted
