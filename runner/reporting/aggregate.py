"""Variants over their seeds, and each against the baseline, as tidy frames."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from runner.reporting.statistics import FEWEST_SEEDS, Comparison, compare_paired, compare_unpaired, holm, summarize
from runner.reporting.targets import TARGET_COLUMNS, target_columns

LEVEL = 0.05  # of significance, after Holm
_COUNTED = ("completed", "diverged", "pruned", "interrupted", "failed")
AGGREGATE_COLUMNS = [
    "variant", "metric", "n", "mean", "std", "standard_error", "ci_low", "ci_high", "median", "iqm", "min", "max",
    "runs", *_COUNTED, "epochs", "train_seconds", *TARGET_COLUMNS, "budget", "parameters", "dataset",
]  # fmt: skip
COMPARISON_COLUMNS = [
    "variant", "baseline", "metric", "test", "n", "difference", "ci_low", "ci_high", "bca_low", "bca_high", "p_value",
    "p_holm", "effect_size", "win_probability", "verdict",
]  # fmt: skip
_NO_CLAIM = f"fewer than {FEWEST_SEEDS} seeds: no claim"
_PAIRING = ("fingerprint", "split")  # what two runs of one seed must share to be a pair


def aggregate_frame(
    summary: pd.DataFrame, metric: str, target: float | None = None, budgets: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """Return one row a variant, in the order of their first runs: `AGGREGATE_COLUMNS`.

    Only completed runs have a value; the others are counted, never dropped in silence nor filled in.

    Args:
        summary: one row a run: variant, seed, status, epochs, train_seconds, parameters, dataset, the metric, and where
            there is a target what `with_targets` adds.
        metric: its column.
        target: of the validation metric.
        budgets: points that were tried to tune a variant; 1 where nothing was tuned.
    """
    rows = []
    for variant, runs in summary.groupby("variant", sort=False):
        values = _values(runs, metric)
        statistics = asdict(summarize(list(values))) if len(values) else {"n": 0}
        counts = {status: int((runs["status"] == status).sum()) for status in _COUNTED}
        costs = {name: runs[name].mean() for name in ("epochs", "train_seconds", "parameters")}
        rows.append(
            {"variant": variant, "metric": metric, "runs": len(runs)}
            | statistics
            | counts
            | costs
            | target_columns(runs, target)
            | {"budget": (budgets or {}).get(str(variant), 1), "dataset": runs["dataset"].iloc[0]}
        )
    return pd.DataFrame(rows, columns=AGGREGATE_COLUMNS).astype({"reached": "Int64"})


def comparison_frame(
    summary: pd.DataFrame, metric: str, baselines: str | Mapping[str, str], *, bootstrap: bool = True
) -> pd.DataFrame:
    """Return one row for each variant but the baseline: `COMPARISON_COLUMNS`; Holm's correction is over all of them.

    Variants are paired by seed where more than one seed is in common and each pair is a true one: of the same data and
    split and, where the weights have the same shapes, of the same initial weights. Else Welch's test is used, and
    `test` says so.

    Args:
        baselines: the variant that all are compared with; or that one for each data set by name.
        bootstrap: whether the BCa interval is wanted, which takes most of the time.
    """
    by_dataset = baselines if isinstance(baselines, Mapping) else dict.fromkeys(summary["dataset"], baselines)
    references = {name: _scored(summary[summary["variant"] == name], metric) for name in set(by_dataset.values())}
    rows = []
    for variant, runs in summary.groupby("variant", sort=False):
        baseline = by_dataset[runs["dataset"].iloc[0]]
        if variant == baseline:
            continue
        comparison = _compared(_scored(runs, metric), references[baseline], metric, bootstrap=bootstrap)
        if comparison is not None:
            rows.append({"variant": variant, "baseline": baseline, "metric": metric} | asdict(comparison))
    for row, adjusted in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
        row["verdict"] = _verdict(row["n"], adjusted, row["difference"])
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def _scored(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    return runs[(runs["status"] == "completed") & runs[metric].notna()]


def _values(runs: pd.DataFrame, metric: str) -> "pd.Series[float]":
    """Return the metric of completed runs by seed; of several runs of one seed the mean."""
    values: pd.Series[float] = _scored(runs, metric).groupby("seed")[metric].mean().astype(float)
    return values


def _compared(one: pd.DataFrame, other: pd.DataFrame, metric: str, *, bootstrap: bool) -> Comparison | None:
    if one.empty or other.empty:
        return None
    left, right = _values(one, metric), _values(other, metric)
    common = left.index.intersection(right.index)
    if len(common) > 1 and all(_is_pair(one, other, seed) for seed in common):
        return compare_paired(list(left[common]), list(right[common]), bootstrap=bootstrap)
    return compare_unpaired(list(left), list(right), bootstrap=bootstrap)


def _is_pair(one: pd.DataFrame, other: pd.DataFrame, seed: int) -> bool:
    """Say whether two variants' runs of a seed have the same data, split and initial weights; unknown ones agree."""
    first, second = (side[side["seed"] == seed].iloc[0] for side in (one, other))
    if any(_differ(first, second, key) for key in _PAIRING):
        return False
    return _differ(first, second, "weight_shapes") or not _differ(first, second, "initial_weights")


def _differ(first: "pd.Series[Any]", second: "pd.Series[Any]", key: str) -> bool:
    known = [value for value in (first.get(key), second.get(key)) if isinstance(value, str)]
    return len(known) == 2 and known[0] != known[1]


def _verdict(n: int, p_holm: float, difference: float) -> str:
    if n < FEWEST_SEEDS:
        return _NO_CLAIM
    if np.isnan(p_holm) or p_holm >= LEVEL:
        return "no significant difference"
    return "higher" if difference > 0 else "lower"
