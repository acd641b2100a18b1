"""Many processes at one outputs folder: no run is trained twice, none is lost, and reports can be written meanwhile."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

RUNNER = (sys.executable, "-m", "runner")
TINY = ("-m", "dataset=mnist_5k", "dataset.train_size=500")


def start(arguments: tuple[str, ...], cwd: Path, name: str) -> subprocess.Popen[bytes]:
    """Start the program; what it says goes to a file."""
    with (cwd / f"{name}.txt").open("wb") as said:
        return subprocess.Popen([*RUNNER, *arguments], cwd=cwd, stdout=said, stderr=subprocess.STDOUT)


def codes(processes: list[subprocess.Popen[bytes]]) -> list[int]:
    """Wait for all, and return their exit codes."""
    return [process.wait(600) for process in processes]


def assert_complete(sweep: Path, runs: int) -> None:
    """Every run was trained to its end, once, and is in the table."""
    records = [json.loads(path.read_text()) for path in sweep.glob("*/record.json")]
    assert [record["status"] for record in records] == ["completed"] * runs
    for log in sweep.glob("*/run.log"):
        assert log.read_text().count(": epoch 1 ") == 1, log
    assert len(pd.read_csv(sweep / "summary.csv")) == runs
    assert not [*sweep.rglob(".lock"), *sweep.rglob("checkpoint"), *sweep.rglob(".*.csv")]


def test_many_processes_start_one_sweep_at_once(attempts, measured, tmp_path):
    processes = attempts(3, 8)
    sweep = (*TINY, "training.epochs=1", "seed=range(6)", "hydra.sweep.dir=sweep", "hydra.launcher.workers=1")
    started = time.perf_counter()
    said = codes([start(sweep, tmp_path, f"said_{number}") for number in range(processes)])
    assert said == [0] * processes, "".join(path.read_text() for path in tmp_path.glob("said_*.txt"))
    assert_complete(tmp_path / "sweep", 6)
    measured(
        f"{processes} processes at one sweep of 6 runs, all with exit code 0, {time.perf_counter() - started:.0f} s"
    )


def test_a_report_is_written_while_its_runs_train(attempts, measured, tmp_path):
    runs = f"seed=range({attempts(4, 20)})"
    sweep = start((*TINY, "training.epochs=40", runs, "hydra.sweep.dir=sweep"), tmp_path, "sweep")
    reports, rows = 0, []
    while sweep.poll() is None:
        if not any(tmp_path.glob("sweep/*/record.json")):
            time.sleep(0.1)
            continue
        done = subprocess.run(
            [*RUNNER, "report", "sweep", "--out", "report"], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        rows.append(len(pd.read_csv(tmp_path / "report" / "summary.csv")))
        reports += 1
    assert sweep.returncode == 0
    assert reports
    assert rows == sorted(rows)
    assert_complete(tmp_path / "sweep", attempts(4, 20))
    measured(f"{reports} reports while {attempts(4, 20)} runs trained")


@pytest.mark.parametrize("own", [True, False], ids=["a directory each", "one directory"])
def test_two_different_sweeps_share_an_outputs_folder(own, tmp_path):
    directories = ("outputs/first", "outputs/second") if own else ("outputs/one", "outputs/one")
    sweeps = [
        (*TINY, "training.epochs=1", f"optimizer={optimizer}", "seed=0,1", f"hydra.sweep.dir={directory}")
        for optimizer, directory in zip(("sgd", "adam"), directories, strict=True)
    ]
    said = codes([start(sweep, tmp_path, f"said_{number}") for number, sweep in enumerate(sweeps)])
    assert said == [0, 0], "".join(path.read_text() for path in tmp_path.glob("said_*.txt"))
    for directory in set(directories):
        records = [json.loads(path.read_text()) for path in (tmp_path / directory).glob("*/record.json")]
        assert [record["status"] for record in records] == ["completed"] * (2 if own else 4)
