"""Runs as jobs, by submitit's local executor: the same code as on Slurm, but for the queue."""

import os
import signal

import pandas as pd
import pytest

from runner.core.errors import UserError
from runner.sweeps.pools.base import WorkerLost

module = pytest.importorskip("runner.sweeps.pools.slurm", reason="the extra `slurm` is not installed")
submitit, Resumable, SlurmPool = module.submitit, module.Resumable, module.SlurmPool


@pytest.fixture
def slurm_pool(monkeypatch):
    """SlurmPool without the process that short tasks are computed in."""
    monkeypatch.setattr(module, "LocalPool", lambda *_, **__: None)
    return SlurmPool


def test_a_study_is_trained_by_jobs(quick_cli, tmp_path):
    done = quick_cli(
        "seeds=2", "launcher=slurm", "hydra.launcher.cluster=local", "dataset=digits", "training.epochs=1",
        "hydra.sweep.dir=s", cwd=tmp_path, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(pd.read_csv(tmp_path / "s" / "summary.csv")["status"]) == ["completed"] * 2


def killed_if_odd(number: int) -> int:
    if number % 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_job_that_is_killed_is_lost_alone(slurm_pool, tmp_path, monkeypatch):
    monkeypatch.setattr(submitit.core.core.Job, "_results_timeout_s", 0)  # of 15 s, for a file that never comes
    pool = slurm_pool(tmp_path, "local", 2, {})
    results = dict(pool.results(killed_if_odd, [0, 1, 2], str))
    assert (results[0], results[2]) == (0, 2)
    assert isinstance(results[1], WorkerLost)
    assert str(results[1]).startswith("job ")


def test_what_submitit_does_not_know_is_said(tmp_path):
    with pytest.raises(UserError, match=r"launcher=slurm: .*walltime"):
        SlurmPool(tmp_path, "local", 1, {"walltime": 3})


def test_a_preempted_job_is_queued_again_as_it_was():
    again = Resumable(abs).checkpoint(-3)
    assert again.function(*again.args) == 3


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
