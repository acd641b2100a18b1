"""Table of promises and figures that `make torture` prints and writes into docs/reliability.md.

This is a pytest plug-in, registered in `tests/conftest.py`. A test names its promise by a marker, and passes its
figures to the fixture `measured`. Without --torture nothing is printed or written.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from tests.imports import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "reliability.md"
BEGIN = "<!-- figures: written by `make torture` -->\n"
END = "<!-- end of figures -->\n"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
HEAD = "| guarantee | test (`tests/`) | figure |\n| --- | --- | --- |\n"


@dataclass(frozen=True)
class Figure:
    """A figure that one test measured for one promise."""

    promise: str
    file: str  # below tests/
    value: str


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option with which `make torture` selects the long versions of the tests in tests/torture/."""
    parser.addoption("--torture", action="store_true", help="hundreds of faults, runs and configurations, not a few")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "promise(text): what docs/reliability.md promises, and the test measures")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Print the table; update it in the documentation if all tests of the files passed."""
    if not config.getoption("--torture"):
        return
    rows = rows_of(figures_in(terminalreporter.getreports("passed")))
    terminalreporter.section("guarantees and figures")
    terminalreporter.write(HEAD + "".join(rows))
    in_part = config.getoption("keyword") or config.getoption("markexpr") or any("::" in path for path in config.args)
    if exitstatus == pytest.ExitCode.OK and not in_part:
        DOCUMENT.write_text(renewed(DOCUMENT.read_text(), rows))


def figures_in(reports: Iterable[pytest.TestReport]) -> list[Figure]:
    """Return the measured figures in the order of the files, not in the order in which tests ended."""
    reports = sorted(reports, key=lambda report: (report.location[0], report.location[1] or 0, report.nodeid))
    return [
        Figure(value[0], report.location[0].removeprefix("tests/"), value[1])
        for report in reports
        if report.when == "call"
        for name, value in report.user_properties
        if name == "measured"
    ]


def rows_of(figures: Iterable[Figure]) -> list[str]:
    """Return a row of the table for each promise in each file, with all its figures."""
    values: dict[tuple[str, str], list[str]] = {}
    for figure in figures:
        values.setdefault((figure.promise, figure.file), []).append(figure.value)
    return [f"| {promise} | `{file}` | {'; '.join(in_short(found))} |\n" for (promise, file), found in values.items()]


def in_short(values: Iterable[str]) -> list[str]:
    """Return the values; those that differ only in their numbers are merged into one with ranges."""
    alike: dict[str, list[list[str]]] = {}
    for value in values:
        alike.setdefault(NUMBER.sub("{}", value), []).append(NUMBER.findall(value))
    return [
        ("" if len(rows) == 1 else f"in {len(rows)} cases, ") + text.format(*map(_range, zip(*rows, strict=True)))
        for text, rows in alike.items()
    ]


def _range(numbers: Iterable[str]) -> str:
    ordered = sorted(set(numbers), key=float)
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def renewed(document: str, rows: list[str]) -> str:
    """Return a document whose table has these rows, and keeps its old rows for all other files."""
    before, rest = document.split(BEGIN)
    old, after = rest.split(END)
    files = {_file(row) for row in rows}
    kept = [row for row in old.removeprefix(HEAD).splitlines(keepends=True) if _file(row) not in files]
    return before + BEGIN + HEAD + "".join(sorted(kept + rows, key=_file)) + END + after


def _file(row: str) -> str:
    return row.split(" | ")[1].strip("`")
