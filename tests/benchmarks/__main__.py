"""Measure the engine against plain `model.fit`; print one table of medians and ratios.

python -m tests.benchmarks [--rounds 3] [--epochs 5]      needs the real MNIST (RUNNER_DATA_DIR)

Each figure comes from a separate process; the processes alternate, so that a machine that slows down affects all of
them.
"""

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]


def fit_epoch(network: str, threads: int, epochs: int) -> list[float]:
    """Return the seconds of each epoch of the article's script, except the first, which compiles."""
    command = [sys.executable, "-m", "tests.benchmarks.article_fit", network, str(threads), str(epochs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])[1:]


def runner_epoch(network: str, threads: str, epochs: int) -> list[float]:
    """Return the seconds of the program's epochs, from the history that it writes."""
    with tempfile.TemporaryDirectory() as directory:
        overrides = [f"model={network}", f"training.epochs={epochs}", f"device.threads={threads}", "dataset=mnist"]
        command = [sys.executable, "-m", "runner", *overrides, f"hydra.run.dir={directory}"]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        with (Path(directory) / "history.csv").open() as stream:
            return [float(row["seconds"]) for row in csv.DictReader(stream)][1:]


def cases(epochs: int) -> dict[str, Callable[[], list[float]]]:
    return {
        "MLP: article's script, default threads": lambda: fit_epoch("mlp", 0, epochs),
        "MLP: article's script, one thread": lambda: fit_epoch("mlp", 1, epochs),
        "MLP: runner": lambda: runner_epoch("mlp", "auto", epochs),
        "MLP: runner, one thread": lambda: runner_epoch("mlp", "1", epochs),
        "CNN: article's script, default threads": lambda: fit_epoch("cnn", 0, epochs),
        "CNN: runner": lambda: runner_epoch("cnn", "auto", epochs),
    }


# (name, numerator, denominator, required minimum)
RATIOS = [
    ("MLP, against the article's script", "MLP: article's script, default threads", "MLP: runner", 5.0),
    ("MLP, against the script with one thread", "MLP: article's script, one thread", "MLP: runner", 3.5),
    ("CNN, against the article's script", "CNN: article's script, default threads", "CNN: runner", 1.5),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is measured (default 3)")
    parser.add_argument(
        "--epochs", type=int, default=6, help="epochs of a training run, the first not counted (default 6)"
    )
    chosen = parser.parse_args()
    samples: dict[str, list[float]] = defaultdict(list)
    for _ in range(chosen.rounds):
        for name, measure in cases(chosen.epochs).items():
            samples[name] += measure()
    show(samples)


def show(samples: dict[str, list[float]]) -> None:
    console = Console(width=110)
    seconds = Table(
        "seconds",
        "median",
        "min",
        "max",
        "n",
        title=f"{os.cpu_count()} CPUs, {platform.processor() or platform.machine()}",
    )
    for name, values in samples.items():
        seconds.add_row(name, *(f"{figure(values):.3f}" for figure in (statistics.median, min, max)), str(len(values)))
    console.print(seconds)

    median = {name: statistics.median(values) for name, values in samples.items()}
    verdicts = Table("claim", "measured", "required", "")
    for what, slow, fast, least in RATIOS:
        ratio = median[slow] / median[fast]
        verdicts.add_row(what, f"{ratio:.2f} times", f"at least {least}", "met" if ratio >= least else "NOT met")
    console.print(verdicts)


if __name__ == "__main__":
    main()
