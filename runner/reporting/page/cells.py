"""Tables of the page: cells with text, sort value and style."""

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from runner.reporting.comparison.decision import BETTER, EQUIVALENT, IDENTICAL, WORSE
from runner.reporting.figures.drawing.names import with_names

VERDICT_KINDS = {BETTER: "good", WORSE: "bad", EQUIVALENT: "same", IDENTICAL: "same"}  # styles of words
_OF_VARIANTS = "variant"  # name of the first column of tables with a row for each variant or its parts
_ONE_LINE = 40  # characters that fit into a cell without a line break
_HYPHEN = re.compile(r"(?<![^\s(\[,;/])-(?=\d)")  # before a number, but not within a name or an override


def with_minus(text: str) -> str:
    """Return a string with a minus sign in place of the hyphen before each negative number."""
    return _HYPHEN.sub("\N{MINUS SIGN}", text)


@dataclass(frozen=True)
class Cell:
    """A table cell: parts of text, each highlighted or not, and a number unless the cell sorts by its text."""

    parts: Sequence[tuple[str, bool]]
    sort: float | None = None
    kind: str = ""  # style: number, best, good, bad, same, reason (no verdict), long, short
    link: str = ""  # address of a link

    @classmethod
    def text(cls, text: object, kind: str = "") -> "Cell":
        """Return a cell of plain text."""
        return cls([(str(text), False)], kind=kind or width_of(str(text)))

    def renamed(self, names: Mapping[str, str]) -> "Cell":
        """Return the cell with display names in place of labels."""
        return replace(self, parts=[(names.get(text, text), marked) for text, marked in self.parts])

    @classmethod
    def number(cls, text: str, value: float | None, kind: str = "number") -> "Cell":
        """Return a cell that sorts by its number; without a number, it is empty and sorts after infinity."""
        if value is None or math.isnan(value):
            return cls([("", False)], kind=kind)
        most = sys.float_info.max
        shown = with_minus(text).replace("e-", "e\N{MINUS SIGN}")
        return cls([(shown, False)], min(max(value, -most), most), kind)


def width_of(text: str) -> str:
    """Return the kind of a text cell: long if the text may need more than one line."""
    return "long" if len(text) > _ONE_LINE else ""


@dataclass(frozen=True)
class Column:
    """Column header; `hidden` columns are shown on demand, and `minor` ones are not printed."""

    name: str
    number: bool = False
    unit: str = ""
    hidden: bool = False
    minor: bool = False
    label: str = ""  # name in charts, if it differs


@dataclass(frozen=True)
class PageTable:
    """A table with sorting and a filter."""

    name: str
    title: str
    caption: str
    columns: list[Column]
    rows: list[list[Cell]] = field(default_factory=list)
    variants: Sequence[int] = ()  # position of each row's variant in the report; empty if rows belong to no variant
    of_runs: bool = False  # whether the rows are the runs, in order
    metric: str = ""  # column that the charts show first
    constants: Sequence[str] = ()  # overrides that all rows share
    aside: str = ""  # part of the caption about minor columns, which is not printed either

    def with_names(self, names: Mapping[str, str]) -> "PageTable":
        """Return the table with the display names of variants in its caption and its column `variant`."""
        if not names:
            return self
        is_named = self.columns[0].name == _OF_VARIANTS
        rows = [[row[0].renamed(names), *row[1:]] for row in self.rows] if is_named else self.rows
        return replace(self, rows=rows, caption=with_names(self.caption, names))
