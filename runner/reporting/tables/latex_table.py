"""The paper's table in LaTeX: for booktabs, no wider than a line, and as long as it has rows."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

Mark = Literal["best", "as good", ""]
_LETTERS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SIGNS = {"±": r"$\pm$", "<": r"$<$", ">": r"$>$", "|": r"$|$", "\N{MINUS SIGN}": "$-$"}  # in text they come out wrong
_DECORATIONS: Mapping[Mark, str] = {"best": r"\textbf{{{}}}", "as good": r"\underline{{{}}}", "": "{}"}
# Of the article class, whose lines are the shortest that tables have to fit into.
_LINE = 345  # points
_LETTER, _SMALL_LETTER = 5.0, 4.6  # points, of an average one of 10 and of 8 points
_GAP, _SMALL_GAP = 12, 6  # points between columns
_NARROWEST = 0.2  # of a line, for names
_PAGE = 45  # lines
_END = r"\\"  # of a line
_LAST_LATIN = "\N{LATIN SMALL LETTER Z WITH CARON}"  # of those that pdfLaTeX knows
_UNBROKEN = 12  # letters


def latex_table(rows: Sequence[Mapping[str, str]], marks: Sequence[Mark], note: str, label: str) -> str:
    """Return a table for booktabs, which compiles in a plain article; its first line names the packages it needs.

    A table that is too wide for a line is set smaller, and its names are broken; one that is too long for a page is a
    longtable.

    Args:
        rows: text under headers; the first column has the variants' names, the second the metric, the last the seeds.
        marks: of the second column, one for each row.
        note: the caption, already LaTeX.
        label: what it is referred to by, as text.
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
    title = rf"\caption{{{note}}}\label{{tab:{_identifier(label)}}}"
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
    """Return a comment where pdfLaTeX would stop at a letter."""
    letters = "".join(sorted({letter for line in table for letter in line if letter > _LAST_LATIN}))
    return [f"% compile with lualatex or xelatex, in a font that has {letters}"] if letters else []


def escaped(text: str) -> str:
    """Return text that LaTeX shows as it is."""
    shown = "".join(_LETTERS.get(letter, f"\\{letter}" if letter in "&%$#_{}" else letter) for letter in text)
    for sign, command in _SIGNS.items():
        shown = shown.replace(sign, command)
    return re.sub("-(?=-)", "-{}", shown)


def _row(line: Sequence[str], mark: Mark, *, breaks: bool) -> str:
    name, value, *rest = line
    # After \\, a row that began with [ or * would be an argument of it.
    first = "{}" + (_breakable(name) if breaks else escaped(name))
    cells = [first, _DECORATIONS[mark].format(_number(value)), *map(_number, rest)]
    return " & ".join(cells) + r" \\"


def _number(text: str) -> str:
    """Return a number, or several in lines, with minus signs and powers of ten; a dash where there is none."""
    if text == "-":
        return "--"
    powers = re.sub(r"(?<=\d)e([+-]?)0*(\d+)", _power, escaped(text))
    return _stacked(re.sub(r"(?<![\w.{])-(?=[\d.])", "$-$", powers), "t")


def _power(found: re.Match[str]) -> str:
    return rf"$\times10^{{{found[1].strip('+')}{found[2]}}}$"


def _stacked(cell: str, position: str) -> str:
    """Return LaTeX whose lines stand above each other in a cell."""
    lines = cell.split("\n")
    if len(lines) == 1:
        return cell
    return rf"\begin{{tabular}}[{position}]{{@{{}}r@{{}}}}{_END.join(lines)}\end{{tabular}}"


def _breakable(name: str) -> str:
    """Return a name that may be broken after its punctuation, and within what has none."""
    parts = re.split(r"(?<=[,=_/:;+)\]-])|(?<=\.)(?=[A-Za-z])", name)
    pieces = [part[start : start + _UNBROKEN] for part in parts for start in range(0, len(part), _UNBROKEN)]
    return r"\allowbreak{}".join(map(escaped, pieces))


def _room_for_names(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> float:
    """Return the share of a line that columns of small letters leave to the first one."""
    columns = list(zip(heads, *lines, strict=True))[1:]
    letters = sum(max(len(part) for cell in column for part in cell.split("\n")) for column in columns)
    return max(_NARROWEST, 1 - (letters * _SMALL_LETTER + _SMALL_GAP * (len(columns) + 1)) / _LINE)


def _height(line: Sequence[str], room: float) -> int:
    """Return how many lines a row takes, where its name has a share of a line."""
    return max(1 + int(len(line[0]) * _SMALL_LETTER / (room * _LINE)), line[-1].count("\n") + 1)


def _identifier(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "results"
