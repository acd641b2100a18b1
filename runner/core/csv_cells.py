"""Protection of CSV cells against formula injection in spreadsheets."""

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # beginnings of cells that a spreadsheet evaluates


def inert(value: Any) -> Any:
    """Prefix an apostrophe to text that a spreadsheet would evaluate as a formula; return other values unchanged.

    Text that already looks prefixed gets another apostrophe, so that `as_meant` restores it exactly.

    Source: OWASP, "CSV Injection".
    """
    if not isinstance(value, str) or not value.lstrip("'").startswith(_FORMULA) or _is_number(value):
        return value
    return f"'{value}"


def as_meant(cell: str) -> str:
    """Undo `inert`."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
