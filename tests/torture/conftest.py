"""What the tests of reliability share: how much each does (`make torture`, or less in the suite), and what it found."""

from collections.abc import Callable

import pytest


@pytest.fixture
def attempts(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Choose how much a test does: attempts(in_the_suite, under_make_torture)."""

    def choose(few: int, many: int) -> int:
        return many if request.config.getoption("--torture") else few

    return choose


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Note a figure for the end of pytest's output, where docs/reliability.md takes it from."""

    def note(figure: str) -> None:
        record_property("measured", figure)

    return note
