"""Verdicts over several data sets: one sentence per variant, and the claims on one line."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.reporting.comparison.decision import NOT_SIGNIFICANT, UNDECIDED
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.metrics import margin_text, p_equation, p_number

_MOST = 6  # maximum number of variants to list on one line


def task_verdicts(tasks: pd.DataFrame) -> list[str]:
    """Return one sentence for each variant that is compared with a baseline.

    Args:
        tasks: one row per variant, `TASK_COLUMNS`.
    """
    return [_sentence(row) for row in _compared(tasks)]


def claims_line(tasks: pd.DataFrame) -> str:
    """List the variants that differ from their baseline over the data sets, on one line; "" without a comparison."""
    rows = _compared(tasks)
    if not rows:
        return ""
    test = "Wilcoxon over data sets, after Holm's correction"
    if reasons := {row["reason"] for row in rows} - {"", NOT_SIGNIFICANT}:
        return f"{test}: {reasons.pop()}"
    baselines = {row["baseline"] for row in rows}
    whose = shown_name(baselines.pop()) if len(baselines) == 1 else "their baselines"
    differ = [f"{shown_name(row['variant'])} ({row['verdict']})" for row in rows if row["verdict"] != UNDECIDED]
    named = ", ".join(differ) if len(differ) <= _MOST else f"{len(differ)} of {counted(len(rows), 'variant')}"
    return f"{test}, different from {whose}: {named or 'none'}"


def _compared(tasks: pd.DataFrame) -> list[dict[Any, Any]]:
    return tasks[tasks["baseline"] != ""].to_dict("records")


def _sentence(row: Mapping[Any, Any]) -> str:
    """Return the claim over the data sets, followed by the evidence."""
    about, evidence = f"Over {row['datasets']} data sets, {row['variant']}", [*_evidence(row)]
    if row["verdict"] == UNDECIDED and row["reason"] != NOT_SIGNIFICANT:
        return f"{about} is undecided versus {row['baseline']}: {row['reason']}; {'; '.join(evidence)}."
    is_shown = row["verdict"] != UNDECIDED
    claim = f"is significantly {row['verdict']} than" if is_shown else f"is undecided, with {NOT_SIGNIFICANT} from"
    test = f"Wilcoxon's signed-rank test: {p_equation(p_number(row['wilcoxon_holm']))} after Holm's correction"
    return f"{about} {claim} {row['baseline']} ({'; '.join([test, *evidence])})."


def _evidence(row: Mapping[Any, Any]) -> Iterator[str]:
    interval = ""
    if not math.isnan(row["improvement_low"]):
        interval = f", 95% CI {row['improvement_low']:.2f} to {row['improvement_high']:.2f} for these data sets"
    yield f"probability of improvement {row['improvement']:.2f}{interval}"
    if not math.isnan(row.get("relative_mean", math.nan)):
        ends = f"{row['relative_mean_low']:.2f} to {row['relative_mean_high']:.2f}"
        yield f"mean error relative to {row['baseline']} {row['relative_mean']:.2f}, 95% CI {ends} for these data sets"
    if not math.isnan(row["rope"]):
        region = margin_text(row["rope"], row["metric"])
        yield (
            f"Bayesian signed-rank test with ±{region}: P(better) {row['p_better']:.2f}, P(within) "
            f"{row['p_within']:.2f}, P(worse) {row['p_worse']:.2f}"
        )
