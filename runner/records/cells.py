"""Cells of tables that a spreadsheet takes for what they say, and does not run."""

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that a spreadsheet runs


def inert(value: Any) -> Any:
    """Return text that a spreadsheet would run as a formula behind an apostrophe; anything else as it is.

    So is text that would be read back as such a one. Source: OWASP, "CSV Injection".
    """
    if not isinstance(value, str) or not value.lstrip("'").startswith(_FORMULA) or _is_number(value):
        return value
    return f"'{value}"


def as_meant(cell: str) -> str:
    """Return a cell's text as it was before `inert`."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
