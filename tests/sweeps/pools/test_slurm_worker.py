"""The worker of a job, in a thread or in this process."""

import os
import threading
import time

import pytest

from runner.sweeps.pools.base import WorkerLost

module = pytest.importorskip("runner.sweeps.pools.slurm_worker", reason="the extra `slurm` is not installed")
Answer, Mailbox, Worker = module.Answer, module.Mailbox, module.Worker


@pytest.fixture
def in_a_job(monkeypatch):
    """Make this process the second process of job 7."""
    for name, value in {"EXECUTOR": "local", "LOCAL_JOB_ID": "7", "LOCAL_GLOBALID": "1", "LOCAL_LOCALID": "1"}.items():
        monkeypatch.setenv(f"SUBMITIT_{name}", value)
    monkeypatch.delenv("SLURM_JOB_END_TIME", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture
def box(in_a_job, tmp_path):
    return Mailbox(tmp_path, "7-1")


def awaited(box: Mailbox, number: int) -> Answer:
    deadline = time.monotonic() + 30
    while (answer := box.received("answer", number)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return answer


def fail(text: str) -> None:
    raise ValueError(text)


def test_a_message_arrives_once_and_is_not_replaced(tmp_path):
    box = Mailbox(tmp_path, "7-0")
    assert box.received("task", 1) is None
    assert box.send("task", 1, (abs, -3))
    assert not box.send("task", 1, ())
    assert box.received("task", 1) == (abs, -3)
    assert [path.name for path in tmp_path.iterdir()] == ["7-0.1.task"]
    assert Mailbox(tmp_path, "7-01").answers() == Mailbox(tmp_path, "7-1").answers() == 0


def test_a_worker_computes_task_after_task_until_it_is_told_to_end(box, tmp_path):
    working = threading.Thread(target=Worker(tmp_path, None, 90.0), daemon=True)
    working.start()
    assert awaited(box, 0) == Answer(None, 0.0, None)
    for number, (task, result) in enumerate([((abs, -3), 3), ((fail, "four"), WorkerLost), ((abs, -5), 5)], start=1):
        box.send("task", number, task)
        found = awaited(box, number).result
        assert str(found) == "ValueError: four" if result is WorkerLost else found == result
        assert box.received("begun", number) == ()
    box.send("task", 4, ())
    working.join(30)
    assert not working.is_alive()


def test_a_worker_without_tasks_resigns_and_then_gets_none(box, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    Worker(tmp_path, None, 90.0)()
    assert not box.send("task", 1, (abs, -3))


def test_a_task_that_arrives_while_a_worker_resigns_is_computed(box, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    send = Mailbox.send

    def sent_first(own, kind, number, message):
        if message == () and kind == "task" and number == 1:
            send(box, "task", 1, (abs, -3))
        return send(own, kind, number, message)

    monkeypatch.setattr(Mailbox, "send", sent_first)
    Worker(tmp_path, None, 90.0)()
    assert box.received("answer", 1).result == 3


def test_a_worker_ends_when_the_place_of_its_messages_is_gone(in_a_job, tmp_path):
    place = tmp_path / "workers"
    place.mkdir()
    working = threading.Thread(target=Worker(place, None, 90.0), daemon=True)
    working.start()
    awaited(Mailbox(place, "7-1"), 0)
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    working.join(30)
    assert not working.is_alive()


def test_a_job_is_queued_again_for_its_unfinished_task_alone(box, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    worker = Worker(tmp_path, None, 90.0)
    worker()
    assert worker.checkpoint() is None  # the worker has ended
    other = Mailbox(tmp_path, "71-0")
    other.send("begun", 1, ())
    assert worker.checkpoint() is None


def test_a_job_that_was_queued_again_continues_with_its_task(box, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    box.send("answer", 0, Answer(None, 0.0, None))
    box.send("task", 1, (abs, -3))
    box.send("begun", 1, ())
    again = Worker(tmp_path, None, 90.0).checkpoint()
    again.function(*again.args)
    assert box.received("answer", 1).result == 3
    assert box.received("task", 2) == ()


def test_the_seconds_left_are_those_until_the_job_is_told_to_stop(box, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    Worker(tmp_path, 600.0, 90.0)()
    assert 505 < box.received("answer", 0).left < 510.1
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time() + 200)))
    (tmp_path / "other").mkdir()
    Worker(tmp_path / "other", 600.0, 90.0)()
    assert 100 < Mailbox(tmp_path / "other", "7-1").received("answer", 0).left < 110.1


@pytest.mark.parametrize(("given", "seen"), [("", ""), ("3", "3"), ("0,1", "1"), ("4,5,6", "5")])
def test_processes_share_the_gpus_of_their_job(box, tmp_path, monkeypatch, given, seen):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    Worker(tmp_path, None, 90.0)()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == seen
