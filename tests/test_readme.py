"""Every command in the README runs in one directory, in the README's order."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.imports import REPOSITORY

README = (REPOSITORY / "README.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.strip() and not line.startswith("#")]
COMMANDS = [line.partition("  #")[0].strip() for line in LINES]
# Settings that make a command fast without changing its meaning.
QUICK = " dataset=mnist_5k dataset.train_size=200 training.epochs=2"
ADDED = {"study=smoke": ""}  # the study has been trained before, in `workplace`
NO_TRAININGS = ("--help", "--cfg", "report", "ensemble", "status", "resume", "reproduce", "bundle")
ADDED |= dict.fromkeys(NO_TRAININGS, "")
# Only this command draws figures here, because they take seconds; other tests check those of runs and sweeps.
DRAWS = "runner report outputs/studies/*"


@pytest.fixture
def run_as_typed(cli, quick_cli, shell):
    """run_as_typed("runner 'seed=0'", cwd) -> the result of `runner` for the words into which bash splits the line."""

    def run(command: str, cwd: Path):
        words = shell(f"runner() {{ printf '%s\\n' \"$@\"; }}; {command}", cwd=cwd).stdout.splitlines()
        return (cli if command == DRAWS else quick_cli)(*words, cwd=cwd)

    return run


def test_eleven_commands_besides_the_two_of_make_and_those_of_sweeps_and_of_reproducing():
    assert [block.count("runner ") for block in BLOCKS] == [0, 11, 5, 2]
    assert [command for command in COMMANDS if not command.startswith("runner")] == ["make run", "make test"]


@pytest.fixture
def workplace(smoke_study, tmp_path) -> Path:
    shutil.copytree(smoke_study / "outputs", tmp_path / "outputs")
    return tmp_path


def test_every_command_works_in_the_readmes_order(run_as_typed, workplace):
    """There is only one test, because the commands build on one another."""
    assert DRAWS in COMMANDS
    for command in (command for command in COMMANDS if command.startswith("runner")):
        done = run_as_typed(command + ADDED.get(command.split()[1], QUICK), workplace)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        assert done.stdout, command


def test_make_run_trains_and_names_the_curves(shell, tmp_path):
    if shell("make --question setup", cwd=REPOSITORY, env={"MAKEFLAGS": ""}).returncode:
        pytest.skip("this environment is not the one that make sets up, or is out of date")
    quick = f'make run ARGS="hydra.run.dir={tmp_path}/make {QUICK}"'
    done = shell(quick, cwd=REPOSITORY, env={"MAKEFLAGS": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "make" / "accuracy.png").exists()
    assert "accuracy.png" in done.stdout
    assert "installing" not in done.stdout


def test_make_test_is_what_runs_this_test(shell):
    assert "-m pytest" in shell("make --dry-run test", cwd=REPOSITORY, env={"MAKEFLAGS": ""}).stdout


def test_the_optimizer_of_the_readme_is_one_yaml_file(run_as_typed, tmp_path):
    (option,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "my_conf" / "optimizer" / "adafactor.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(option)
    assert yaml.safe_load(option)["_target_"] == "keras.optimizers.Adafactor"
    done = run_as_typed("runner --config-dir my_conf optimizer=adafactor" + QUICK, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_what_the_readme_links_to_exists(path):
    assert (REPOSITORY / path).exists()
