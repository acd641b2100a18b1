import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from subprocess import CompletedProcess
from threading import Thread
from typing import TextIO

import pytest

from runner.core.errors import UserError
from runner.core.lock import Locked, is_locked, run_lock, waiting_lock

HOLD = """
import os
import sys
from pathlib import Path
from runner.core.lock import run_lock
with run_lock(Path(sys.argv[1])):
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Holder:
    """Another process that holds the lock until `end` is closed."""

    process: int
    end: TextIO
    ended: Future[CompletedProcess[str]]


@pytest.fixture
def holder(shell, tmp_path, tmp_path_factory) -> Iterator[Holder]:
    pipes = tmp_path_factory.mktemp("pipes")
    for name in ("in", "out"):
        os.mkfifo(pipes / name)
    hold = f"exec python -c '{HOLD}' {tmp_path} < in > out"
    with ThreadPoolExecutor(1) as thread:
        ended = thread.submit(shell, hold, cwd=pipes)
        with (pipes / "in").open("w") as end, (pipes / "out").open() as said:
            yield Holder(int(said.readline()), end, ended)


def test_one_process_at_a_time(tmp_path, holder):
    assert is_locked(tmp_path)
    with pytest.raises(Locked, match="this run is in use by another process") as caught, run_lock(tmp_path):
        pass
    assert isinstance(caught.value, UserError)  # one message, for any command
    holder.end.close()
    holder.ended.result()
    with run_lock(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


def test_a_lock_whose_holder_was_killed_is_free(tmp_path, holder):
    os.kill(holder.process, signal.SIGKILL)
    holder.ended.result()
    assert (tmp_path / ".lock").exists()
    assert not is_locked(tmp_path)
    with run_lock(tmp_path):
        pass


def test_who_waits_gets_it_when_the_holder_ends(tmp_path, holder):
    holder.end.close()
    with run_lock(tmp_path, wait=True):
        assert holder.ended.result().returncode == 0


def test_nothing_is_left_behind(tmp_path):
    with run_lock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
    assert not is_locked(tmp_path / "nowhere")


def test_a_waiting_lock_excludes_others_and_leaves_no_file(tmp_path):
    order, file = [], tmp_path / "lock"

    def second():
        with waiting_lock(file):
            order.append("second")

    with waiting_lock(file):
        other = Thread(target=second)
        other.start()
        other.join(0.2)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    assert not file.exists()
