"""Measure a sweep against the same number of sequential runs of the article's script (`make bench-sweep`).

The times are those of whole processes, including start-up: 12 runs of the MLP, 5 epochs each, on the real MNIST
(RUNNER_DATA_DIR). One sweep trains the script's own configuration on 12 seeds; another trains four learning rates on
three seeds, and compiles each separately.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS, EPOCHS = 12, 5
SWEEPS = {
    "12 seeds": ["seeds=12"],
    "4 learning rates on 3 seeds": ["optimizer.learning_rate=0.0003,0.001,0.003,0.01", "seeds=3"],
}
REQUIRED_RATIO, REQUIRED_OVERHEAD = 10.0, 0.5


def scripts_seconds() -> float:
    """Return the seconds that all runs take as scripts, one after the other."""
    started = time.perf_counter()
    for _ in range(RUNS):
        command = [sys.executable, "-m", "tests.benchmarks.article_fit", "mlp", "0", str(EPOCHS)]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - started


def sweep_seconds(arguments: list[str]) -> tuple[float, list[float]]:
    """Return the seconds of the same runs as a sweep, and each run's seconds without its epochs."""
    with tempfile.TemporaryDirectory() as folder:
        common = [f"training.epochs={EPOCHS}", "dataset=mnist", f"hydra.sweep.dir={folder}"]
        command = [sys.executable, "-m", "runner", *arguments, *common]
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        seconds = time.perf_counter() - started
        records = [json.loads(path.read_text()) for path in Path(folder).glob("*/record.json")]
    assert len(records) == RUNS
    records.sort(key=lambda record: record["finished"])
    return seconds, [record["seconds"]["total"] - record["seconds"]["train"] for record in records]


def main() -> None:
    """Measure both in turn, and print the results."""
    parser = argparse.ArgumentParser(prog="make bench-sweep ARGS=...", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    rounds = parser.parse_args().rounds
    for _ in range(rounds):
        scripts = scripts_seconds()
        print(f"{RUNS} scripts, one after the other: {scripts:.1f} s")
        for name, arguments in SWEEPS.items():
            sweep, overheads = sweep_seconds(arguments)
            later = overheads[2:]  # each of two workers has a first run
            print(
                f"one sweep, {name}: {sweep:.1f} s, {scripts / sweep:.2f} times (required {REQUIRED_RATIO});"
                f" a run beside its epochs: median {statistics.median(later):.2f} s, most {max(later):.2f} s"
                f" (required {REQUIRED_OVERHEAD})"
            )


if __name__ == "__main__":
    main()
