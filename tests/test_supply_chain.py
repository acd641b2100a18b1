"""All installed packages are hashed in the lock files, no pickle is read, and a run needs no network."""

import ast
import hashlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.imports import REPOSITORY, imported

LOCKS = ("requirements.lock", "requirements-build.lock")
SOURCES = sorted(
    path for folder in ("runner", "tests") for path in (REPOSITORY / folder).rglob("*.py") if path != Path(__file__)
)
PUBLISHED_UPLOT = "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"  # in the package uplot 1.6.32
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
    """CI installs only with the Makefile, which makes pip check the hashes of everything except the checkout."""
    makefile = (REPOSITORY / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if line.startswith("\t") and "$(INSTALL)" in line]
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes -r requirements" in line or "--no-deps --editable ." in line
    assert not re.search(r"\b(pip|uv|curl|wget)\b", (REPOSITORY / ".ci" / "run").read_text())
    assert makefile.count("pip install") == 1  # in INSTALL itself


def test_the_bundled_library_is_the_published_one_with_its_licence_and_the_documents_name_its_version():
    folder = REPOSITORY / "runner" / "reporting" / "page" / "uplot"
    recorded = dict(line.split()[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert {path.name for path in folder.iterdir()} == {*recorded, "SHA256SUMS"}
    for name, digest in recorded.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert recorded["uPlot.iife.min.js"] == PUBLISHED_UPLOT
    assert (folder / "LICENSE").read_text().startswith("The MIT License (MIT)")
    (version,) = re.findall(r"uPlot \(v([\d.]+)\)", (folder / "uPlot.iife.min.js").read_text()[:200])
    assert f"uPlot {version}" in (REPOSITORY / "docs" / "supply-chain.md").read_text()


def test_what_users_are_told_to_install_is_what_an_extra_asks_for():
    """On the package index, `runner` is another project."""
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    allowed = {requirement for extra in extras.values() for requirement in extra} | {
        ".",
        *(f".[{key}]" for key in extras),
        "optuna-dashboard",  # a separate program
    }
    files = [REPOSITORY / "README.md"]
    for folder, pattern in (("runner", "*.py"), ("conf", "*.yaml"), ("docs", "*.md")):
        files += (REPOSITORY / folder).rglob(pattern)
    told = [name for file in files for name in re.findall(r"pip install '?([^'`\s\"]+)", file.read_text())]
    assert {"optuna>=4", "ray>=2.40", "submitit>=1.5"} <= set(told) <= allowed


@cache
def all_calls() -> list[tuple[str, ast.Call]]:
    """Return every call in all files, by the last part of its name."""
    return [call for path in SOURCES for call in calls(path)]


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id, node


def argument(call: ast.Call, name: str) -> object:
    return next((ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == name), None)


def test_no_pickle_is_ever_read():
    """A pickle runs code when it is read. The torture tests write pickles to check that they are refused."""
    unpickling = {
        path.relative_to(REPOSITORY).as_posix()
        for path in SOURCES
        if UNPICKLING & {name.partition(".")[0] for name in imported(path)}
    }
    archives = {"runner/data/cifar.py", "tests/data/test_cifar.py", "tests/published.py"}  # reads only arrays
    assert unpickling == {"tests/torture/hostile.py", "tests/torture/test_data.py"} | archives
    assert not {name for name, _ in all_calls()} & {"read_pickle", "Unpickler"}
    of_loading = [(ast.unparse(call.func), call) for name, call in all_calls() if name in ("load", "loads")]
    unpickled = {
        path.name
        for path in SOURCES
        for _, call in calls(path)
        if ast.unparse(call.func) in ("pickle.load", "pickle.loads")
    }
    assert unpickled <= {"test_cifar.py"}  # reads its own files
    loads = [call for name, call in of_loading if name == "np.load"]
    readers = [call for name, call in all_calls() if name == "read_array"]
    assert loads
    assert readers
    assert {argument(call, "allow_pickle") for call in [*loads, *readers]} == {"False"}


def test_every_model_is_loaded_in_safe_mode():
    """In safe mode, Keras refuses a file that contains code (lambdas)."""
    loads = [call for name, call in all_calls() if name == "load_model"]
    assert loads
    assert {argument(call, "safe_mode") for call in loads} == {"True"}


def test_the_default_job_and_a_report_need_no_network(shell, tmp_path):
    """Not even this machine can be reached. The only download fails, and the embedded digits replace its data."""
    isolated = "unshare --map-root-user --net"
    if shell(f"{isolated} true", cwd=tmp_path).returncode:
        pytest.skip("this system allows no network namespaces")
    runner = f'env -i PATH="$PATH" HOME="$PWD" XDG_CACHE_HOME="$PWD/cache" {isolated} python -m runner'
    done = shell(f"{runner} training.epochs=1 model.hidden_units=[4] hydra.run.dir=run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mnist_5k" in done.stdout
    assert (tmp_path / "run" / "model.keras").exists()
    done = shell(f"{runner} report run --out report", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "index.html").exists()
