"""Table of the page: the spread that each source of variance causes."""

import math
from typing import Any

import pandas as pd

from runner.reporting.metrics import quantity, shown_unit, spread_of
from runner.reporting.page.cells import Cell, Column, PageTable

_CAPTION = (
    "Standard deviations over seeds; each source varies alone, with the others fixed at one draw. The 95% intervals "
    "are unadjusted: chi-squared for a standard deviation, and Pitman-Morgan, by pairs of seeds, for its ratio to that "
    "of all sources together. The shares of the variance need not add up to 100%."
)


def variance_table(frame: pd.DataFrame) -> PageTable:
    """Return one row per variant and source.

    Args:
        frame: see `variance_frame`.
    """
    rows = [
        [
            Cell.text(row["variant"]),
            Cell.text(row["source"]),
            Cell.number(spread_of(row["std"], row["metric"]), row["std"]),
            _interval(row, "std", lambda value, metric=row["metric"]: spread_of(value, metric)),
            Cell.number(f"{row['ratio']:.2f}", row["ratio"]),
            _interval(row, "ratio", "{:.2f}".format),
            Cell.number(f"{row['variance_share']:.0%}", row["variance_share"]),
            Cell.number(str(row["n"]), row["n"]),
        ]
        for row in frame.to_dict("records")
    ]
    metric = str(frame["metric"].iloc[0])
    unit = shown_unit(metric) or quantity(metric)
    heads = [f"standard deviation ({unit})", "its interval", "ratio to all", "its interval", "share of variance", "n"]
    columns = [Column("variant"), Column("source"), *(Column(head, number=True) for head in heads)]
    return PageTable("table-variance", "Sources of variance", _CAPTION, columns, rows)


def _interval(row: dict[Any, Any], name: str, text: Any) -> Cell:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return Cell.number("" if math.isnan(low) else f"[{text(low)}, {text(high)}]", low)
