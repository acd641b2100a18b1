"""Every command in the README is run, in the README's order, in one directory."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
COMMANDS = [line.partition("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
NO_TRAININGS = ("--help", "--cfg", "report", "ensemble", "status", "resume", "reproduce")
TRAININGS = [command for command in COMMANDS if command.startswith("runner") and command.split()[1] not in NO_TRAININGS]
# What makes a training quick without making it another command: an embedded data set and two epochs.
QUICK = " dataset=mnist_5k training.epochs=2"


def bash(command: str, directory: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env=os.environ | {"PATH": path, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_ten_commands_besides_the_two_of_make_and_those_of_sweeps_and_of_reproducing():
    assert [block.count("runner ") for block in BLOCKS] == [0, 10, 5, 1]
    assert [command for command in COMMANDS if not command.startswith("runner")] == ["make run", "make test"]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("readme")


def test_every_command_works_in_the_readmes_order(workplace):
    """One test, since they build on one another, and several processes share the tests."""
    for command in (command for command in COMMANDS if command.startswith("runner")):
        done = bash(command + (QUICK if command in TRAININGS else ""), workplace)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        assert done.stdout, command


def test_make_run_trains_and_names_the_curves(workplace):
    if bash("make --question setup", REPOSITORY).returncode:
        pytest.skip("this environment is not the one that make sets up, or is out of date")
    done = bash(f'make run ARGS="hydra.run.dir={workplace}/make {QUICK}"', REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (workplace / "make" / "accuracy.png").exists()
    assert "accuracy.png" in done.stdout
    assert "installing" not in done.stdout


def test_make_test_is_what_runs_this_test():
    assert "-m pytest" in bash("make --dry-run test", REPOSITORY).stdout


def test_the_optimizer_of_the_readme_is_one_yaml_file(workplace):
    (option,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    file = workplace / "my_conf" / "optimizer" / "adafactor.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(option)
    assert yaml.safe_load(option)["_target_"] == "keras.optimizers.Adafactor"
    done = bash("runner --config-dir my_conf optimizer=adafactor" + QUICK, workplace)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_what_the_readme_links_to_exists(path):
    assert (REPOSITORY / path).exists()
