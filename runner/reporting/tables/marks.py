"""Marks for numbers in tables."""

from collections.abc import Sequence
from typing import Literal

Mark = Literal["best", "as good", ""]  # `as good`: not significantly different from the best


def of_columns(marks: Sequence[Mark], columns: int) -> list[Mark]:
    """Return marks for this many columns: the given ones, followed by empty ones."""
    none: list[Mark] = [""]
    return [*marks, *none * (columns - len(marks))]
