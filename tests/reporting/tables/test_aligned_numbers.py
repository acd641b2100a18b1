import pytest

from runner.reporting.tables.aligned_numbers import aligned_cell, column_format, is_aligned


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["92.87 ± 0.38", "", "9.00 ± 1.22"], "S[mode=text,table-format=2.2(3)]"),
        (["92.87 ± 0.08"], "S[mode=text,table-format=2.2(1)]"),
        (["0.0812 ± 0.0031"], "S[mode=text,table-format=1.4(2)]"),
        (["+0.65", "-12.0", "-"], "S[mode=math,table-format=+2.2]"),
        (["<0.001", "0.688"], "S[mode=math,table-format=<1.3]"),
        (["10", "8"], "S[mode=text,table-format=2]"),
    ],
)
def test_a_column_has_room_for_its_longest_number(cells, expected):
    assert is_aligned(cells)
    assert column_format(cells) == expected


@pytest.mark.parametrize(
    "cells", [["[+0.1, +0.2]"], ["10, 1 diverged", "9"], ["better"], ["", "-"], ["1.23e-07 ± 4.5e-08"]]
)
def test_what_is_no_plain_number_is_not_aligned(cells):
    assert not is_aligned(cells)


def test_cells_have_their_marks_and_dashes():
    assert aligned_cell("1.0 ± 0.5", "best") == r"\bfseries 1.0 +- 0.5"
    assert aligned_cell("1.0", "as good") == r"1.0 {\textsuperscript{*}}"
    assert (aligned_cell("", ""), aligned_cell("-", "")) == ("", "{--}")
