"""Jobs as warm workers: with submitit's local executor, with a simulated executor, and on a real Slurm."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import nullcontext, suppress
from types import SimpleNamespace

import pandas as pd
import psutil
import pytest

from runner.core.errors import EnvironmentFault, UserError
from runner.sweeps.pools.base import WorkerLost

module = pytest.importorskip("runner.sweeps.pools.slurm", reason="the extra `slurm` is not installed")
Answer, Mailbox, SlurmPool = module.Answer, module.Mailbox, module.SlurmPool


@pytest.fixture
def slurm_pool(monkeypatch):
    """SlurmPool without the process for short tasks, and with short waits."""
    monkeypatch.setattr(module, "LocalPool", lambda *_, **__: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(module, "_CHECK", 0.1)
    monkeypatch.setattr(module, "_GLANCE", 0.02)
    return SlurmPool


def test_a_study_is_trained_by_one_job_after_the_other(quick_cli, tmp_path):
    done = quick_cli(
        "seeds=2", "launcher=slurm", "hydra.launcher.cluster=local", "hydra.launcher.workers=1", "dataset=digits",
        "training.epochs=1", "hydra.sweep.dir=s", cwd=tmp_path, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(pd.read_csv(tmp_path / "s" / "summary.csv")["status"]) == ["completed"] * 2
    assert len(list((tmp_path / "s" / "slurm").glob("*/*_log.out"))) == 1  # in one job
    assert not list((tmp_path / "s" / "slurm").glob("workers-*"))


def process_or_death(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_a_job_stays_for_further_tasks_and_one_that_is_killed_costs_its_task(slurm_pool, tmp_path):
    pool = slurm_pool(tmp_path, "local", 1, {"tasks_per_node": None})
    results = dict(pool.results(process_or_death, [0, 2, 1, 3, 4], str))
    again = [result for _, result in pool.results(process_or_death, [5], str)]
    pool.close()
    assert results[0] == results[2] != results[3] == results[4] == again[0]
    assert isinstance(results[1], WorkerLost)
    assert str(results[1]).startswith("job ")
    assert "_log.err" in str(results[1])


def test_what_submitit_does_not_know_is_said(tmp_path):
    with pytest.raises(UserError, match=r"launcher=slurm: .*walltime"):
        SlurmPool(tmp_path, "local", 1, {"walltime": 3})


def test_what_sbatch_refuses_is_said_in_a_line(slurm_pool, tmp_path, monkeypatch, capfd):
    for name in ("srun", "sbatch"):
        (tmp_path / name).write_text(
            "#!/bin/sh\nprintf 'sbatch: error: invalid partition\\nsbatch: error: failed' >&2; exit 1\n"
        )
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    pool = slurm_pool(tmp_path, "slurm", 1, {"slurm_partition": "lnog"})
    with pytest.raises(UserError, match=r"^launcher=slurm: sbatch: error: invalid partition sbatch: error: failed$"):
        next(pool.results(abs, [-3], str))
    assert capfd.readouterr().err == ""


class Cluster:
    """Simulation of submitit's executor, whose jobs wait in the queue until the test starts them."""

    def __init__(self, folder, cluster):
        self.jobs = []
        self.arrays = []

    def update_parameters(self, **parameters):
        self.parameters = parameters

    def batch(self):
        self.arrays.append(0)
        return nullcontext()

    def submit(self, worker):
        self.arrays[-1] += 1
        self.folder = worker._folder
        job = SimpleNamespace(job_id=str(len(self.jobs)), has_ended=False, cancelled=0)
        job.done = lambda: job.has_ended
        job.cancel = lambda check: setattr(job, "cancelled", job.cancelled + 1)
        job.task = lambda rank: SimpleNamespace(stderr=lambda: "out of\nluck\n", paths=SimpleNamespace(stderr="log"))
        self.jobs.append(job)
        return job

    def answer(self, worker, number, left=None, seconds=1.0):
        """Make a worker join (0) or end its task; its result is the task's argument."""
        box = Mailbox(self.folder, worker)
        result = None
        if number:
            box.send("begun", number, ())
            result = box.received("task", number)[1]
        box.send("answer", number, Answer(result, seconds, left))

    def given(self, worker, number):
        """Return the argument of a worker's task; () if the worker must end, None if it has no task."""
        task = Mailbox(self.folder, worker).received("task", number)
        return task[1] if task else task


@pytest.fixture
def cluster(slurm_pool, tmp_path, monkeypatch):
    """Yield begin(workers, **parameters) -> a pool whose cluster is `begin.of(pool)`; waiting takes no time."""
    monkeypatch.setattr(module.submitit, "AutoExecutor", Cluster)
    monkeypatch.setattr(module, "_CHECK", 0.0)
    monkeypatch.setattr(module, "_GLANCE", 0.0)
    return lambda workers, **parameters: slurm_pool(tmp_path / "slurm", "local", workers, parameters)


def played(pool, tasks, script, kind=str):
    """Return the results of tasks; the script, a list of functions, acts as the cluster, one call per check."""
    steps = iter(script)

    def sleep(_):
        next(steps)()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.time, "sleep", sleep)
        return list(pool.results(abs, tasks, kind))


def test_jobs_that_start_late_join_and_each_worker_stays_with_its_kind(cluster):
    pool = cluster(2)
    there = pool._executor
    results = played(
        pool, ["a1", "b1", "a2", "b2"],
        [
            lambda: there.answer("1-0", 0),
            lambda: there.answer("1-0", 1),
            lambda: (there.answer("1-0", 2), there.answer("0-0", 0)),
            lambda: (there.answer("1-0", 3), there.answer("0-0", 1)),
        ],
        kind=lambda task: task[0],
    )  # fmt: skip
    assert there.arrays == [2]  # both jobs together
    assert [task for task, _ in results[:2]] == ["a1", "a2"]
    assert {task for task, _ in results[2:]} == {"b1", "b2"}


def test_a_job_has_several_workers(cluster):
    pool = cluster(5, tasks_per_node=2)
    there = pool._executor
    workers = ["0-0", "0-1", "1-0", "1-1", "2-0"]
    results = played(
        pool, [*range(5)],
        [lambda: [there.answer(one, 0) for one in workers], lambda: [there.answer(one, 1) for one in workers]],
    )  # fmt: skip
    assert there.arrays == [3]
    assert sorted(task for task, _ in results) == [*range(5)]


def test_a_run_that_does_not_fit_is_not_begun_and_a_new_job_takes_it(cluster):
    pool = cluster(1)
    there = pool._executor
    results = played(
        pool, ["a1", "a2", "a3"],
        [
            lambda: there.answer("0-0", 0, left=1000.0),
            lambda: there.answer("0-0", 1, left=700.0, seconds=300.0),
            lambda: there.answer("0-0", 2, left=370.0, seconds=300.0),  # 1.25 times the duration would not fit
            lambda: there.answer("1-0", 0, left=200.0),  # the first run of a job always begins
            lambda: there.answer("1-0", 1, left=0.0),
        ],
        kind=lambda task: task[0],
    )  # fmt: skip
    assert there.given("0-0", 3) == ()
    assert [task for task, _ in results] == ["a1", "a2", "a3"]
    assert there.arrays == [1, 1]


def test_a_task_that_had_not_begun_when_its_job_ended_is_not_lost(cluster):
    pool = cluster(1)
    there = pool._executor

    def end_both():
        Mailbox(there.folder, "1-0").send("begun", 1, ())
        there.jobs[1].has_ended = True

    results = played(
        pool, ["a"],
        [
            lambda: there.answer("0-0", 0),
            lambda: setattr(there.jobs[0], "has_ended", True),
            lambda: there.answer("1-0", 0),
            end_both,
        ],
    )  # fmt: skip
    ((task, lost),) = results
    assert (task, str(lost)) == ("a", "job 1 ended: luck (log)")


def test_a_task_that_had_not_begun_is_given_to_a_worker_that_has_waited_in_the_meantime(cluster):
    pool = cluster(2)
    there = pool._executor
    results = played(
        pool, ["a1", "a2"],
        [
            lambda: (there.answer("0-0", 0), there.answer("1-0", 0)),
            lambda: there.answer("0-0", 1),
            lambda: None,
            lambda: None,
            lambda: setattr(there.jobs[1], "has_ended", True),
            lambda: there.answer("0-0", 2),
        ],
        kind=lambda task: task[0],
    )  # fmt: skip
    assert results == [("a1", "a1"), ("a2", "a2")]
    assert there.arrays == [2]


def test_a_worker_that_has_resigned_gets_no_task(cluster):
    pool = cluster(1)
    there = pool._executor
    played(pool, ["a"], [lambda: there.answer("0-0", 0), lambda: there.answer("0-0", 1)])
    Mailbox(there.folder, "0-0").send("task", 2, ())
    results = played(pool, ["b"], [lambda: there.answer("1-0", 0), lambda: there.answer("1-0", 1)])
    assert [task for task, _ in results] == ["b"]


def test_jobs_that_end_before_they_begin_stop_the_sweep_with_their_last_words(cluster):
    pool = cluster(1)
    there = pool._executor
    ended = [lambda: setattr(there.jobs[-1], "has_ended", True)] * 5
    with pytest.raises(
        EnvironmentFault, match=r"^launcher=slurm: no job started successfully: job 2 ended: luck \(log\)$"
    ):
        played(pool, ["a"], ended)


def test_closing_cancels_jobs_in_the_queue_and_with_work_and_lets_the_others_end(cluster):
    pool = cluster(3)
    there = pool._executor

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        played(
            pool, ["a", "b", "c"],
            [
                lambda: (there.answer("0-0", 0), there.answer("1-0", 0)),
                lambda: there.answer("0-0", 1),
                lambda: there.answer("0-0", 2),
                stop,
            ],
        )  # fmt: skip
    there.jobs[1].done = there.jobs[2].done = lambda: there.jobs[1].cancelled > 0
    there.jobs[0].done = lambda: not there.folder.exists()
    pool.close()
    assert [job.cancelled for job in there.jobs] == [0, 1, 1]
    assert not there.folder.exists()
    pool.close()
    assert [job.cancelled for job in there.jobs] == [0, 1, 1]


def test_jobs_have_ended_when_they_are_no_longer_in_the_queue_and_not_when_slurm_is_silent(
    slurm_pool, tmp_path, monkeypatch
):
    for name, text in {"srun": "", "squeue": f"echo '3\\n7_1'; test ! -e {tmp_path}/down"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    pool = slurm_pool(tmp_path, "slurm", 1, {})
    pool._jobs = [SimpleNamespace(job_id=name) for name in ("3", "7_0", "7_1", "71")]
    assert [job.job_id for job in pool._ended_jobs()] == ["7_0", "71"]
    (tmp_path / "down").touch()
    assert pool._ended_jobs() == []


SLURM = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
KillWait=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=long Nodes={host} Default=YES State=UP
PartitionName=short Nodes={host} MaxTime=5 State=UP
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A real Slurm of one node and two partitions on this machine, which stops after the test."""
    if not shutil.which("slurmctld") or not shutil.which("slurmd") or os.geteuid():
        pytest.skip("needs slurmctld and slurmd (Debian's slurm-wlm), and root, who may start them")
    folder = tmp_path / "slurm-itself"
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [made.getsockname()[1] for made in sockets]
    for made in sockets:
        made.close()
    host = socket.gethostname().partition(".")[0]
    text = SLURM.format(host=host, ports=ports, user=getpass.getuser(), folder=folder, cpus=os.cpu_count())
    (folder / "slurm.conf").write_text(text)
    monkeypatch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
    with (folder / "log").open("w") as log:
        daemons = [
            subprocess.Popen(command, stdout=log, stderr=log) for command in (["slurmctld", "-D"], ["slurmd", "-D"])
        ]
    try:
        deadline = time.monotonic() + 30
        while "idle" not in subprocess.run(["sinfo", "-h", "-o", "%t"], capture_output=True, text=True).stdout:
            if time.monotonic() > deadline:
                pytest.skip(f"Slurm does not start here: {(folder / 'log').read_text()[-500:]}")
            time.sleep(0.1)
        yield
    finally:
        subprocess.run(["scancel", "--me", "--signal=KILL"], capture_output=True)
        for daemon in daemons:
            with suppress(psutil.NoSuchProcess):
                for left in psutil.Process(daemon.pid).children(recursive=True):
                    left.kill()
            daemon.kill()
            daemon.wait()


def test_a_real_slurm_has_warm_workers_and_an_empty_queue_afterwards(slurm, slurm_pool, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setattr(module, "_CHECK", 1.0)
    parameters = {"timeout_min": 5, "mem_gb": None, "slurm_partition": "short", "slurm_exclude": None}
    pool = slurm_pool(tmp_path / "jobs", "slurm", 40, parameters)  # more jobs than fit on the node
    tasks = [0, 2, 1, *range(3, 40)]
    results = dict(pool.results(process_or_death, tasks, str))
    assert [number for number, found in results.items() if isinstance(found, WorkerLost)] == [1]
    workers = {found for number, found in results.items() if number != 1}
    assert len(workers) <= (os.cpu_count() or 1) + 1
    pool.close()
    deadline = time.monotonic() + 30
    while queued := subprocess.run(["squeue", "-h"], capture_output=True, text=True).stdout:
        assert time.monotonic() < deadline, queued
        time.sleep(0.1)
