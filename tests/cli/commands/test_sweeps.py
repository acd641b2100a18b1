from dataclasses import replace

import pytest

from runner.cli.commands.sweeps import resume_command
from runner.config.ablation import ablation_arguments
from runner.core.errors import UserError
from runner.records.run_directory import RunDirectory
from runner.sweeps.planning.plan import Plan
from tests.sweeps.made_up import end, job, record


@pytest.mark.parametrize("workers", ["0", "-2"])
def test_a_sweep_is_resumed_by_one_worker_or_more(tmp_path, workers):
    Plan([job()]).write(tmp_path)
    with pytest.raises(UserError, match=f"--workers {workers}: must be at least 1"):
        resume_command([str(tmp_path), "--workers", workers])


@pytest.mark.parametrize("option", [["--workers", "2"], ["--fail-fast"]])
def test_a_single_run_has_no_options_of_a_sweep(tmp_path, option):
    end(job(), tmp_path, "interrupted")
    path = job().path(tmp_path)
    with pytest.raises(UserError, match=f"{path}: is a single run; --workers and --fail-fast apply only to sweeps"):
        resume_command([str(path), *option])


def test_an_override_of_what_is_resumed_is_refused_with_the_command_for_it(tmp_path):
    made = replace(record(job(), "interrupted"), overrides=["optimizer=sgd", "training.epochs=2", "seed=3"])
    directory = RunDirectory(tmp_path / "a run")
    directory.path.mkdir()
    directory.write_record(made)
    with pytest.raises(
        UserError, match=r"^training.epochs=4: only trusted_packages=\[my_package\] is allowed, because resuming keeps"
    ) as caught:
        resume_command([str(directory.path), "training.epochs=4"])
    assert "new run" in str(caught.value)
    assert ": runner optimizer=sgd seed=3 training.epochs=4 (" in str(caught.value)
    assert f"'model.init_from={directory.path}'" in str(caught.value)


def test_an_override_of_a_sweep_that_is_resumed_is_refused_with_its_command(tmp_path):
    given = ["-m", "optimizer=sgd,adam", "seed=0,1", "dry_run=true", "hydra.sweep.dir=s"]
    Plan([job()], command=given).write(tmp_path)
    with pytest.raises(UserError, match=r"new sweep, .*: runner -m optimizer=sgd,adam seed=0,1,2$"):
        resume_command([str(tmp_path), "seed=0,1,2"])
    Plan([job()], command=ablation_arguments(["base=experiment/smoke", "drop=schedule"])).write(tmp_path)
    with pytest.raises(UserError, match=r": runner ablate base=experiment/smoke drop=schedule seeds=3$"):
        resume_command([str(tmp_path), "seeds=3"])


@pytest.mark.parametrize("status", ["completed", "diverged"])
def test_a_run_that_is_done_is_no_error(tmp_path, capsys, status):
    end(job(), tmp_path, status)
    path = job().path(tmp_path)
    before = {file: file.read_bytes() for file in path.iterdir()}
    (path / "checkpoint").mkdir()  # the process was killed before it removed the checkpoint
    resume_command([str(path)])
    said = " ".join(capsys.readouterr().out.split())
    assert said == f"{path}: already {status}; nothing left to do"
    assert before.items() <= {file: file.read_bytes() for file in path.iterdir() if file.is_file()}.items()
    assert not (path / "checkpoint").exists()


def test_a_search_of_an_earlier_version_is_no_error_where_it_is_done(tmp_path, capsys):
    trial = job(phase="trial")
    Plan([trial], search={"to_come": 0}).write(tmp_path)
    with pytest.raises(UserError, match="a search of an earlier version of runner"):
        resume_command([str(tmp_path)])
    end(trial, tmp_path)
    resume_command([str(tmp_path)])
    assert "already completed; nothing left to do" in " ".join(capsys.readouterr().out.split())
    Plan([trial], search={"to_come": 1}).write(tmp_path)
    with pytest.raises(UserError, match="a search of an earlier version of runner"):
        resume_command([str(tmp_path)])


def test_a_study_whose_trials_are_to_come_names_its_command(tmp_path):
    study = {"variants": {"adam": []}}
    Plan([job(phase="tuning")], study, command=["study=mine", "seeds=3"], search={"to_come": 0}).write(tmp_path)
    with pytest.raises(UserError, match=r"its tuning has not ended; to resume it, .*: runner study=mine seeds=3"):
        resume_command([str(tmp_path)])
