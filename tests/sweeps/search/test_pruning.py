from types import SimpleNamespace

import pytest

from runner.core.write import write_csv
from runner.records.run_directory import RunDirectory
from runner.sweeps.planning.plan import Plan
from runner.sweeps.search.pruning import Pruning
from tests.sweeps import made_up

RULE = {"pruner": "successive_halving", "startup_trials": 1, "warmup_epochs": 1, "reduction_factor": 2, "epochs": 9}


@pytest.fixture
def watched(tmp_path):
    """watched(**keys) -> the callback of the last of three trials; the others have scores of 0.5 and 0.7."""
    jobs = [made_up.job(seed=1000, phase="tuning", point=[f"x={number}"]) for number in range(3)]
    Plan([*jobs, made_up.job("other", 1000, "tuning", ["x=9"])]).write(tmp_path)
    for job, score in zip(jobs, (0.5, 0.7), strict=False):
        made_up.end(job, tmp_path)
        rows = [{"epoch": epoch, "val_accuracy": score, "val_loss": 1 - score} for epoch in range(1, 10)]
        RunDirectory(job.path(tmp_path)).write_history(rows)

    def watched(metric="val_accuracy", sign=1, **rule):
        callback = Pruning(jobs[2].path(tmp_path), "adam", 1000, metric, sign, RULE | rule)
        callback.set_model(SimpleNamespace(stop_training=False))
        return callback

    return watched


def stopped_after(callback, scores, name="val_accuracy"):
    """Return the epoch after which the trial is stopped; None if it is never stopped."""
    for epoch, score in enumerate(scores):
        callback.on_epoch_end(epoch, {name: score})
        if callback.pruned:
            assert callback.model.stop_training
            return epoch + 1
    return None


def test_a_trial_is_compared_with_the_others_at_each_rung(watched):
    assert stopped_after(watched(), [0.4] * 9) == 1
    assert stopped_after(watched(), [0.8, 0.8, 0.4, 0.4]) == 4  # rungs: 1, 2, 4, 8
    assert stopped_after(watched(), [0.8] * 9) is None


def test_a_low_loss_is_good(watched):
    assert stopped_after(watched("val_loss", -1), [0.2] * 9, "val_loss") is None
    assert stopped_after(watched("val_loss", -1), [0.6] * 9, "val_loss") == 1


def test_the_best_epoch_counts_where_the_choice_is_by_the_best(watched):
    assert stopped_after(watched("best_val_accuracy"), [0.8, 0.1, 0.1, 0.1]) is None
    assert stopped_after(watched(), [0.8, 0.1, 0.1, 0.1]) == 2


@pytest.mark.parametrize("warmup", [1, 3])
def test_the_median_spares_a_trial_that_warms_up(watched, warmup):
    assert stopped_after(watched(pruner="median", warmup_epochs=warmup), [0.1] * 9) == warmup + 1


def test_the_median_waits_for_completed_trials(watched):
    assert stopped_after(watched(pruner="median", startup_trials=3), [0.1] * 9) is None


def test_an_epoch_without_a_score_decides_nothing(watched):
    assert stopped_after(watched(), [float("nan"), None]) is None


def test_a_trial_that_is_resumed_knows_its_earlier_epochs(watched):
    first, second = watched("best_val_accuracy"), watched("best_val_accuracy")
    first.on_epoch_end(0, {"val_accuracy": 0.8})
    second.set_state(first.get_state())
    second.on_epoch_end(1, {"val_accuracy": 0.1})
    assert not second.pruned


def test_a_rival_that_still_trains_is_read_again(watched, tmp_path):
    callback = watched()
    running = made_up.job(seed=1000, phase="tuning", point=["x=3"])
    Plan([*Plan.read(tmp_path).jobs, running]).write(tmp_path)
    made_up.end(running, tmp_path, "running")
    assert stopped_after(callback, [0.8]) is None
    write_csv(
        running.path(tmp_path) / "history.csv", [{"epoch": 1, "val_accuracy": 0.9}, {"epoch": 2, "val_accuracy": 0.9}]
    )
    callback.on_epoch_end(1, {"val_accuracy": 0.75})
    assert not callback.pruned  # the second of four
    callback.on_epoch_end(2, {"val_accuracy": 0.6})
    callback.on_epoch_end(3, {"val_accuracy": 0.6})
    assert callback.pruned
