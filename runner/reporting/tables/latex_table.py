"""LaTeX tables for booktabs, at most as wide as a line and of any length."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

Mark = Literal["best", "as good", ""]
_LETTERS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SIGNS = {"±": r"$\pm$", "<": r"$<$", ">": r"$>$", "|": r"$|$", "\N{MINUS SIGN}": "$-$"}  # wrong in text mode
_DECORATIONS: Mapping[Mark, str] = {"best": r"\textbf{{{}}}", "as good": r"\underline{{{}}}", "": "{}"}
# Measures of the article class, which has the shortest lines.
_LINE = 345  # points
_LETTER, _SMALL_LETTER = 5.0, 4.6  # points: average letter at 10 and at 8 points
_GAP, _SMALL_GAP = 12, 6  # points between columns
_NARROWEST = 0.2  # of a line, for the names
_PAGE = 45  # lines
_END = r"\\"  # of a line
_LAST_LATIN = "\N{LATIN SMALL LETTER Z WITH CARON}"  # that pdfLaTeX knows
_UNBROKEN = 12  # letters


def latex_table(rows: Sequence[Mapping[str, str]], marks: Sequence[Mark], note: str, label: str) -> str:
    """Return a table for booktabs that compiles in a plain article; its first line names the required packages.

    A table that is too wide for a line is set in a smaller font, and its names are broken. A table that is too long for
    a page is a longtable.

    Args:
        rows: text by header; the first column holds the variants, the second the metric, the last the seeds.
        marks: marks in the second column, one per row.
        note: caption in LaTeX.
        label: text after the prefix `tab:` of the label.
    """
    heads, lines = [*rows[0]], [[*row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    small = sum(widths) * _LETTER + _GAP * len(heads) > _LINE
    if small:
        heads = [re.sub(r" (?!\()", "\n", head) for head in heads]
        lines = [[*line[:-1], line[-1].replace(", ", "\n")] for line in lines]
    room = _room_for_names(heads, lines)
    breaks = small and widths[0] * _SMALL_LETTER > room * _LINE
    names = rf">{{\raggedright\arraybackslash}}p{{{room:.2f}\linewidth}}" if breaks else "l"
    body = [_row(line, mark, breaks=breaks) for line, mark in zip(lines, marks, strict=True)]
    head = " & ".join(_stacked(escaped(head), "b") for head in heads) + r" \\"
    columns = names + "r" * (len(heads) - 1)
    size = rf"\footnotesize\setlength{{\tabcolsep}}{{{_SMALL_GAP // 2}pt}}" if small else r"\normalsize"
    title = rf"\caption{{{note}}}\label{{tab:{identifier(label)}}}"
    parts = columns, title, [r"\toprule", head, r"\midrule"], body
    is_long = sum(_height(line, room if breaks else 1.0) for line in lines) > _PAGE
    packages = ["array"] * breaks + ["booktabs"] + ["longtable"] * is_long
    table = _longtable(size, *parts) if is_long else _float(size, *parts)
    return "\n".join([rf"% \usepackage{{{','.join(packages)}}}", *_unicode_hint(table), *table, ""])


def _float(size: str, columns: str, title: str, top: list[str], body: list[str]) -> list[str]:
    inner = [rf"\begin{{tabular}}{{{columns}}}", *top, *body, r"\bottomrule", r"\end{tabular}"]
    return [r"\begin{table}", r"\centering", title + r"\par\medskip", size, *inner, r"\end{table}"]


def _longtable(size: str, columns: str, title: str, top: list[str], body: list[str]) -> list[str]:
    heads = [title + _END, *top, r"\endfirsthead", *top, r"\endhead", r"\bottomrule", r"\endfoot"]
    inner = [rf"\begin{{longtable}}{{{columns}}}", *heads, *body, r"\end{longtable}"]
    return [r"\begingroup", size, *inner, r"\endgroup"]


def _unicode_hint(table: Sequence[str]) -> list[str]:
    """Return a comment if the table has letters that pdfLaTeX does not know."""
    letters = "".join(sorted({letter for line in table for letter in line if letter > _LAST_LATIN}))
    return [f"% compile with lualatex or xelatex and a font that has {letters}"] if letters else []


def escaped(text: str) -> str:
    """Escape text for LaTeX."""
    shown = "".join(_LETTERS.get(letter, f"\\{letter}" if letter in "&%$#_{}" else letter) for letter in text)
    for sign, command in _SIGNS.items():
        shown = shown.replace(sign, command)
    return re.sub("-(?=-)", "-{}", shown)


def _row(line: Sequence[str], mark: Mark, *, breaks: bool) -> str:
    name, value, *rest = line
    # Without {}, a row that begins with [ or * would be an argument of the \\ before it.
    first = "{}" + (_breakable(name) if breaks else escaped(name))
    cells = [first, _DECORATIONS[mark].format(_number(value)), *map(_number, rest)]
    return " & ".join(cells) + r" \\"


def _number(text: str) -> str:
    """Typeset a number, or several on lines, with minus signs and powers of ten; "-" becomes a dash."""
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
    """Allow line breaks in a name after punctuation, and within long parts without any."""
    parts = re.split(r"(?<=[,=_/:;+)\]-])|(?<=\.)(?=[A-Za-z])", name)
    pieces = [part[start : start + _UNBROKEN] for part in parts for start in range(0, len(part), _UNBROKEN)]
    return r"\allowbreak{}".join(map(escaped, pieces))


def _room_for_names(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> float:
    """Return the share of a line that the other columns, in the smaller font, leave to the first."""
    columns = list(zip(heads, *lines, strict=True))[1:]
    letters = sum(max(len(part) for cell in column for part in cell.split("\n")) for column in columns)
    return max(_NARROWEST, 1 - (letters * _SMALL_LETTER + _SMALL_GAP * (len(columns) + 1)) / _LINE)


def _height(line: Sequence[str], room: float) -> int:
    """Return the number of lines of a row, if its name has this share of a line."""
    return max(1 + int(len(line[0]) * _SMALL_LETTER / (room * _LINE)), line[-1].count("\n") + 1)


def identifier(label: str) -> str:
    """Return the part of a label in LaTeX that stands for a name."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "results"
