"""Time and memory of a report on many runs (`make bench-report`).

The runs are made up: they have the files of training runs, by default with predictions for 1,000 examples each.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.reporting.scores import scores

_SEEDS = 10
_RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
_CLASSES = 10


def make_runs(root: Path, runs: int, epochs: int, examples: int) -> None:
    """Write a grid of optimizers and learning rates with ten seeds each, like a finished sweep."""
    random = np.random.default_rng(0)
    labels = random.integers(0, _CLASSES, examples).astype(np.int32)
    for number in range(runs):
        variant, seed = divmod(number, _SEEDS)
        optimizer, rate = divmod(variant, len(_RATES))
        overrides = [f"optimizer=optimizer_{optimizer}", f"optimizer.learning_rate={_RATES[rate]}", f"seed={seed}"]
        directory = RunDirectory(root / f"{number:05d}")
        directory.path.mkdir(parents=True)
        level = 0.95 + 0.001 * rate + 0.002 * random.standard_normal()
        history = [_epoch(epoch, level, random) for epoch in range(1, epochs + 1)]
        directory.write_history(history)
        record = _record(f"{number:012x}", overrides, seed).with_history(history)
        probabilities = _probabilities(labels, level, random)
        test = {"accuracy": level, "loss": 1 - level}
        directory.write_record(
            RunRecord(**vars(record) | {"test": test, "scores": scores(probabilities, labels), "status": "completed"})
        )
        directory.write_predictions(
            test_probabilities=probabilities,
            test_labels=labels,
            validation_probabilities=probabilities,
            validation_labels=labels,
        )


def _epoch(epoch: int, level: float, random: np.random.Generator) -> dict[str, float]:
    accuracy = level - 0.3 / epoch + 0.002 * random.standard_normal()
    values = {"loss": 1 - accuracy, "accuracy": accuracy + 0.01, "val_loss": 1.1 - accuracy, "val_accuracy": accuracy}
    return {"epoch": epoch, **values, "learning_rate": 0.001 * 0.9**epoch, "seconds": 0.3}


def _probabilities(labels: np.ndarray, level: float, random: np.random.Generator) -> np.ndarray:
    sure = np.where(random.random(len(labels)) < level, labels, (labels + 1) % _CLASSES)
    return (0.9 * np.eye(_CLASSES)[sure] + 0.1 / _CLASSES).astype(np.float32)


def _record(run_id: str, overrides: list[str], seed: int) -> RunRecord:
    return RunRecord(
        run_id=run_id,
        name="run",
        seed=seed,
        status="running",
        choices={"model": "mlp"},
        overrides=overrides,
        dataset={"name": "mnist", "fingerprint": "f" * 64, "train": 48_000, "validation": 12_000, "test": 10_000},
        device={"name": "CPU", "threads": 1},
        versions={"python": "3.13"},
        code={"commit": "c" * 40, "dirty": False},
        parameters=101_770,
        started="2026-01-01T00:00:00+00:00",
        seconds={"train": 6.0, "total": 7.0},
    )


def main() -> None:
    """Make the runs, report on them as a user would, and print seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--examples", type=int, default=1_000, help="predictions of each run")
    chosen = parser.parse_args()
    for runs in chosen.runs:
        with tempfile.TemporaryDirectory() as root:
            sweep = Path(root) / "sweep"
            make_runs(sweep, runs, chosen.epochs, chosen.examples)
            for what in (["--format", "csv"], []):
                command = [sys.executable, "-m", "runner", "report", str(sweep), "--out", f"{root}/out", *what]
                started = time.perf_counter()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                seconds = time.perf_counter() - started
                largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
                print(
                    f"{runs:6d} runs, {' '.join(what) or 'everything':12s} {seconds:6.1f} s, at most {largest:5.0f} MB"
                )


if __name__ == "__main__":
    main()
