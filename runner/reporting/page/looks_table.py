"""Table of the page: the planned looks of a sequential study."""

import pandas as pd

from runner.records.design import Looks
from runner.reporting.comparison.decision import UNDECIDED, outcome, p_text
from runner.reporting.metrics import shown_unit, signed_text
from runner.reporting.page.cells import VERDICT_KINDS, Cell, Column, PageTable


def looks_table(frame: pd.DataFrame, looks: Looks) -> PageTable:
    """Return one row per comparison and look.

    Args:
        frame: see `looks_frame`.
    """
    rows = [
        [
            Cell.text(row["variant"]),
            Cell.number(f"{row['look']} of {len(looks.sizes)}", row["look"]),
            Cell.number(str(row["n"]), row["n"]),
            Cell.number(signed_text(row["difference"], row["metric"]), row["difference"]),
            Cell.number(p_text(row), None if p_text(row) == "-" else row["p_adjusted"]),
            Cell.text("goes on" if outcome(row) == UNDECIDED else outcome(row), VERDICT_KINDS.get(outcome(row), "")),
        ]
        for row in frame.to_dict("records")
    ]
    unit = shown_unit(str(frame["metric"].iloc[0]))
    difference = f"difference ({unit})" if unit else "difference"
    columns = [
        Column("variant"), Column("look", number=True), Column("seeds", number=True), Column(difference, number=True),
        Column("p", number=True), Column("decision"),
    ]  # fmt: skip
    sizes = ", ".join(map(str, looks.sizes))
    caption = (
        f"Every comparison at the planned looks ({sizes} seeds). p is the repeated p value: the smallest level at "
        "which one of the looks so far would have claimed a difference. A decided comparison gets no more seeds."
    )
    return PageTable("table-looks", "Looks", caption, columns, rows)
