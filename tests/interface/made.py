"""Runs for the examples of the Python interface."""

from pathlib import Path

import numpy as np

from tests.reporting.conftest import run_maker


def made_runs(base: Path) -> None:
    """Make `outputs/sweeps/optimizers` with seven seeds of sgd and adam; the first run has predictions."""
    make_run = run_maker(base / "outputs" / "sweeps" / "optimizers")
    for seed in range(7):
        for place, (optimizer, accuracy) in enumerate({"sgd": 75 + seed, "adam": 80 + 3 * seed % 7}.items()):
            directory = make_run(
                str(2 * seed + place),
                overrides=[f"optimizer={optimizer}", f"seed={seed}"],
                seed=seed,
                accuracies=[0.5, accuracy / 100],
                choices={"optimizer": optimizer},
                run_id=f"{seed}{place}0000000000",
            )
            (directory / "config.yaml").write_text("training: {epochs: 2}\noptimizer: {learning_rate: 0.1}\n")
    probabilities = np.full((4, 2), 0.5, np.float32)
    parts = ("test", "validation")
    arrays = {f"{part}_probabilities": probabilities for part in parts} | {
        f"{part}_labels": np.zeros(4, np.int32) for part in parts
    }
    np.savez(base / "outputs" / "sweeps" / "optimizers" / "0" / "predictions.npz", **arrays)
