"""Variants over their seeds, and each against the baseline, as tidy frames."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from runner.reporting.statistics import (
    FEWEST_SEEDS,
    Comparison,
    compare_paired,
    compare_unpaired,
    holm,
    summarize,
)

_LEVEL = 0.05
_COUNTED = ("completed", "diverged", "pruned", "interrupted", "failed")
AGGREGATE_COLUMNS = [
    "variant", "metric", "n", "mean", "std", "standard_error", "ci_low", "ci_high", "median", "iqm", "minimum",
    "maximum", *_COUNTED, "epochs", "train_seconds", "parameters", "dataset",
]  # fmt: skip
COMPARISON_COLUMNS = [
    "variant", "baseline", "metric", "test", "n", "difference", "ci_low", "ci_high", "bca_low", "bca_high", "p_value",
    "p_holm", "effect_size", "win_probability", "verdict",
]  # fmt: skip


def aggregate_frame(summary: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return one row a variant, in the order of their first runs: `AGGREGATE_COLUMNS`.

    Only completed runs have a value; the others are counted, never dropped in silence nor filled in.

    Args:
        summary: one row a run: variant, seed, status, epochs, train_seconds, parameters, dataset and the metric.
        metric: its column.
    """
    rows = []
    for variant, runs in summary.groupby("variant", sort=False):
        values = _values(runs, metric)
        statistics = asdict(summarize(list(values))) if len(values) else {"n": 0}
        counts = {status: int((runs["status"] == status).sum()) for status in _COUNTED}
        costs = {name: runs[name].mean() for name in ("epochs", "train_seconds", "parameters")}
        rows.append(
            {"variant": variant, "metric": metric} | statistics | counts | costs | {"dataset": runs["dataset"].iloc[0]}
        )
    return pd.DataFrame(rows, columns=AGGREGATE_COLUMNS)


def comparison_frame(summary: pd.DataFrame, metric: str, baseline: str) -> pd.DataFrame:
    """Return one row for each variant but the baseline: `COMPARISON_COLUMNS`; Holm's correction is over all of them.

    Variants are paired by seed where both have the same data, and more than one seed in common; else Welch's test is
    used, and `test` says so.
    """
    reference = summary[summary["variant"] == baseline]
    rows = []
    for variant, runs in summary[summary["variant"] != baseline].groupby("variant", sort=False):
        if (comparison := _compared(runs, reference, metric)) is not None:
            rows.append({"variant": variant, "baseline": baseline, "metric": metric} | asdict(comparison))
    for row, adjusted in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
        row["verdict"] = _verdict(row["n"], adjusted, row["difference"])
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def _values(runs: pd.DataFrame, metric: str) -> "pd.Series[float]":
    """Return the metric of completed runs by seed; of several runs of one seed the mean."""
    completed = runs[(runs["status"] == "completed") & runs[metric].notna()]
    values: pd.Series[float] = completed.groupby("seed")[metric].mean().astype(float)
    return values


def _compared(runs: pd.DataFrame, reference: pd.DataFrame, metric: str) -> Comparison | None:
    one, other = _values(runs, metric), _values(reference, metric)
    if not len(one) or not len(other):
        return None
    common = one.index.intersection(other.index)
    same_data = set(runs["fingerprint"]) == set(reference["fingerprint"])
    if same_data and len(common) > 1:
        return compare_paired(list(one[common]), list(other[common]))
    return compare_unpaired(list(one), list(other))


def _verdict(n: int, p_holm: float, difference: float) -> str:
    if n < FEWEST_SEEDS:
        return f"fewer than {FEWEST_SEEDS} seeds: no claim"
    if np.isnan(p_holm) or p_holm >= _LEVEL:
        return "no significant difference"
    return "higher" if difference > 0 else "lower"
