"""Levels of the suite: markers for tests that start processes, train or use a browser, and the option --check.

This is a pytest plug-in, registered in `tests/conftest.py`. No test is marked by hand:

trains   its file imports TensorFlow, or one of our modules that imports it.
process  it uses a fixture that starts processes.
browser  it uses the browser.
cluster  it is in a file about Ray or Slurm.
torture  it is in tests/torture.

`pytest --check` skips all these tests, without loading their files, and fails any other test that starts a process or
imports TensorFlow.
"""

import sys
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.imports import HEAVY, loads_tensorflow, needs_tensorflow

MARKERS = {
    "trains": "imports TensorFlow",
    "process": "starts processes",
    "browser": "opens a page in Chromium",
    "cluster": "starts Ray or jobs as Slurm does",
    "torture": "breaks something many times",
}
STARTS_PROCESSES = {"cli", "quick_cli", "cold_cli", "spawn", "begin", "shell", "program", "browser", "processes"}
LOOKS_UP = {"/sbin/ldconfig", "git"}  # started by ctypes and by the lookup of the commit; they take milliseconds
SLOW = 5.0  # seconds after which a test is reported to its author


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make check`."""
    parser.addoption("--check", action="store_true", help="only tests without processes and without TensorFlow")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip files whose import alone takes seconds, and folders whose `conftest.py` is such a file."""
    if not config.getoption("--check"):
        return None
    conftest = collection_path / "conftest.py"
    is_test = collection_path.suffix == ".py" and collection_path.name.startswith("test_")
    heavy = loads_tensorflow(conftest) if conftest.is_file() else is_test and needs_tensorflow(collection_path)
    return heavy or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test by its file and its fixtures."""
    for item in items:
        for marker in _markers(item):
            item.add_marker(marker)
    if config.getoption("--check"):
        left_out = [item for item in items if any(item.get_closest_marker(name) for name in MARKERS)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_collection_finish(session: pytest.Session) -> None:
    """From now on, fail each test that should have been skipped."""
    if session.config.getoption("--check"):
        sys.addaudithook(_refuse)
        BaseProcess.start = lambda process: _refuse("multiprocessing", (process,))


def _markers(item: pytest.Item) -> Iterator[str]:
    fixtures = set(getattr(item, "fixturenames", ()))
    if needs_tensorflow(item.path):
        yield "trains"
    if fixtures & STARTS_PROCESSES:
        yield "process"
    if "browser" in fixtures:
        yield "browser"
    if item.path.stem.removeprefix("test_") in ("ray", "slurm"):
        yield "cluster"
    if item.path.parent.name == "torture":
        yield "torture"


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    is_process = event == "multiprocessing" or (event == "subprocess.Popen" and arguments[0] not in LOOKS_UP)
    if is_process or (event == "import" and arguments[0] in HEAVY):
        raise AssertionError(f"{event} {arguments[0]}: not in a test of `make check`; see tests/levels.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the slow tests, without counting the time of fixtures."""
    slow = [
        report for report in terminalreporter.getreports("passed") if report.when == "call" and report.duration > SLOW
    ]
    if slow:
        terminalreporter.section(f"tests that take over {SLOW:g} s: is each worth it?")
        for report in sorted(slow, key=lambda report: -report.duration):
            terminalreporter.write_line(f"{report.duration:6.1f} s  {report.nodeid}")
