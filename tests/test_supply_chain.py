"""What is installed is what the lock files hash, nothing that is read is a pickle, and a run needs no network."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

LOCKS = ("requirements.lock", "requirements-build.lock")
SOURCES = sorted(
    path for folder in ("runner", "tests") for path in (REPOSITORY / folder).rglob("*.py") if path != Path(__file__)
)
UNPICKLING = {"pickle", "cPickle", "_pickle", "dill", "joblib", "cloudpickle", "shelve", "marshal", "torch"}


def requirements(lock: str) -> list[str]:
    """The requirements of a lock file, each with its markers and hashes on one line."""
    text = (REPOSITORY / lock).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_version_with_its_hashes_and_names_no_host(lock):
    found = requirements(lock)
    assert len(found) > 3
    for requirement in found:
        assert re.match(r"[a-z0-9.-]+==[^ ]+ ", requirement), requirement
        assert re.findall(r"--hash=(\w+):[0-9a-f]{64}\b", requirement) == ["sha256"] * requirement.count("--hash")
        assert "--hash" in requirement
    assert "://" not in (REPOSITORY / lock).read_text()


def test_everything_that_is_installed_comes_from_the_lock_files():
    """CI installs by the Makefile alone, which asks pip for the hashes of all but the checkout itself."""
    makefile = (REPOSITORY / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if line.startswith("\t") and "$(INSTALL)" in line]
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes -r requirements" in line or "--no-deps --editable ." in line
    assert not re.search(r"\b(pip|uv|curl|wget)\b", (REPOSITORY / ".ci" / "run").read_text())
    assert makefile.count("pip install") == 1  # in INSTALL itself


def imported(path: Path) -> set[str]:
    """The packages that a file imports from, also inside functions."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, under the last part of its name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id, node


def argument(call: ast.Call, name: str) -> object:
    return next((ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == name), None)


def test_no_pickle_is_ever_read():
    """A pickle runs code when it is read. The torture writes some, to see them refused."""
    unpickling = {path.relative_to(REPOSITORY).as_posix() for path in SOURCES if imported(path) & UNPICKLING}
    assert unpickling == {"tests/torture/hostile.py", "tests/torture/test_data.py"}
    called = {name for path in SOURCES for name, _ in calls(path)}
    assert not called & {"read_pickle", "Unpickler"}
    assert not {ast.unparse(call.func) for path in SOURCES for _, call in calls(path)} & {"pickle.load", "pickle.loads"}
    loads = [call for path in SOURCES for name, call in calls(path) if ast.unparse(call.func) == "np.load"]
    readers = [call for path in SOURCES for name, call in calls(path) if name == "read_array"]
    assert loads
    assert readers
    assert {argument(call, "allow_pickle") for call in [*loads, *readers]} == {"False"}


def test_every_model_is_loaded_in_safe_mode():
    """In which Keras refuses a file that holds code (lambdas)."""
    loads = [call for path in SOURCES for name, call in calls(path) if name == "load_model"]
    assert loads
    assert {argument(call, "safe_mode") for call in loads} == {"True"}


def without_network(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program where there is no network at all, not even to this machine itself."""
    isolated = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*isolated, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system allows no network namespaces")
    command = [*isolated, sys.executable, "-m", "runner", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)


def test_the_default_job_and_a_report_need_no_network(tmp_path):
    """Without MNIST the one download is tried, and its failure answered with the embedded digits."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    run = tmp_path / "run"
    done = without_network("training.epochs=1", f"hydra.run.dir={run}", cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert "mnist_5k" in done.stdout
    assert (run / "model.keras").exists()
    done = without_network("report", run, "--out", tmp_path / "report", cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "index.html").exists()
