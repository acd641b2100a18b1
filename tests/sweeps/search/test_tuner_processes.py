"""A search from the command line, with real training runs."""

import json
import shutil
import signal
import time

import pandas as pd
import pytest

pytest.importorskip("optuna", reason="the extra `optuna` is not installed")

COMMAND = (
    "search=optuna", "optimizer.learning_rate=tag(log,interval(1e-4,1e-1))", "optimizer=sgd,adam", "dataset=digits",
    "schedule=constant", "search.pruner=successive_halving", "seeds=1", "hydra.sweep.dir=s",
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(cli, tmp_path_factory):
    """A search of six trials, and its output."""
    folder = tmp_path_factory.mktemp("search")
    done = cli(*COMMAND, "search.trials=6", "training.epochs=4", "hydra.launcher.workers=2", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "s", done.stdout


def test_each_trial_is_an_ordinary_run(finished):
    sweep, said = finished
    table = pd.read_csv(sweep / "tuning.csv")
    assert list(table["trial"]) == list(range(6))
    assert "pruned" in set(table["state"])
    for _, row in table.iterrows():
        (path,) = sweep.glob(f"*_{row['run_ids']}/record.json")
        record = json.loads(path.read_text())
        assert set(row["point"].split()) < set(record["overrides"])
        assert record["status"] == row["state"]
        assert record["final"]["epoch"] == row["epochs"]
        if row["state"] == "completed":
            assert record["final"]["val_accuracy"] == pytest.approx(row["val_accuracy"])
        else:
            assert record["test"] == {}
    chosen = table[table["chosen"]]["point"].item()
    assert f"search: {chosen}; val_accuracy {table['val_accuracy'].max():.4f} when tuned" in said


def test_the_best_point_is_trained_on_a_fresh_seed(finished):
    sweep, _ = finished
    (row,) = pd.read_csv(sweep / "summary.csv").to_dict("records")
    assert row["seed"] == 0
    chosen = pd.read_csv(sweep / "tuning.csv").query("chosen")["point"].item()
    assert f"optimizer.learning_rate={row['optimizer.learning_rate']}" in chosen
    assert f"optimizer={row['optimizer']}" in chosen


def test_a_search_that_is_killed_continues_with_the_same_trials(begin, quick_cli, tmp_path):
    command = (*COMMAND, "search.trials=3", "training.epochs=30", "hydra.launcher.workers=1")
    begun = begin(*command, cwd=tmp_path)
    while not list(tmp_path.glob("s/*/checkpoint/state.npz")):
        assert begun.is_alive(), begun.said()
        time.sleep(0.02)
    begun.send_signal(signal.SIGKILL)
    assert begun.wait() == -signal.SIGKILL
    planned = pd.read_csv(tmp_path / "s" / "plan.csv")
    done = quick_cli(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    table = pd.read_csv(tmp_path / "s" / "tuning.csv")
    assert list(table["run_ids"])[: len(planned)] == list(planned["run_id"])
    assert len(list(tmp_path.glob("s/*/record.json"))) == 4


def test_a_wider_range_and_a_larger_budget_continue_the_same_search(finished, quick_cli, tmp_path):
    shutil.copytree(finished[0], tmp_path / "s")
    before = pd.read_csv(tmp_path / "s" / "tuning.csv")
    wider = [part.replace("1e-4", "1e-5") for part in COMMAND]
    done = quick_cli(*wider, "search.trials=7", "training.epochs=4", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    after = pd.read_csv(tmp_path / "s" / "tuning.csv")
    assert list(after["run_ids"])[:6] == list(before["run_ids"])
    assert len(after) == 7
