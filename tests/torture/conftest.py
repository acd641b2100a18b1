"""Fixtures of the reliability tests: the number of attempts (more in `make torture`), and the measured figures."""

from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.made import Once
from tests.torture.results import CHOSEN, Result, results_in


@pytest.fixture(scope="session")
def attempts(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Return attempts(in_the_suite, under_make_torture), which chooses the number of a test's attempts."""

    def choose(few: int, many: int) -> int:
        return many if request.config.getoption("--torture") else few

    return choose


@pytest.fixture
def long_form(request: pytest.FixtureRequest) -> None:
    """Skip a test without --torture: another test of the suite covers its faults."""
    if not request.config.getoption("--torture"):
        pytest.skip("with --torture")


@pytest.fixture
def measured(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return a function that records a figure, shown in docs/reliability.md, for the test's guarantee (figures.py)."""
    marker = request.node.get_closest_marker("promise")
    assert marker, "which promise? @pytest.mark.promise(...)"

    def note(figure: str) -> None:
        record_property("measured", (marker.args[0], figure))

    return note


@pytest.fixture(scope="session")
def undisturbed(once: Once, quick_cli: Callable[..., CompletedProcess[str]]) -> Mapping[tuple[str, int], Result]:
    """The results of an undisturbed sweep over the seeds 0 and 1 on one worker."""

    def train(folder: Path) -> None:
        where = ("hydra.sweep.dir=sweep", "hydra.launcher.workers=1")
        done = quick_cli("-m", *CHOSEN, "seed=0,1", *where, cwd=folder, timeout=600)
        assert done.returncode == 0, done.stderr

    return results_in(once("undisturbed", train))
