"""Many processes in one outputs folder: no run is trained twice or lost, and reports can be written in the meantime."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from multiprocessing.process import BaseProcess
from pathlib import Path

import pandas as pd
import pytest

from tests import warm

TINY = ("-m", "dataset=digits", "model.hidden_units=[8]", "hydra.launcher.workers=1")

pytestmark = pytest.mark.promise(
    "**Concurrency**: several processes may start the same sweep, report on it while it trains, or share an outputs"
    " directory (only one process at a time may tune with a sampler that learns or with a pruner; a second one is"
    " refused)"
)


@pytest.fixture
def start(attempts, tmp_path) -> Iterator[Callable[..., BaseProcess]]:
    """start("seed=0,1") -> a process of `runner`; all of them write their output to one file.

    With figures=False its report has figures only under `make torture`.
    """
    said = tmp_path / "said.txt"
    with ExitStack() as stack:

        def started(*arguments: str, figures: bool = True) -> BaseProcess:
            own = bool(attempts(0, 1))  # under `make torture`, each process starts its workers as it would for a user
            process = warm.started(arguments, tmp_path, (said, said), shares_server=not own, figures=figures or own)
            return stack.enter_context(process)

        yield started


def assert_all_end_with_0(processes: list[BaseProcess], cwd: Path) -> None:
    for process in processes:
        process.join(600)
    assert [process.exitcode for process in processes] == [0] * len(processes), (cwd / "said.txt").read_text()


def assert_complete(sweep: Path, runs: int) -> None:
    """Check that every run was trained to its end, only once, and is in the table."""
    records = [json.loads(path.read_text()) for path in sweep.glob("*/record.json")]
    assert [record["status"] for record in records] == ["completed"] * runs
    for log in sweep.glob("*/run.log"):
        assert log.read_text().count(": epoch 1 ") == 1, log
    assert len(pd.read_csv(sweep / "summary.csv")) == runs
    assert not [*sweep.rglob(".lock"), *sweep.rglob("checkpoint"), *sweep.rglob(".*.csv")]


def test_many_processes_start_one_sweep_and_others_in_one_outputs_folder_at_once(start, attempts, measured, tmp_path):
    """Two of the other sweeps even share a directory."""
    processes, runs = attempts(2, 8), attempts(3, 6)
    same = (*TINY, "training.epochs=1", f"seed=range({runs})", "hydra.sweep.dir=outputs/same")
    others = [
        (*TINY, "training.epochs=1", f"optimizer={optimizer}", "seed=0,1", "hydra.sweep.dir=outputs/others")
        for optimizer in ("sgd", "momentum")
    ]
    began = time.perf_counter()
    started = [start(*same, figures=False) for _ in range(processes)] + [start(*sweep) for sweep in others]
    assert_all_end_with_0(started, tmp_path)
    assert_complete(tmp_path / "outputs" / "same", runs)
    records = [json.loads(path.read_text()) for path in tmp_path.glob("outputs/others/*/record.json")]
    assert [record["status"] for record in records] == ["completed"] * 4
    measured(
        f"{processes} processes ran one sweep of {runs} runs and trained each run once; 2 more ran other sweeps in one"
        f" directory; {time.perf_counter() - began:.0f} s in all"
    )


def test_a_report_is_written_while_its_runs_train(start, cli, attempts, measured, tmp_path):
    runs, most = attempts(2, 20), attempts(2, 1000)
    formats = () if attempts(0, 1) else ("--format", "csv")
    sweep = start(*TINY, "training.epochs=200", f"seed=range({runs})", "hydra.sweep.dir=sweep", figures=False)
    rows = []
    while sweep.is_alive() and len(rows) < most:
        if not any(tmp_path.glob("sweep/*/record.json")):
            time.sleep(0.1)
            continue
        done = cli("report", "sweep", "--out", "report", *formats, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        rows.append(len(pd.read_csv(tmp_path / "report" / "summary.csv")))
    assert_all_end_with_0([sweep], tmp_path)
    assert rows
    assert rows == sorted(rows)
    assert_complete(tmp_path / "sweep", runs)
    measured(f"{len(rows)} reports while {runs} runs trained")
