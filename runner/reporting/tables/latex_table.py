"""LaTeX tables for booktabs, at most as wide as a line and of any length."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.reporting.tables.aligned_numbers import SETUP, aligned_cell, column_format, is_aligned
from runner.reporting.tables.marks import Mark, of_columns

_LETTERS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SIGNS = {"±": r"$\pm$", "<": r"$<$", ">": r"$>$", "|": r"$|$", "\N{MINUS SIGN}": "$-$"}  # signs that need math mode
_DECORATIONS: Mapping[Mark, str] = {"best": r"\textbf{{{}}}", "as good": r"\underline{{{}}}", "": "{}"}
# Dimensions in the article class, which has the shortest lines.
_LINE = 345  # width of a line in points
_NARROWEST = 0.2  # minimum share of a line for the names
_PAGE = 45  # lines on a page
_END = r"\\"  # end of a line
_LAST_LATIN = "\N{LATIN SMALL LETTER Z WITH CARON}"  # last character that pdfLaTeX supports
_UNBROKEN = 12  # maximum number of characters of a part that need not be broken


@dataclass(frozen=True)
class _Size:
    """A font size; lengths in points."""

    command: str
    letter: float  # width of an average character
    gap: int  # space between columns

    def setup(self) -> str:
        return rf"{self.command}\setlength{{\tabcolsep}}{{{self.gap // 2}pt}}"

    def room_for_names(self, columns: Sequence[Sequence[str]]) -> float:
        """Return the share of a line that all other columns leave for the names."""
        letters = sum(max(len(part) for cell in column for part in cell.split("\n")) for column in columns[1:])
        return 1 - (letters * self.letter + self.gap * len(columns)) / _LINE

    def width(self, names: Sequence[str]) -> float:
        """Return the share of a line that the longest name needs."""
        return max(map(len, names)) * self.letter / _LINE


_NORMAL = _Size(r"\normalsize", 5.0, 12)
_SMALL, _SMALLEST = _Size(r"\footnotesize", 4.6, 6), _Size(r"\scriptsize", 4.1, 4)


def latex_table(
    rows: Sequence[Mapping[str, str]],
    marks: Sequence[Mark] | Sequence[Sequence[Mark]],
    note: str,
    label: str,
    *,
    siunitx: bool = False,
) -> str:
    """Return a table for booktabs that compiles in a plain article; its first line names the required packages.

    A table that is too wide for a line gets a smaller font and line breaks in its names. A table that is too long for a
    page becomes a longtable.

    Args:
        rows: text by header; the first column contains the variants, and the last may contain the seeds.
        marks: marks of the second column, one per row; or of the second and later columns, a sequence per row.
        note: caption in LaTeX.
        label: text of the label after its prefix `tab:`.
        siunitx: align columns of numbers at their decimal points with siunitx 3; a star replaces underlines.
    """
    heads, lines = [*rows[0]], [[*row.values()] for row in rows]
    columns = [*zip(heads, *lines, strict=True)]
    size, breaks, room = _NORMAL, False, 1.0
    if _NORMAL.width(columns[0]) > _NORMAL.room_for_names(columns):
        heads = [re.sub(r" (?!\(%\))", "\n", head) for head in heads]
        lines = [[*line[:-1], line[-1].replace(", ", "\n")] for line in lines]
        columns = [*zip(heads, *lines, strict=True)]
        size = _SMALL if _SMALL.room_for_names(columns) >= _NARROWEST else _SMALLEST
        room = max(_NARROWEST, size.room_for_names(columns))
        breaks = size.width(columns[0]) > room
    names = rf">{{\raggedright\arraybackslash}}p{{{room:.2f}\linewidth}}" if breaks else "l"
    aligned = [siunitx and is_aligned(cells) for _, *cells in columns]
    body = [_row(line, mark, aligned, breaks=breaks) for line, mark in zip(lines, marks, strict=True)]
    formats = [column_format(cells) if is_one else "r" for (_, *cells), is_one in zip(columns, aligned, strict=True)]
    title = rf"\caption{{{note}}}\label{{tab:{identifier(label)}}}"
    parts = names + "".join(formats[1:]), title, [r"\toprule", _head(heads, aligned), r"\midrule"], body
    is_long = sum(_height(line, size, room if breaks else 1.0) for line in lines) > _PAGE
    packages = ["array"] * breaks + ["booktabs"] + ["longtable"] * is_long + ["siunitx"] * siunitx
    setup = (size.command if size == _NORMAL else size.setup()) + SETUP * siunitx
    table = _longtable(setup, *parts) if is_long else _float(setup, *parts)
    return "\n".join([rf"% \usepackage{{{','.join(packages)}}}", *_unicode_hint(table), *table, ""])


def _head(heads: Sequence[str], aligned: Sequence[bool]) -> str:
    """Return the row of headers; braces tell siunitx that they are text."""
    stacked = zip((_stacked(escaped(head), "b") for head in heads), aligned, strict=True)
    return " & ".join(f"{{{text}}}" if is_one else text for text, is_one in stacked) + r" \\"


def _float(size: str, columns: str, title: str, top: list[str], body: list[str]) -> list[str]:
    inner = [rf"\begin{{tabular}}{{{columns}}}", *top, *body, r"\bottomrule", r"\end{tabular}"]
    return [r"\begin{table}", r"\centering", title + r"\par\medskip", size, *inner, r"\end{table}"]


def _longtable(size: str, columns: str, title: str, top: list[str], body: list[str]) -> list[str]:
    heads = [title + _END, *top, r"\endfirsthead", *top, r"\endhead", r"\bottomrule", r"\endfoot"]
    inner = [rf"\begin{{longtable}}{{{columns}}}", *heads, *body, r"\end{longtable}"]
    return [r"\begingroup", size, *inner, r"\endgroup"]


def _unicode_hint(table: Sequence[str]) -> list[str]:
    """Return a comment if the table contains characters that pdfLaTeX does not support."""
    letters = "".join(sorted({letter for line in table for letter in line if letter > _LAST_LATIN}))
    return [f"% compile with lualatex or xelatex and a font that has {letters}"] if letters else []


def latex_sign(*, siunitx: bool) -> str:
    """Return the mark of a number that is not significantly different from the best."""
    return "*" if siunitx else "Underlined"


def escaped(text: str) -> str:
    """Escape text for LaTeX."""
    shown = "".join(_LETTERS.get(letter, f"\\{letter}" if letter in "&%$#_{}" else letter) for letter in text)
    for sign, command in _SIGNS.items():
        shown = shown.replace(sign, command)
    return re.sub("-(?=-)", "-{}", shown)


def _row(line: Sequence[str], marks: Mark | Sequence[Mark], aligned: Sequence[bool], *, breaks: bool) -> str:
    name, *values = line
    # Without {}, LaTeX would read [ or * at the beginning of a row as an argument of the preceding \\.
    first = "{}" + (_breakable(name) if breaks else escaped(name))
    given = of_columns([marks] if isinstance(marks, str) else marks, len(values))
    cells = [
        aligned_cell(value, mark) if is_one else _DECORATIONS[mark].format(_number(value))
        for value, mark, is_one in zip(values, given, aligned[1:], strict=True)
    ]
    return " & ".join([first, *cells]) + r" \\"


def _number(text: str) -> str:
    """Typeset a number, or several on separate lines, with minus signs and powers of ten; "-" becomes a dash."""
    if text == "-":
        return "--"
    powers = re.sub(r"(?<=\d)e([+-]?)0*(\d+)", _power, escaped(text))
    return _stacked(re.sub(r"(?<![\w.{])-(?=[\d.])", "$-$", powers), "t")


def _power(found: re.Match[str]) -> str:
    return rf"$\times10^{{{found[1].strip('+')}{found[2]}}}$"


def _stacked(cell: str, position: str) -> str:
    """Stack the lines of a cell."""
    lines = cell.split("\n")
    if len(lines) == 1:
        return cell
    return rf"\begin{{tabular}}[{position}]{{@{{}}r@{{}}}}{_END.join(lines)}\end{{tabular}}"


def _breakable(name: str) -> str:
    """Allow line breaks in a name after punctuation, and within long parts that have none."""
    parts = re.split(r"(?<=[ ,=_/:;+)\]-])|(?<=\.)(?=[A-Za-z])", name)
    pieces = [part[start : start + _UNBROKEN] for part in parts for start in range(0, len(part), _UNBROKEN)]
    return r"\allowbreak{}".join(map(escaped, pieces))


def _height(line: Sequence[str], size: _Size, room: float) -> int:
    """Return the number of lines of a row whose name has this share of a line."""
    return max(1 + int(size.width(line[:1]) / room), line[-1].count("\n") + 1)


def identifier(label: str) -> str:
    """Return the part of a LaTeX label that represents a name."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "results"
