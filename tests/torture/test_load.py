"""After hundreds of runs, a pool uses no more memory, files, processes or computing time per run than at first."""

from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median
from time import sleep

import psutil
import pytest

from tests import warm

MIB = 2**20
GROWTH = 1.10  # allowed growth of a worker's memory from the warm-up to the end
SLOWER = 1.5  # allowed ratio of the last runs to the early ones
EVERY = 0.1  # seconds between two measurements


@dataclass(frozen=True)
class Look:
    """Resources of a process after a number of runs."""

    done: int
    pid: int
    memory: int  # bytes of its own memory
    files: int
    threads: int
    computed: float  # processor seconds


def workers_of(parent: psutil.Process) -> Iterator[psutil.Process]:
    """Yield the worker processes of a sweep."""
    for server in parent.children():
        if "forkserver" in " ".join(server.cmdline()):
            yield from server.children()


def watched(process: BaseProcess, sweep: Path) -> tuple[list[Look], set[psutil.Process]]:
    """Return measurements of a sweep's workers until its end, and all processes that it started."""
    looks, started = [], set()
    parent = psutil.Process(process.pid)
    while process.is_alive():
        done = sum(path.exists() for path in sweep.glob("*/predictions.npz"))
        try:
            started |= set(parent.children(recursive=True))
            for worker in workers_of(parent):
                memory, times = worker.memory_full_info().uss, worker.cpu_times()
                computed = times.user + times.system
                looks.append(Look(done, worker.pid, memory, worker.num_fds(), worker.num_threads(), computed))
        except psutil.Error:  # one of them has just ended
            pass
        sleep(EVERY)
    return looks, started


def between(looks: list[Look], first: int, last: int) -> list[Look]:
    """Return the measurements during these runs, even if a busy machine allowed fewer than one per run."""
    begin = max((at for at, look in enumerate(looks) if look.done <= first), default=0)
    end = next((at for at, look in enumerate(looks) if look.done >= last), len(looks))
    return looks[begin : end + 1]


def computed_a_run(looks: list[Look]) -> float:
    """Return the processor seconds per run of all workers between the first and the last measurement."""
    spent = 0.0
    for pid in {look.pid for look in looks}:
        own = [look.computed for look in looks if look.pid == pid]
        spent += own[-1] - own[0]
    return spent / (looks[-1].done - looks[0].done)


@pytest.mark.promise(
    "**Load**: after hundreds of runs a worker uses no more memory, no more files and no more computing time per run"
    " than after fifty"
)
@pytest.mark.parametrize("kind", ["one configuration", "many configurations"])
def test_workers_stay_as_they_were_after_the_warm_up(kind, attempts, measured, tmp_path, request):
    if kind == "one configuration":
        request.getfixturevalue("long_form")
    runs, warm_up = attempts(9, 500), attempts(3, 50)
    command = ["-m", "dataset=digits", "model.hidden_units=[16]", "training.epochs=1", "hydra.sweep.dir=sweep"]
    command += [f"hydra.launcher.workers={attempts(1, 2)}"]
    if kind == "one configuration":
        command += [f"seed=range({runs})"]
    else:  # they share no compiled functions; with diagnostics, not even two seeds do
        rates = attempts(1, 25)
        chosen = ",".join(f"{0.001 + 0.0001 * number:.4f}" for number in range(rates))
        diagnostics = ["[gradients]", "[gradients],[]"][attempts(0, 1)]
        command += [f"optimizer.learning_rate={chosen}", f"diagnostics={diagnostics}"]
        command += [f"seed=range({runs // rates // attempts(1, 2)})"]
    said = tmp_path / "said.txt"
    with warm.started(tuple(command), tmp_path, (said, said), figures=bool(attempts(0, 1))) as process:
        looks, started = watched(process, tmp_path / "sweep")
        assert process.exitcode == 0, said.read_text()
    assert len(list(tmp_path.glob("sweep/*/predictions.npz"))) == runs

    early, late = between(looks, warm_up, 2 * warm_up), between(looks, runs - warm_up, runs)
    compared = {look.pid for look in early} & {look.pid for look in late}
    assert compared
    for pid in compared:
        both = [[look for look in some if look.pid == pid] for some in (early, late)]
        memory = [median(look.memory for look in some) for some in both]
        files = [median(look.files for look in some) for some in both]  # more during a run than between two runs
        threads = [min(look.threads for look in some) for some in both]
        measured(
            f"{runs} runs of {kind}: a worker uses {memory[0] / MIB:.0f} MiB and {files[0]:.0f} open files"
            f" after {warm_up} runs, and {memory[1] / MIB:.0f} MiB and {files[1]:.0f} open files at the end"
        )
        assert memory[1] < GROWTH * memory[0]
        assert files[1] <= files[0]
        assert threads[1] <= threads[0]
    seconds = computed_a_run(early), computed_a_run(late)
    measured(f"{seconds[0]:.2f} s of computing per run at first, and {seconds[1]:.2f} s at the end")
    assert seconds[1] < SLOWER * seconds[0]
    assert not psutil.wait_procs(started, timeout=60)[1]
