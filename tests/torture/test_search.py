"""A tuned study that is killed again and again."""

import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests import warm
from tests.torture.results import found

COMMAND = (
    "study=tuned", "--config-dir", "my", "hydra.sweep.dir=sweep", "hydra.launcher.workers=1",
)  # fmt: skip
STUDY = """
base: [dataset=digits, training.epochs=9, schedule=constant]
variants: {sgd: [optimizer=sgd], adam: [optimizer=adam]}
tune:
  axes: {optimizer.learning_rate: {low: 0.0001, high: 1.0, log: true}}
  sampler: tpe
  budget: 24
  pruner: successive_halving
  seeds: 2
seeds: 2
"""
MOST_SECONDS = 3.0  # seconds from the first record after a start until the process is killed


def trained_in(sweep: Path) -> dict[str, tuple[str, bytes]]:
    """Return the losses of each epoch and the test predictions of each run; a pruned run has no predictions."""
    found = {}
    for history in sweep.glob("*/history.csv"):
        predictions = history.with_name("predictions.npz")
        probabilities = (
            np.load(predictions, allow_pickle=False)["test_probabilities"].tobytes() if predictions.exists() else b""
        )
        found[history.parent.name] = pd.read_csv(history)["loss"].to_json(), probabilities
    return found


@pytest.mark.promise(
    "**Search**: a study with a sampler that learns, a pruner and one worker, killed at any moment and started again,"
    " makes the same trials and the same choice, with bit-identical results"
)
@pytest.mark.usefixtures("long_form")
def test_killed_ten_times_it_makes_the_same_choice(measured, tmp_path):
    pytest.importorskip("optuna", reason="the extra `optuna` is not installed")
    folders = tmp_path / "undisturbed", tmp_path / "killed"
    for folder in folders:
        (folder / "my/study").mkdir(parents=True)
        (folder / "my/study/tuned.yaml").write_text(STUDY)
        (folder / "sweep").mkdir()
    moments, kills = random.Random(0), 0
    while kills < 10:
        with warm.started(COMMAND, folders[1], (folders[1] / "said.txt",) * 2, shares_server=False) as process:
            begun = time.time()
            while not any(path.stat().st_mtime > begun for path in found(folders[1], "record.json")):
                assert process.is_alive(), (folders[1] / "said.txt").read_text()
                time.sleep(0.02)
            time.sleep(moments.uniform(0, MOST_SECONDS))
            assert process.is_alive(), "ten kills must fit into the search"
            os.kill(process.pid, signal.SIGKILL)
            process.join(60)
            kills += 1
    for folder in folders:
        with warm.started(COMMAND, folder, (folder / "said.txt",) * 2, shares_server=False) as process:
            process.join(600)
            assert process.exitcode == 0, (folder / "said.txt").read_text()
    for name in ("tuning.csv", "plan.csv"):
        texts = [(folder / "sweep" / name).read_text() for folder in folders]
        assert texts[0] == texts[1]
    assert trained_in(folders[0] / "sweep") == trained_in(folders[1] / "sweep")
    trials = texts[0].count("\ntuning,")
    measured(f"{kills} SIGKILL in a search of {trials} tuning runs, bit-identical")
