"""Measure the fixed cost of commands against the imports that they cannot avoid (`make bench-start`).

Each command is a separate process, and is measured alternately with its import. A run is measured without its epochs,
from the start of the process to its end: the default job on the real MNIST (RUNNER_DATA_DIR). On a busy machine,
minima and processor time are more reliable than seconds; imports in the background of training count as
processor time, but not as seconds.
"""

import argparse
import csv
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
HYDRA, TENSORFLOW = "import hydra", "import tensorflow"


@dataclass(frozen=True)
class Cost:
    """Elapsed seconds and processor seconds of a process."""

    wall: float
    processor: float


def process(*command: str, environment: dict[str, str] | None = None) -> Cost:
    """Run a command with this interpreter, and return its cost; its output and exit code are ignored."""
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(time.perf_counter() - started, used.ru_utime + used.ru_stime)


def runner(*arguments: str) -> Callable[[], Cost]:
    return lambda: process("-m", "runner", *arguments)


def completion() -> Cost:
    typed = {"COMP_LINE": "runner optimizer=ad", "COMP_POINT": "19"}
    return process("-m", "runner", "-sc", "query=bash", environment=typed)


def run_beside_its_epochs(epochs: int) -> Cost:
    """Return the seconds of the default job without those of its epochs, which also hide work in the background."""
    with tempfile.TemporaryDirectory() as directory:
        arguments = ("dataset=mnist", f"training.epochs={epochs}", f"hydra.run.dir={directory}")
        cost = process("-m", "runner", *arguments)
        with (Path(directory) / "history.csv").open() as stream:
            trained = sum(float(row["seconds"]) for row in csv.DictReader(stream))
    return Cost(cost.wall - trained, math.nan)


# name -> (measurement, its reference, the largest allowed ratio)
CASES: dict[str, tuple[Callable[[], Cost], str, float]] = {
    "runner --help": (runner("--help"), HYDRA, 3.0),
    "runner report --help": (runner("report", "--help"), HYDRA, 3.0),
    "optimizer=adamm": (runner("optimizer=adamm"), HYDRA, 3.0),
    "optimizer.learning_rat=1": (runner("optimizer.learning_rat=1"), HYDRA, 3.0),
    "training.epochs=0": (runner("training.epochs=0"), HYDRA, 3.0),
    "study=smok": (runner("study=smok"), HYDRA, 3.0),
    "tab completion": (completion, HYDRA, 3.0),
    "a run beside its epochs": (lambda: run_beside_its_epochs(20), TENSORFLOW, 1.25),
}


def measured(rounds: int) -> dict[str, list[Cost]]:
    """Return the costs of all cases and of both imports, each measured in every round."""
    costs: dict[str, list[Cost]] = {}
    for _ in range(rounds):
        for name in (HYDRA, TENSORFLOW):
            costs.setdefault(name, []).append(process("-c", name))
        for name, (measure, _, _) in CASES.items():
            costs.setdefault(name, []).append(measure())
    return costs


def least(costs: list[Cost]) -> Cost:
    return Cost(min(cost.wall for cost in costs), min(cost.processor for cost in costs))


def main() -> None:
    """Measure everything in turn, and print minima and ratios."""
    parser = argparse.ArgumentParser(prog="make bench-start ARGS=...", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each command is measured (default 5)")
    found = {name: least(costs) for name, costs in measured(parser.parse_args().rounds).items()}
    table = Table("command", "seconds", "processor s", "times", "by processor", "at most", "")
    for name, cost in found.items():
        _, base, most = CASES.get(name, (None, name, 1.0))
        times = cost.wall / found[base].wall, cost.processor / found[base].processor
        verdict = "" if name == base else "met" if times[0] <= most else "NOT met"
        row = ("-" if math.isnan(one) else f"{one:.2f}" for one in (cost.wall, cost.processor, *times))
        table.add_row(name, *row, f"{most:g} x {base}" if verdict else "", verdict)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
