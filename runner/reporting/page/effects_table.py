"""Table of the page with the effects of a grid's axes."""

import math

import pandas as pd

from runner.reporting.comparison.decision import NOT_SIGNIFICANT, STILL_TRAINING, UNDECIDED, p_text
from runner.reporting.grid_effects.effects import LOOKS_TO_COME
from runner.reporting.metrics import axis_label, interval_text, shown_unit, signed_text
from runner.reporting.page.cells import Cell, Column, PageTable
from runner.reporting.sentences.effect_verdicts import effect_text
from runner.reporting.statistics.significance.holm import after_correction


def effects_table(effects: pd.DataFrame) -> PageTable:
    """Return one row per main effect and interaction.

    Args:
        effects: frame with the columns of effects.csv, and at least one row.
    """
    several = len({*effects["dataset"]}) > 1
    has_exact = bool(effects["exact_low"].notna().any())
    heads = ["difference", "95% interval", *["exact interval"] * has_exact, "F", "p (Holm)", "n"]
    rows = []
    for row in effects.to_dict("records"):
        metric, p_adjusted = row["metric"], p_text(row)
        known = (NOT_SIGNIFICANT, STILL_TRAINING, LOOKS_TO_COME)
        why = row["reason"] if row["reason"] in known else "too few seeds"
        undecided = UNDECIDED if why == NOT_SIGNIFICANT else f"{UNDECIDED}: {why}"
        is_claim = row["verdict"] != UNDECIDED
        f_value = "inf" if math.isinf(row["f_value"]) else f"{row['f_value']:.2f}"
        rows.append(
            [
                Cell.text(row["kind"]),
                Cell.text(effect_text(row)),
                *([Cell.text(row["dataset"])] if several else []),
                Cell.text(row["verdict"] if is_claim else undecided, "" if is_claim else "reason"),
                Cell.number(signed_text(row["difference"], metric), row["difference"]),
                Cell.number(interval_text(row, metric), row["ci_low"]),
                *([Cell.number(interval_text(row, metric, "exact"), row["exact_low"])] if has_exact else []),
                Cell.number(f_value, row["f_value"]),
                Cell.number(p_adjusted, None if p_adjusted == "-" else row["p_adjusted"]),
                Cell.number(f"{row['n']}", row["n"]),
            ]
        )
    columns = [
        Column("kind"), Column("effect"), *([Column("data set")] if several else []),
        Column("verdict"), *(Column(name, number=True) for name in heads),
    ]  # fmt: skip
    metric = str(effects["metric"].iloc[0])
    unit = f" in {shown_unit(metric)}" if shown_unit(metric) else ""
    adjusted = f"{after_correction(effects['correction'].iloc[0])} over these {len(effects)} rows"
    caption = (
        f"Effects of the grid's axes on {axis_label(metric)}: differences{unit}, averaged over the other axes within "
        "each seed. An interaction is a difference of differences. P values: exact sign flips or, for all levels "
        f"together, permutations within seeds, {adjusted}. Intervals are not adjusted."
    )
    return PageTable("table-effects", "Effects", caption, columns, rows)
