"""Runs tracked by Weights & Biases as they train, in its local files."""

from dataclasses import replace

import pytest

from runner.core.errors import UserError
from runner.engine import wandb as tracker_module
from runner.engine.wandb import Wandb, refuse_no_wandb
from tests import wandb_files
from tests.engine.test_mlflow import STARTED, TESTED, epoch
from tests.engine.test_tensorboard import GRADIENTS


@pytest.fixture
def run(tmp_path, monkeypatch, processes):
    """Directory of a run; W&B writes into the current directory from its own process."""
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("optimizer: {learning_rate: 0.1}\n")
    return tmp_path / "run"


def test_a_resumed_run_is_one_run_with_each_epoch_once_its_parameters_and_its_test(run, tmp_path):
    for length, record in ((2, replace(STARTED, status="interrupted")), (3, TESTED)):
        tracker = Wandb(run)
        tracker.begin(STARTED)
        for number in range(1, length + 1):
            tracker.epoch(epoch(number), [GRADIENTS])
        tracker.end(record)
        (written,) = wandb_files.runs(tmp_path).values()
        assert [row["_step"] for row in written["history"]] == [*range(1, length + 1)]
        assert written["exit_code"] == int(record.status == "interrupted")
    assert [row["loss"] for row in written["history"]] == [1.0, 0.5, 1 / 3]
    assert written["history"][1]["gradients/output.weight"] == 0.2
    assert (written["summary"]["test_accuracy"], written["summary"]["status"]) == (0.75, "completed")
    assert (written["config"]["optimizer.learning_rate"], written["config"]["runner"]["run_id"]) == (
        0.1,
        STARTED.run_id,
    )


def test_the_end_of_what_never_began_is_no_error_of_its_own(run):
    Wandb(run).end(TESTED)


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(tracker_module, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"^tracking=wandb needs Weights & Biases: pip install 'wandb>=0.20'$"):
        refuse_no_wandb("tracking=wandb")
