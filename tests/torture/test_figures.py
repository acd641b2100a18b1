"""The table of promises and figures: rows are in the order of the files, and files that did not run keep theirs."""

import pytest

from tests.torture.figures import BEGIN, DOCUMENT, END, HEAD, Figure, figures_in, in_short, renewed, rows_of

KILL = "| a kill loses nothing | `torture/test_kill.py` | 50 kills; 2.0 s |\n"
DISK = "| a full disk loses nothing | `torture/test_disk.py` | 93 operations |\n"
OLD = "| a kill loses little | `torture/test_kill.py` | 5 kills |\n"


def report(file: str, line: int, *figures: tuple[str, str], when: str = "call") -> pytest.TestReport:
    measured = [("measured", figure) for figure in figures]
    return pytest.TestReport(
        f"{file}::{line}", (file, line, "test"), {}, "passed", None, when, user_properties=measured
    )


def test_figures_come_in_the_order_of_the_files_and_once_a_test():
    first, second = ("a kill loses nothing", "50 kills"), ("a kill loses nothing", "2.0 s")
    reports = [
        report("tests/torture/test_kill.py", 20, second),
        report("tests/torture/test_kill.py", 10, first, when="teardown"),
        report("tests/torture/test_kill.py", 10, first),
        report("tests/torture/test_disk.py", 30, ("a full disk loses nothing", "93 operations")),
    ]
    assert rows_of(figures_in(reports)) == [DISK, KILL]


def test_values_that_differ_in_their_numbers_alone_are_told_in_short():
    values = ["9 files: 3 refused in 1.5 s", "a bit: 7 refused", "9 files: 12 refused in 0.8 s"]
    assert in_short(values) == ["in 2 cases, 9 files: 3 to 12 refused in 0.8 to 1.5 s", "a bit: 7 refused"]


def test_a_promise_of_two_files_has_a_row_for_each():
    figures = [Figure("same", "torture/test_a.py", "1"), Figure("same", "torture/test_b.py", "2")]
    assert len(rows_of(figures)) == 2


def test_only_the_rows_of_files_that_ran_are_renewed():
    document = f"before\n{BEGIN}{HEAD}{DISK}{OLD}{END}after\n"
    assert renewed(document, [KILL]) == f"before\n{BEGIN}{HEAD}{DISK}{KILL}{END}after\n"
    assert renewed(renewed(document, [KILL]), [KILL]) == renewed(document, [KILL])


def test_the_documentation_has_the_place_for_the_table():
    text = DOCUMENT.read_text()
    assert text.index(BEGIN + HEAD) < text.index(END)
