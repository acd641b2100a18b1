"""The wheel, really built and installed into a fresh virtual environment."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    done = run(
        sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", directory, REPOSITORY,
        cwd=directory,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return next(directory.glob("runner-*.whl"))


def test_the_wheel_holds_conf_inside_the_package_and_nothing_else_on_top(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"runner"}
    options = {path.relative_to(REPOSITORY / "conf").as_posix() for path in (REPOSITORY / "conf").rglob("*.yaml")}
    assert {name.removeprefix("runner/conf/") for name in names if name.startswith("runner/conf/")} == options
    modules = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "runner").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules


@pytest.fixture(scope="module")
def fresh_runner(wheel, tmp_path_factory) -> Path:
    """The `runner` command of an environment that holds the wheel and what pip installs for it."""
    directory = tmp_path_factory.mktemp("fresh")
    # The versions of the lock file, so that the test does not change from day to day; its hashes do not fit a wheel
    # that was built a moment ago.
    pins = re.findall(r"^[a-z0-9][^ ]*==[^\\\n]*", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE)
    (directory / "constraints.txt").write_text("\n".join(pins))
    assert run(sys.executable, "-m", "venv", directory / "venv", cwd=directory).returncode == 0
    done = run(directory / "venv" / "bin" / "pip", "install", "-c", "constraints.txt", wheel, cwd=directory)
    if done.returncode and re.search(r"connection|resolve|No matching distribution", done.stderr, re.IGNORECASE):
        pytest.skip(f"no package index can be reached: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return directory / "venv" / "bin" / "runner"


def test_an_installed_runner_works_from_any_directory(fresh_runner, tmp_path):
    shown = run(fresh_runner, "--help", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "optimizer: " in shown.stdout

    done = run(fresh_runner, "dataset=mnist_5k", "training.epochs=1", "hydra.run.dir=here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "accuracy.png").exists()
    assert str(REPOSITORY) not in (tmp_path / "here" / "record.json").read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock"])
def test_lock_files_pin_every_package_by_hash_and_name_no_host(name):
    text = (REPOSITORY / name).read_text()
    packages = re.split(r"\n(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE))
    assert len(packages) > 5
    for package in packages:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,-]+\])?==\S+", package), package
        assert "--hash=sha256:" in package
    assert "://" not in text
