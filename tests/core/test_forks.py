import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest

from runner.core import forks
from runner.core.errors import UserError
from runner.core.forks import free_processes, in_processes

HERE = os.getpid()
pytestmark = [
    pytest.mark.usefixtures("processes"),
    pytest.mark.skipif(free_processes() < 2, reason="one core, or no safe fork"),
]


def process_of(number):
    time.sleep(0.01 * (number == 0))  # the first task ends last
    return number, os.getpid()


def test_results_come_in_the_order_of_the_tasks_from_other_processes():
    found = [*in_processes([partial(process_of, number) for number in range(9)], 2)]
    assert [number for number, _ in found] == [*range(9)]
    assert HERE not in {process for _, process in found}


@pytest.mark.parametrize(("tasks", "processes"), [(3, 2), (9, 1)])
def test_few_tasks_and_a_single_core_need_no_other_process(tasks, processes):
    found = [*in_processes([partial(process_of, number) for number in range(tasks)], processes)]
    assert found == [(number, HERE) for number in range(tasks)]


def refuse():
    raise UserError("key=1: no")


def test_an_error_is_raised_in_the_place_of_its_result():
    results = in_processes([partial(process_of, 0), refuse, *[partial(process_of, 2)] * 3], 2)
    assert next(results)[0] == 0
    with pytest.raises(UserError, match="key=1: no"):
        next(results)


def die_unless_here(number):
    if os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_tasks_of_a_process_that_dies_are_computed_here():
    assert [*in_processes([partial(die_unless_here, number) for number in range(5)], 2)] == [*range(5)]


def die_while_sending(number):
    if number and os.getpid() != HERE:
        signal.setitimer(signal.ITIMER_REAL, 0.1)  # the result exceeds the pipe's buffer, so sending is under way
    return number * bytes(1 << 20)


def test_a_result_that_is_cut_off_is_computed_here():
    results = in_processes([partial(die_while_sending, number) for number in range(5)], 2)
    next(results)
    for process in multiprocessing.active_children():
        process.join()
    assert [len(result) >> 20 for result in results] == [1, 2, 3, 4]


ORPHANS = """
import multiprocessing
from functools import partial
from runner.core.forks import in_processes

results = in_processes([partial(bytes, 1 << 20)] * 9, 2)
next(results)
print(*(process.pid for process in multiprocessing.active_children()), flush=True)
input()
"""


def test_processes_end_if_their_parent_is_killed():
    command = [sys.executable, "-c", ORPHANS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        orphans = [psutil.Process(int(number)) for number in parent.stdout.readline().split()]
        parent.kill()
    _, alive = psutil.wait_procs(orphans, timeout=10)
    for process in alive:
        process.kill()
    assert len(orphans) == 2
    assert not alive


def wait_long():
    time.sleep(60)


def test_processes_end_when_the_caller_stops():
    started = time.monotonic()
    results = in_processes([partial(process_of, 0), *[wait_long] * 4], 2)
    next(results)
    results.close()
    assert time.monotonic() - started < 30
    assert not multiprocessing.active_children()


def test_a_process_with_tensorflow_forks_none(monkeypatch):
    monkeypatch.setattr(forks, "_MOST", 4)
    monkeypatch.delitem(forks.sys.modules, "tensorflow", raising=False)
    assert free_processes() > 1
    monkeypatch.setitem(forks.sys.modules, "tensorflow", forks)
    assert free_processes() == 1
