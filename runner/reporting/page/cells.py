"""Tables of the page: cells with text, sort value and style."""

import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.reporting.comparison.decision import BETTER, EQUIVALENT, IDENTICAL, WORSE

VERDICT_KINDS = {BETTER: "good", WORSE: "bad", EQUIVALENT: "same", IDENTICAL: "same"}  # styles of words
_ONE_LINE = 40  # letters that fit into a cell without a break
_HYPHEN = re.compile(r"(?<![^\s(\[,;/])-(?=\d)")  # of a number, not within a name or an override


def with_minus(text: str) -> str:
    """Return a text with the minus sign of print before its negative numbers."""
    return _HYPHEN.sub("\N{MINUS SIGN}", text)


@dataclass(frozen=True)
class Cell:
    """A table cell: parts of text, each highlighted or not, and a number if it does not sort by its text."""

    parts: Sequence[tuple[str, bool]]
    sort: float | None = None
    kind: str = ""  # style: number, best, good, bad, same, reason (without verdict), long
    link: str = ""  # address

    @classmethod
    def text(cls, text: object, kind: str = "") -> "Cell":
        """Return a cell of plain text."""
        return cls([(str(text), False)], kind=kind or width_of(str(text)))

    @classmethod
    def number(cls, text: str, value: float | None, kind: str = "number") -> "Cell":
        """Return a cell that sorts by its number, an infinite one as the largest; without one it is empty, and last."""
        if value is None or math.isnan(value):
            return cls([("", False)], kind=kind)
        most = sys.float_info.max
        shown = with_minus(text).replace("e-", "e\N{MINUS SIGN}")
        return cls([(shown, False)], min(max(value, -most), most), kind)


def width_of(text: str) -> str:
    """Return the kind of a cell of text: long if it may not stand on one line."""
    return "long" if len(text) > _ONE_LINE else ""


@dataclass(frozen=True)
class Column:
    """Column header; `hidden`: shown on demand; `minor`: not on paper."""

    name: str
    number: bool = False
    unit: str = ""
    hidden: bool = False
    minor: bool = False


@dataclass(frozen=True)
class PageTable:
    """A table with sorting and a filter."""

    name: str
    title: str
    caption: str
    columns: list[Column]
    rows: list[list[Cell]] = field(default_factory=list)
    variants: Sequence[int] = ()  # of each row, its position among the report's; none if rows belong to no variant
    of_runs: bool = False  # the rows are the runs, in their order
    metric: str = ""  # the column that the charts begin with
