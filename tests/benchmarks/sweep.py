"""Measure a sweep against the article's script, run as often one after the other (`make bench-sweep`).

Whole processes, start-up included: 12 runs of the MLP, 5 epochs each, on the real MNIST (RUNNER_DATA_DIR). The sweep
has four learning rates on three seeds, so it compiles four times; the script compiles in every process.
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
RATES, SEEDS, EPOCHS = "0.0003,0.001,0.003,0.01", "0,1,2", 5
RUNS = len(RATES.split(",")) * len(SEEDS.split(","))
REQUIRED_RATIO, REQUIRED_OVERHEAD = 9.0, 0.5


def scripts_seconds() -> float:
    """Return the seconds that all runs take as scripts, one after the other."""
    started = time.perf_counter()
    for _ in range(RUNS):
        command = [sys.executable, "-m", "tests.benchmarks.article_fit", "mlp", "0", str(EPOCHS)]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - started


def sweep_seconds() -> tuple[float, list[float]]:
    """Return the seconds that the same takes as a sweep, and each run's seconds beside its epochs."""
    with tempfile.TemporaryDirectory() as folder:
        overrides = [f"optimizer.learning_rate={RATES}", f"seed={SEEDS}", f"training.epochs={EPOCHS}", "dataset=mnist"]
        command = [sys.executable, "-m", "runner", "-m", *overrides, f"hydra.sweep.dir={folder}"]
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        seconds = time.perf_counter() - started
        records = [json.loads(path.read_text()) for path in Path(folder).glob("*/record.json")]
    assert len(records) == RUNS
    records.sort(key=lambda record: record["finished"])
    return seconds, [record["seconds"]["total"] - record["seconds"]["train"] for record in records]


def main() -> None:
    """Measure both in turn, and print what came out."""
    parser = argparse.ArgumentParser(prog="make bench-sweep ARGS=...", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    rounds = parser.parse_args().rounds
    pairs = [(scripts_seconds(), *sweep_seconds()) for _ in range(rounds)]
    for scripts, sweep, overheads in pairs:
        ratio = scripts / sweep
        later = overheads[2:]  # each of two workers' first run decodes the data and compiles
        print(f"{RUNS} scripts {scripts:.1f} s, one sweep {sweep:.1f} s: {ratio:.2f} times (required {REQUIRED_RATIO})")
        print(
            f"a run beside its epochs: first {max(overheads[:2]):.2f} s, then median {statistics.median(later):.2f} s,"
            f" most {max(later):.2f} s (required {REQUIRED_OVERHEAD})"
        )


if __name__ == "__main__":
    main()
