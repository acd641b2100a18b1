import pytest

from runner.config.errors import UserError
from runner.sweeps.commands import resume_command
from runner.sweeps.plan import Plan
from tests.sweeps.made_up import end, job


@pytest.mark.parametrize("workers", ["0", "-2"])
def test_a_sweep_is_resumed_by_one_worker_or_more(tmp_path, workers):
    Plan([job()]).write(tmp_path)
    with pytest.raises(UserError, match=f"--workers {workers}: must be at least 1"):
        resume_command([str(tmp_path), "--workers", workers])


@pytest.mark.parametrize("option", [["--workers", "2"], ["--fail-fast"]])
def test_a_single_run_has_no_options_of_a_sweep(tmp_path, option):
    end(job(), tmp_path, "interrupted")
    path = job().path(tmp_path)
    with pytest.raises(UserError, match=f"{path}: is one run; --workers and --fail-fast are of a sweep alone"):
        resume_command([str(path), *option])
