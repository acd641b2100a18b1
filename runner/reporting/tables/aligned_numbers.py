"""LaTeX cells with numbers that siunitx aligns at their decimal points."""

import re
from collections.abc import Sequence

from runner.reporting.tables.marks import Mark

SETUP = (
    r"\sisetup{reset-text-series=false,text-series-to-math=true,separate-uncertainty,"
    r"retain-explicit-plus,table-align-text-after=false}"
)
_NUMBER = re.compile(r"(?P<sign>[<+-]?)(?P<whole>\d+)(?:\.(?P<part>\d+))?(?: ± (?P<spread>[\d.]+))?")
_BEFORE = {"best": r"\bfseries ", "as good": "", "": ""}
_AFTER = {"best": "", "as good": r" {\textsuperscript{*}}", "": ""}


def is_aligned(cells: Sequence[str]) -> bool:
    """Return whether a column holds only numbers, with or without standard deviations."""
    known = [cell for cell in cells if cell not in ("", "-")]
    return bool(known) and all(map(_NUMBER.fullmatch, known))


def column_format(cells: Sequence[str]) -> str:
    """Return the LaTeX column type for numbers."""
    found = [match for cell in cells if (match := _NUMBER.fullmatch(cell))]
    signs = {match["sign"] for match in found} - {""}
    sign = "<" if "<" in signs else "+" if signs else ""
    whole = max(len(match["whole"]) for match in found)
    part = max(len(match["part"] or "") for match in found)
    digits = [len(match["spread"].replace(".", "").lstrip("0")) or 1 for match in found if match["spread"]]
    spread = f"({max(digits)})" if digits else ""
    mode = "math" if sign else "text"  # only math mode has proper minus signs, and only text mode has bold digits
    return f"S[mode={mode},table-format={sign}{whole}{f'.{part}' if part else ''}{spread}]"


def aligned_cell(text: str, mark: Mark) -> str:
    """Return a cell for a column of numbers."""
    if text in ("", "-"):
        return "{--}" if text else ""
    return _BEFORE[mark] + text.replace(" ± ", " +- ") + _AFTER[mark]
