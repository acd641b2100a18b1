"""Runs as jobs, by submitit's local executor: the same code as on Slurm, but for the queue."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from runner.config.errors import UserError

submitit = pytest.importorskip("submitit", reason="the extra `slurm` is not installed")

COMMAND = (
    sys.executable, "-m", "runner", "seeds=3", "dataset=mnist_5k", "training.epochs=60", "launcher=slurm",
    "hydra.launcher.cluster=local", "hydra.launcher.workers=2", "hydra.sweep.dir=s",
)  # fmt: skip


def test_a_job_that_is_killed_costs_its_own_run_and_is_made_up_for(tmp_path):
    with subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (checkpoints := list(tmp_path.glob("s/*/checkpoint/state.npz"))):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        victim = checkpoints[0].parent.parent
        os.kill(_writer(victim), signal.SIGKILL)
        said, errors = process.communicate(timeout=120)
    assert process.returncode == 1, said + errors
    statuses = pd.read_csv(tmp_path / "s" / "summary.csv")["status"]
    assert sorted(statuses) == ["completed", "completed", "failed"]
    assert "failed" in said
    done = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 done already" in done.stdout
    assert set(pd.read_csv(tmp_path / "s" / "summary.csv")["status"]) == {"completed"}


def _writer(run) -> int:
    """The process that holds the run's lock."""
    import psutil

    for process in psutil.process_iter():
        try:
            if any(file.path == str(run / ".lock") for file in process.open_files()):
                return process.pid
        except psutil.Error:
            continue
    raise AssertionError(f"nobody holds {run}")


def test_what_submitit_does_not_know_is_said(tmp_path):
    from runner.sweeps.slurm_pool import SlurmPool

    with pytest.raises(UserError, match=r"launcher=slurm: .*walltime"):
        SlurmPool(tmp_path, "local", 1, {"walltime": 3})


def test_a_preempted_job_is_queued_again_as_it_was():
    from runner.sweeps.slurm_pool import Resumable

    again = Resumable(abs).checkpoint(-3)
    assert again.function(*again.args) == 3


def test_what_sbatch_refuses_is_said_in_a_line(tmp_path, monkeypatch, capfd):
    from runner.sweeps import slurm_pool

    for name in ("srun", "sbatch"):
        (tmp_path / name).write_text(
            "#!/bin/sh\nprintf 'sbatch: error: invalid partition\\nsbatch: error: failed' >&2; exit 1\n"
        )
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(slurm_pool, "LocalPool", lambda *_, **__: None)
    pool = slurm_pool.SlurmPool(tmp_path, "slurm", 1, {"slurm_partition": "lnog"})
    with pytest.raises(UserError, match=r"^launcher=slurm: sbatch: error: invalid partition sbatch: error: failed$"):
        next(pool.results(abs, [-3], str))
    assert capfd.readouterr().err == ""
