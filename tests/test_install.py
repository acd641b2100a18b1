"""The wheel, built and installed into a fresh virtual environment."""

import re
import shlex
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.imports import REPOSITORY, imported


@pytest.fixture(scope="module")
def wheel(shell, tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    build = "python -m pip wheel --no-deps --no-build-isolation --wheel-dir . "
    done = shell(build + shlex.quote(str(REPOSITORY)), cwd=directory)
    assert done.returncode == 0, done.stderr
    return next(directory.glob("runner-*.whl"))


def test_the_wheel_holds_conf_inside_the_package_and_nothing_else_on_top(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"runner"}
    options = {path.relative_to(REPOSITORY / "conf").as_posix() for path in (REPOSITORY / "conf").rglob("*.*")}
    assert {name.removeprefix("runner/conf/") for name in names if name.startswith("runner/conf/")} == options
    modules = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "runner").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules


def test_every_package_that_is_imported_is_declared():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    requirements = sum(project["optional-dependencies"].values(), project["dependencies"])
    declared = {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements}
    modules = {name.partition(".")[0] for file in (REPOSITORY / "runner").rglob("*.py") for name in imported(file)}
    found = packages_distributions()
    theirs = modules - sys.stdlib_module_names - {"runner", "hydra_plugins"}
    assert {"tensorflow", "yaml"} <= theirs
    assert not {name for name in theirs if not declared & {package.lower() for package in found.get(name, [])}}


@pytest.fixture(scope="module")
def fresh_runner(wheel, shell, pytestconfig, tmp_path_factory) -> Path:
    """The `runner` command of an environment with the wheel and the packages of this environment.

    With --torture, all requirements of the wheel are installed, which takes minutes.
    """
    directory = tmp_path_factory.mktemp("fresh")
    if pytestconfig.getoption("--torture"):
        # The lock file's versions keep the test the same from day to day. Its hashes cannot be used, because they do
        # not cover the new wheel.
        pins = re.findall(r"^[a-z0-9][^ ]*==[^\\\n]*", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE)
        (directory / "constraints.txt").write_text("\n".join(pins))
        install = f"python -m venv venv && venv/bin/pip install -c constraints.txt {wheel}"
    else:
        install = (
            f"python -m venv --without-pip venv && python -m pip --python venv/bin/python install --no-deps {wheel}"
        )
    done = shell(install, cwd=directory)
    if done.returncode and re.search(r"connection|resolve|No matching distribution", done.stderr, re.IGNORECASE):
        pytest.skip(f"no package index can be reached: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    if not pytestconfig.getoption("--torture"):  # searched after its own packages; .pth files in it are ignored
        (own,) = directory.glob("venv/lib/python*/site-packages")
        (own / "packages_of_this_environment.pth").write_text(sysconfig.get_path("purelib"))
    return directory / "venv" / "bin" / "runner"


def test_an_installed_runner_works_from_any_directory(fresh_runner, shell, tmp_path):
    shown = shell(f"{fresh_runner} --help", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "optimizer: " in shown.stdout

    done = shell(f"{fresh_runner} dataset=mnist_5k training.epochs=1 hydra.run.dir=here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "accuracy.png").exists()
    assert str(REPOSITORY) not in (tmp_path / "here" / "record.json").read_text()


ANALYSIS = """
import multiprocessing

import runner

multiprocessing.set_start_method("spawn")
results = runner.sweep({"optimizer": ["sgd", "adam"]}, ["dataset=digits", "training.epochs=1"], workers=2, quiet=True)
print(runner.__file__, results.run(0).status, len(results.history.query("metric == 'loss'")))
"""


def test_an_installed_runner_sweeps_from_a_plain_script(fresh_runner, shell, tmp_path):
    """The script needs no `if __name__ == "__main__"`, and may choose any start method for its own processes."""
    (tmp_path / "analysis.py").write_text(ANALYSIS)
    done = shell(f"{fresh_runner.with_name('python')} analysis.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    place, status, epochs = done.stdout.split()
    assert Path(place).is_relative_to(fresh_runner.parent.parent)
    assert (status, epochs) == ("completed", "2")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock"])
def test_lock_files_pin_every_package_by_hash_and_name_no_host(name):
    text = (REPOSITORY / name).read_text()
    packages = re.split(r"\n(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE))
    assert len(packages) > 5
    for package in packages:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,-]+\])?==\S+", package), package
        assert "--hash=sha256:" in package
    assert "://" not in text
