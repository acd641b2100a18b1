"""Runs as jobs, by submitit's local executor: the same code as on Slurm, but for the queue."""

import os
import signal
import time

import pandas as pd
import pytest

from runner.config.errors import UserError

submitit = pytest.importorskip("submitit", reason="the extra `slurm` is not installed")


def test_a_job_that_is_killed_costs_its_own_run_and_is_made_up_for(begin, cli, pausing, tmp_path):
    command = ("seeds=2", "launcher=slurm", "hydra.launcher.cluster=local", *pausing)
    begun = begin(*command, cwd=tmp_path)
    while len(checkpoints := list(tmp_path.glob("s/*/checkpoint/state.npz"))) < 2:
        assert begun.is_alive(), begun.said()
        time.sleep(0.02)
    os.kill(_writer(checkpoints[0].parent.parent), signal.SIGKILL)
    (tmp_path / "go").touch()
    assert begun.wait() == 1, begun.said()
    assert "failed" in begun.said()[0]
    assert sorted(pd.read_csv(tmp_path / "s" / "summary.csv")["status"]) == ["completed", "failed"]
    done = cli(*command, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 done already" in done.stdout
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
