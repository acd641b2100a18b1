"""A pool that has trained hundreds of runs is as it was after the first: memory, files, processes, time a run."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
import pytest

MIB = 2**20
GROWTH = 1.10  # of a worker's memory, that is allowed from the warm-up to the end
SLOWER = 1.5  # the last runs over the early ones; machines are shared and noisy
EVERY = 0.2  # seconds between two looks


@dataclass(frozen=True)
class Look:
    """What a process had when so many runs were done."""

    done: int
    pid: int
    memory: int  # bytes that are its own
    files: int
    threads: int


def workers_of(parent: psutil.Process) -> list[psutil.Process]:
    """Return the processes that train for a sweep."""
    return [
        worker
        for server in parent.children()
        if "forkserver" in " ".join(server.cmdline())
        for worker in server.children()
    ]


def watched(command: list[str], sweep: Path, cwd: Path) -> tuple[list[Look], set[psutil.Process]]:
    """Run a sweep; return looks at its workers, and all processes that it started."""
    looks, started = [], set()
    with (cwd / "said.txt").open("wb") as said, subprocess.Popen(command, cwd=cwd, stdout=said, stderr=said) as process:
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            done = sum(path.exists() for path in sweep.glob("*/predictions.npz"))
            try:
                started |= set(parent.children(recursive=True))
                for worker in workers_of(parent):
                    memory = worker.memory_full_info().uss
                    looks.append(Look(done, worker.pid, memory, worker.num_fds(), worker.num_threads()))
            except psutil.Error:  # one of them has just ended
                pass
            time.sleep(EVERY)
    assert process.returncode == 0, (cwd / "said.txt").read_text()
    return looks, started


def total_seconds(sweep: Path) -> list[tuple[str, float]]:
    """Return every run's diagnostics and seconds, in the order in which they ended."""
    paths = sorted(sweep.glob("*/record.json"), key=lambda path: path.stat().st_mtime)
    records = [json.loads(path.read_text()) for path in paths]
    return [(record["choices"]["diagnostics"], record["seconds"]["total"]) for record in records]


@pytest.mark.parametrize("kind", ["one configuration", "many configurations"])
def test_workers_stay_as_they_were_after_the_warm_up(kind, attempts, measured, tmp_path):
    runs, warm = attempts(24, 500), attempts(8, 50)
    rates = attempts(1, 25) if kind == "many configurations" else 1
    chosen = ",".join(f"{0.001 + 0.0001 * number:.4f}" for number in range(rates))
    command = [sys.executable, "-m", "runner", "-m", "dataset=mnist_5k", "dataset.train_size=500", "training.epochs=1"]
    command += [f"optimizer.learning_rate={chosen}", "hydra.sweep.dir=sweep"]
    if kind == "many configurations":  # of which half share nothing that is compiled, not even between seeds
        command += ["diagnostics=[],[gradients]", f"seed=range({runs // rates // 2})"]
    else:
        command += [f"seed=range({runs})"]
    looks, started = watched(command, tmp_path / "sweep", tmp_path)

    seconds = total_seconds(tmp_path / "sweep")
    assert len(seconds) == runs
    windows = {
        pid: [
            [look for look in looks if look.pid == pid and first <= look.done < last]
            for first, last in ((warm, 2 * warm), (runs - warm, runs + 1))
        ]
        for pid in {look.pid for look in looks}
    }
    compared = [both for both in windows.values() if all(both)]  # on a busy machine a worker may not be seen in one
    assert compared
    for early, late in compared:
        memory = [median(look.memory for look in some) for some in (early, late)]
        files = [min(look.files for look in some) for some in (early, late)]  # at most: those being written too
        measured(
            f"{kind}, {runs} runs, a worker: {memory[0] / MIB:.0f} MiB after {warm}, {memory[1] / MIB:.0f} at the end;"
            f" {files[0]} and {files[1]} open files"
        )
        assert memory[1] < GROWTH * memory[0]
        assert files[1] <= files[0]
        assert min(look.threads for look in late) <= min(look.threads for look in early)
    early, late = seconds[warm : 2 * warm], seconds[-warm:]
    alike = {diagnostics for diagnostics, _ in early} & {diagnostics for diagnostics, _ in late}
    assert alike
    for diagnostics in alike:  # with them every run compiles, without most need not
        medians = [median(value for name, value in some if name == diagnostics) for some in (early, late)]
        measured(
            f"{kind}, diagnostics={diagnostics}: {medians[0]:.2f} s a run after {warm}, {medians[1]:.2f} at the end"
        )
        assert medians[1] < SLOWER * medians[0]
    assert not psutil.wait_procs(started, timeout=10)[1]
