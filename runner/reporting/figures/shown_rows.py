"""Rows of figures with a row for each variant; if there are many variants, only the best have their own row."""

from collections.abc import Collection, Sequence

from runner.core.text import counted

MOST_ROWS = 30  # about as many as fit on a page
_PICKED = 24  # number of best variants that get a row if there are too many


def shown_rows(variants: Sequence[str], ranked: Sequence[str], baselines: Collection[str]) -> frozenset[str]:
    """Return the variants with a row: all, or the baselines and the best if there are too many.

    Args:
        ranked: the variants by validation, best first.
    """
    return frozenset(variants if len(variants) <= MOST_ROWS else [*baselines, *ranked[:_PICKED]])


def others_name(count: int) -> str:
    """Return the name of the row that the other variants share."""
    return f"{counted(count, 'other variant')} (each dot is a mean)"
