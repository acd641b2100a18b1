"""Runs and sweeps that are killed or interrupted at any moment, and restarted until they are done.

The results are bit-identical to those of undisturbed runs, files on disk are kept, and no file is ever incomplete.
"""

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import pytest

from runner.core.errors import EXIT_INTERRUPTED, EXIT_TERMINATED
from tests import warm
from tests.torture.results import CHOSEN, Reader, assert_whole, epochs_of, found, leftovers, results_in, trained_epochs

SIGNALS = {
    signal.SIGKILL: -signal.SIGKILL,
    signal.SIGTERM: EXIT_TERMINATED,
    signal.SIGINT: EXIT_INTERRUPTED,
    signal.SIGHUP: EXIT_TERMINATED,
}
# Moments that last only milliseconds, by the file that is being written.
AIMS = ("", ".state.*", ".record.*", ".history.*", ".model.*", ".*.png", "")
MOST = 15  # epochs before the signal; and up to this many additional seconds:
LATE = 0.03
PROMISED = 5.0  # seconds from SIGTERM to the end
IN_EPOCH = 4.0  # seconds of computing after the first file, after which the epoch is compiled and has started

Start = Callable[[tuple[str, ...], Path], AbstractContextManager[BaseProcess]]


@pytest.fixture
def start(attempts) -> Start:
    """start(arguments, folder) -> context manager of `runner` in a folder, where its output goes to one file.

    Under `make torture`, its workers come from its own server, as they would for a user, and its sweeps have figures.
    """

    def started(arguments: tuple[str, ...], folder: Path) -> AbstractContextManager[BaseProcess]:
        said, long = folder / "said.txt", bool(attempts(0, 1))
        figures = long or "-m" not in arguments
        return warm.started(arguments, folder, (said, said), shares_server=not long, figures=figures)

    return started


@dataclass(frozen=True)
class Stop:
    """One signal that ended a program."""

    signal: signal.Signals
    seconds: float  # until the program ended


def stopped(process: BaseProcess, folder: Path, number: int, moments: random.Random) -> Stop | None:
    """End a program some epochs after it has started to write, possibly while it writes a chosen file.

    Args:
        number: number of the attempt, which determines signal and moment.

    Returns:
        The way in which the program was ended; None if it had already ended.
    """
    wanted, aim = list(SIGNALS)[number % len(SIGNALS)], AIMS[number % len(AIMS)]
    begun, rows = time.time(), _rows(folder) + moments.randint(0, MOST)
    while process.is_alive() and not any(_is_newer(path, begun) for path in found(folder, "record.json")):
        time.sleep(0.02)
    while process.is_alive() and _rows(folder) < rows:
        time.sleep(0.02)
    while process.is_alive() and aim and not found(folder, aim):
        time.sleep(0.001)
    if not aim:
        time.sleep(moments.uniform(0, LATE))
    if not process.is_alive():
        assert process.exitcode == 0, (folder / "said.txt").read_text()
        return None
    with suppress(ProcessLookupError):  # the program has just ended
        os.kill(process.pid, wanted)
    sent = time.monotonic()
    process.join(60)
    taken = time.monotonic() - sent
    assert process.exitcode in (SIGNALS[wanted], 0), (folder / "said.txt").read_text()
    return Stop(wanted, taken) if process.exitcode else None


def _is_newer(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime > moment
    except FileNotFoundError:
        return False


def rows_of(folder: Path) -> dict[Path, list[list[str]]]:
    return {path.parent: epochs_of(path.parent) for path in found(folder, "history.csv")}


def run_command(folder: Path) -> tuple[str, ...]:
    """Return the command that begins or continues a run."""
    return ("resume", "run") if (folder / "run/record.json").exists() else (*CHOSEN, "hydra.run.dir=run")


def sweep_command(folder: Path) -> tuple[str, ...]:
    """Return the command that begins a sweep with two workers, and continues it with one."""
    workers = 1 if found(folder, "history.csv") else 2
    return ("-m", *CHOSEN, "seed=0,1", "hydra.sweep.dir=sweep", f"hydra.launcher.workers={workers}")


def disturb(
    start: Start,
    command: Callable[[Path], tuple[str, ...]],
    folder: Path,
    numbers: Sequence[int],
    moments: random.Random,
) -> list[Stop]:
    """Stop a program once for each number, unless it exits earlier; then let it run to the end."""
    stops: list[Stop] = []
    rows: dict[Path, list[list[str]]] = {}
    while True:
        assert_whole(folder)
        now = rows_of(folder)
        for path, earlier in rows.items():
            assert now[path][: len(earlier)] == earlier  # including the seconds: existing epochs were not trained again
        rows = now
        if len(stops) == len(numbers):
            break
        with start(command(folder), folder) as process:
            stop = stopped(process, folder, numbers[len(stops)], moments)
        if stop is None:
            return stops
        stops.append(stop)
    if not _is_done(folder):
        with start(command(folder), folder) as process:
            process.join(600)
            assert process.exitcode == 0, (folder / "said.txt").read_text()
    return stops


def _is_done(folder: Path) -> bool:
    """Return whether a single run was stopped after it had written all files; a sweep's command can be repeated."""
    record = folder / "run/record.json"
    return record.exists() and json.loads(record.read_text())["status"] == "completed"


def _rows(folder: Path) -> int:
    return sum(map(len, rows_of(folder).values()))


@pytest.mark.promise(
    "**Kill**: a run or sweep stopped by SIGKILL, SIGTERM, SIGINT or SIGHUP at any moment, and started again, gives"
    " bit-identical results, trains no epoch twice, loses no row that was on disk, and leaves no lock or temporary"
    " file; no reader ever sees a half-written file; SIGTERM ends the process within 5 s"
)
@pytest.mark.parametrize(
    ("kind", "command", "runs", "few"), [("run", run_command, 1, 4), ("sweep", sweep_command, 2, 2)]
)
def test_stopped_at_any_moment_it_ends_as_if_it_had_not_been(
    kind, command, runs, few, start, undisturbed, attempts, measured, tmp_path
):
    wanted = attempts(few, 50)
    moments = random.Random(0)
    stops: list[Stop] = []
    read = 0
    while len(stops) < wanted:
        folder = tmp_path / f"{len(stops)}"
        folder.mkdir(exist_ok=True)
        with Reader(folder) as reader:
            stops += disturb(start, command, folder, range(wanted)[len(stops) :][: len(AIMS)], moments)
        read += reader.read
        assert results_in(folder) == dict(list(undisturbed.items())[:runs])
        for path in found(folder, "run.log"):
            epochs = trained_epochs(path.parent)
            assert len(set(epochs)) == len(epochs), path.read_text()
            assert ": epoch 40 " in path.read_text()  # it continued to the last epoch, even with `runner resume`
        assert not leftovers(folder)
        assert not found(folder, "checkpoint")
        shutil.rmtree(folder)
    counts = ", ".join(f"{sum(stop.signal == one for stop in stops)} {one.name}" for one in SIGNALS)
    slowest = max(stop.seconds for stop in stops if stop.signal == signal.SIGTERM)
    within = f"SIGTERM within {slowest:.1f} s"
    measured(f"a {kind}: {counts}, each bit-identical; {read} files read in the meantime; {within}")
    assert slowest < PROMISED


@pytest.mark.promise("SIGTERM ends a process within 5 s even in the middle of an epoch of several minutes")
def test_sigterm_in_a_long_epoch_ends_the_process_in_time(start, measured, tmp_path):
    # One call into TensorFlow. (A sweep's own process is never in one.)
    long = ("dataset=mnist_5k", "model.hidden_units=[2048,2048]", "training.batch_size=1", "training.epochs=1")
    with start((*long, "hydra.run.dir=run"), tmp_path) as process:
        while not (tmp_path / "run/record.json").exists():
            assert process.is_alive(), (tmp_path / "said.txt").read_text()
            time.sleep(0.05)
        begun = _computed(process)
        while _computed(process) < begun + IN_EPOCH:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGTERM)
        sent = time.monotonic()
        process.join(60)
        taken = time.monotonic() - sent
    assert process.exitcode == EXIT_TERMINATED, (tmp_path / "said.txt").read_text()
    assert taken < PROMISED
    assert json.loads((tmp_path / "run/record.json").read_text())["status"] == "interrupted"
    measured(f"{taken:.1f} s")


def _computed(process: BaseProcess) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system
