"""Cells of tables that a spreadsheet takes for what they say, and does not run."""

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that a spreadsheet runs


def inert(value: Any) -> Any:
    """Return text that a spreadsheet would run as a formula behind an apostrophe; anything else as it is.

    Source: OWASP, "CSV Injection".
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value) else value


def as_meant(cell: str) -> str:
    """Return a cell's text as it was before `inert`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
