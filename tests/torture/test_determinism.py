"""A configuration and a seed give the same bits: again, on other workers, in another order, elsewhere, after a resume.

What may differ is said in docs/reliability.md: the number of threads, the kind of CPU, a GPU.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.torture.results import Result, result_of, results_in

CHOSEN = (
    "dataset=mnist_5k",
    "dataset.train_size=1000",
    "training.epochs=20",
    "regularizer=[dropout]",
    "augmentation=[translation]",
)
SEEDS = "seed=0,1"


def run_sweep(cwd: Path, *arguments: str) -> dict[tuple[str, int], Result]:
    """Run a sweep in a folder; return each run's result by its optimizer and seed."""
    cwd.mkdir()
    command = [sys.executable, "-m", "runner", "-m", *CHOSEN, "hydra.sweep.dir=sweep", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return results_in(cwd / "sweep")


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> dict[tuple[str, int], Result]:
    """Both seeds, trained by one worker."""
    return run_sweep(tmp_path_factory.mktemp("reference") / "first", SEEDS, "hydra.launcher.workers=1")


def test_the_two_seeds_differ(reference):
    assert reference["adam", 0] != reference["adam", 1]


def test_repeats_are_bit_identical(reference, attempts, measured, tmp_path):
    repeats = attempts(1, 10)
    for number in range(repeats):
        assert run_sweep(tmp_path / f"repeat {number}", SEEDS, "hydra.launcher.workers=1") == reference
    measured(f"{repeats} repeats of 2 runs, in other directories: bit-identical")


def test_so_are_runs_on_two_workers_and_in_another_order(reference, measured, tmp_path):
    assert run_sweep(tmp_path / "two", "seed=1,0", "hydra.launcher.workers=2") == reference
    measured("2 workers, in another order: bit-identical")


def test_so_is_a_run_after_runs_of_other_configurations(reference, measured, tmp_path):
    # A worker keeps the data, and what it compiled for the run before.
    found = run_sweep(tmp_path / "mixed", "seed=0", "optimizer=sgd,adam,momentum", "hydra.launcher.workers=1")
    assert len(found) == 3
    assert found["adam", 0] == reference["adam", 0]
    measured("after runs of other optimizers in the same worker: bit-identical")


def test_so_is_a_single_run(reference, measured, tmp_path):
    command = [sys.executable, "-m", "runner", *CHOSEN, "seed=1", "hydra.run.dir=single"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert dict([result_of(tmp_path / "single")]) == {("adam", 1): reference["adam", 1]}
    measured("a run of its own, outside a sweep: bit-identical")


def test_so_is_a_run_that_was_interrupted(reference, measured, tmp_path):
    command = [sys.executable, "-m", "runner", *CHOSEN, "seed=1", "hydra.run.dir=single"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        checkpoint = tmp_path / "single" / "checkpoint"
        while process.poll() is None and not (checkpoint.is_dir() and any(checkpoint.glob("[!.]*"))):
            time.sleep(0.002)
        process.kill()
    assert process.returncode == -signal.SIGKILL, "it had ended before it could be interrupted"
    subprocess.run([sys.executable, "-m", "runner", "resume", "single"], cwd=tmp_path, capture_output=True, check=True)
    assert dict([result_of(tmp_path / "single")]) == {("adam", 1): reference["adam", 1]}
    measured("killed after its first epoch and resumed: bit-identical")
