"""Table of the page with every trial of the tuning."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from runner.reporting.metrics import axis_label, value_text
from runner.reporting.page.cells import Cell, Column, PageTable
from runner.reporting.results import Results
from runner.reporting.tuning.tuning_trials import Trials


def trials_table(results: Results) -> PageTable | None:
    """Return one row per trial of each variant: its values, state and score; None without trials."""
    if not results.trials:
        return None
    metric = results.trials[0].metric
    keys = list(dict.fromkeys(str(key) for trials in results.trials for key in trials.overrides))
    labels = {run.record.label: str(label) for run, label in zip(results.runs, results.summary["variant"], strict=True)}
    rows, variants = [], []
    for trials in results.trials:
        own = _rows(trials, keys)
        rows += own
        label = labels.get(trials.variant, trials.variant)
        variants += [results.variants.index(label) if label in results.variants else -1] * len(own)
    columns = [
        Column("variant"), Column("trial", number=True), Column(axis_label(metric), number=True),
        *(Column(key, number=True) for key in keys), Column("state"), Column("choice"),
    ]  # fmt: skip
    has_pruned = any((trials.table["state"] == "pruned").any() for trials in results.trials)
    caption = (
        "All trials, in the order in which they were planned or proposed, with their scores on validation and the "
        f"tuning seeds.{' A pruned trial ended early.' * has_pruned} The choice was trained again on fresh seeds."
    )
    return PageTable("table-trials", "Trials", caption, columns, rows, variants, metric=axis_label(metric))


def _rows(trials: Trials, keys: list[str]) -> list[list[Cell]]:
    found = []
    for row, values in zip(
        trials.table.to_dict("records"), trials.overrides.reindex(columns=keys).to_dict("records"), strict=True
    ):
        score = row["score"] if row["is_scored"] else None
        found.append(
            [
                Cell.text(trials.variant),
                Cell.number(str(row["trial"]), row["trial"]),
                Cell.number("" if score is None else value_text(score, trials.metric).rstrip("%"), score),
                *(_value(values, key) for key in keys),
                Cell.text(row["state"], "" if row["state"] == "completed" else "bad"),
                Cell.text("chosen" if row["is_chosen"] else "", "good"),
            ]
        )
    return found


def _value(values: Mapping[Any, Any], key: str) -> Cell:
    """Return a number, or an option's name; "" if the key is not set."""
    value = values[key]
    if value is None or pd.isna(value):
        return Cell.number("", None)
    number = pd.to_numeric(value, errors="coerce")
    return Cell.text(value, "number") if pd.isna(number) else Cell.number(str(value), float(number))
