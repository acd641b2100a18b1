import errno
import math
import os
import signal
import sys
import threading
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from pebble import ProcessPool

from runner.core.errors import ConfigError, EnvironmentFault
from runner.sweeps.hydra_launchers import LocalLauncher, usable_cores, visible_gpus
from runner.sweeps.pools.base import WorkerLost
from runner.sweeps.pools.local import LocalPool
from runner.sweeps.pools.server import PRELOAD


def square(number: int) -> int:
    return number * number


def process_and_environment(task: str) -> tuple[int, str]:
    return os.getpid(), os.environ["SLOT"]


def die(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 4:
        raise ValueError("four")
    return number


def fail(error: BaseException) -> None:
    raise error


def never_end(task: int) -> None:
    threading.Event().wait(60)  # far beyond all limits, but a pool that ignores them ends too


def is_imported(module: str) -> bool:
    return module in sys.modules


def kind(task: object) -> str:
    return str(task)[:1]


@pytest.fixture
def pool():
    made = LocalPool([{"SLOT": "a"}, {"SLOT": "b"}], timeout_s=None)
    yield made
    made.close()


def test_every_task_has_its_result(pool):
    assert dict(pool.results(square, range(20), kind)) == {number: number * number for number in range(20)}
    assert list(pool.results(square, [], kind)) == []


def test_a_worker_is_forked_from_a_process_that_has_imported_what_runs_need(pool):
    assert dict(pool.results(is_imported, [PRELOAD, "runner.run.execute"], kind)) == {
        PRELOAD: True,
        "runner.run.execute": True,
    }


def test_a_worker_that_dies_costs_its_own_task(pool):
    found = dict(pool.results(die, range(8), kind))
    lost = {task: result for task, result in found.items() if isinstance(result, WorkerLost)}
    assert {task: str(reason) for task, reason in lost.items()} == {
        3: "the worker was killed by SIGKILL (out of memory?)",
        4: "ValueError: four",
    }
    assert all(found[task] == task for task in range(8) if task not in lost)


def test_whatever_a_task_raises_costs_it_alone_and_is_not_waited_for(pool):
    # The pool itself raises the first two for tasks that took too long or were cancelled.
    errors = [TimeoutError("of a server"), CancelledError("there"), SystemExit(3), KeyboardInterrupt("here")]
    found = [str(result) for _, result in pool.results(fail, errors, kind)]
    assert sorted(found) == [
        "CancelledError: there",
        "KeyboardInterrupt: here",
        "SystemExit: 3",
        "TimeoutError: of a server",
    ]


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_dies_between_two_tasks_costs_none(signal_number):
    pool = LocalPool([{"SLOT": "a"}], timeout_s=None)
    for _ in range(2):
        ((_, (pid, _)),) = pool.results(process_and_environment, ["x"], kind)
        os.kill(pid, signal_number)
        with suppress(psutil.NoSuchProcess):
            while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
    pool.close()


@pytest.mark.parametrize("error", [OSError("no more files"), RuntimeError("broken"), ValueError("what?")])
def test_a_task_that_cannot_be_handed_out_is_lost_and_waited_for_no_longer(pool, error, monkeypatch):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(ProcessPool, "schedule", refuse)
    found = dict(pool.results(square, range(3), kind))
    assert {str(result).partition(": ")[2] for result in found.values()} == {str(error)}


def test_a_machine_on_which_no_worker_can_start_is_said_once(pool, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(ProcessPool, "schedule", refuse)
    with pytest.raises(EnvironmentFault, match="too many open files"):
        list(pool.results(square, range(3), kind))


def test_tasks_of_a_kind_stay_with_a_worker_in_its_own_environment(pool):
    tasks = [f"{letter}{number}" for number in range(4) for letter in "xy"]
    found = dict(pool.results(process_and_environment, tasks, kind))
    workers = {letter: {found[task] for task in tasks if task[0] == letter} for letter in "xy"}
    assert {slot for _, slot in workers["x"] | workers["y"]} == {"a", "b"}
    assert len(workers["x"]) + len(workers["y"]) <= 3  # one worker may have helped at the end


def test_what_takes_too_long_is_given_up():
    pool = LocalLauncher(workers=1, timeout_s=0.5).pool()
    ((_, result),) = pool.results(never_end, [1], kind)
    assert str(result) == "stopped after timeout_s=0.5 seconds"
    pool.close()


def test_closing_ends_busy_workers(pool):
    others = psutil.Process().children(recursive=True)  # from fixtures that other tests share
    busy = threading.Thread(target=lambda: next(pool.results(never_end, [1, 2], kind)), daemon=True)
    busy.start()
    deadline = time.monotonic() + 60
    while not (workers := [child for child in _workers() if child not in others]):
        assert time.monotonic() < deadline
    pool.close()
    assert psutil.wait_procs(workers, timeout=30)[1] == []


def _workers() -> list[psutil.Process]:
    return [process for process in psutil.Process().children(recursive=True) if process.ppid() != os.getpid()]


class TestLocalLauncher:
    def test_has_a_worker_a_core_unless_told_otherwise(self, monkeypatch):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        assert LocalLauncher().pool().workers == usable_cores() >= 1
        assert LocalLauncher(workers=3).pool().workers == 3

    def test_has_a_worker_a_gpu_where_there_are_any(self, monkeypatch):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
        assert LocalLauncher().pool().workers == 2
        assert LocalLauncher(runs_per_gpu=3).pool().workers == 6

    @pytest.mark.parametrize(
        "given",
        [
            *({"workers": value} for value in (0, True, "many")),
            *({"runs_per_gpu": value} for value in (0, "auto")),
            *({"timeout_s": value} for value in (0, True, math.inf, math.nan)),
        ],
    )
    def test_refuses_what_makes_no_sense(self, given):
        with pytest.raises(ConfigError, match=f"hydra.launcher.{next(iter(given))}="):
            LocalLauncher(**given)


def test_gpus_are_those_that_the_environment_leaves_or_the_driver_has(tmp_path: Path):
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "1,GPU-abc"}) == ["1", "GPU-abc"]
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": ""}) == visible_gpus({"CUDA_VISIBLE_DEVICES": "-1"}) == []
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / bus).mkdir()
    assert visible_gpus({}, tmp_path) == ["0", "1"]
    assert visible_gpus({}, tmp_path / "none") == []
