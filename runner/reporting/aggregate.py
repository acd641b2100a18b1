"""Variants over their seeds, and each against the baseline, as tidy frames."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from runner.reporting.statistics import FEWEST_SEEDS, Comparison, compare_paired, compare_unpaired, holm, summarize
from runner.reporting.targets import TARGET_COLUMNS, target_columns

LEVEL = 0.05  # of significance, after Holm
NO_RESULT = ("diverged", "pruned", "interrupted", "failed", "running")  # the statuses of runs that have none
_COUNTED = ("completed", *NO_RESULT)
AGGREGATE_COLUMNS = [
    "variant", "metric", "n", "mean", "std", "standard_error", "ci_low", "ci_high", "median", "iqm", "min", "max",
    "runs", *_COUNTED, "epochs", "train_seconds", *TARGET_COLUMNS, "budget", "parameters", "dataset",
]  # fmt: skip
COMPARISON_COLUMNS = [
    "variant", "baseline", "metric", "test", "n", "difference", "ci_low", "ci_high", "bca_low", "bca_high", "p_value",
    "p_holm", "effect_size", "win_probability", "verdict",
]  # fmt: skip
TOO_FEW = f"fewer than {FEWEST_SEEDS} seeds: no claim"
STILL_TRAINING = "runs are still training: no claim"  # who looks until p is small enough finds what is not there
_PAIRING = ("fingerprint", "split")  # what two runs of one seed must share to be a pair
_WEIGHTS = ("weight_shapes", "initial_weights")  # the second must be shared where the first is


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
        costs = {name: runs[name].mean() for name in ("epochs", "train_seconds")}
        costs["parameters"] = runs["parameters"].replace(0, np.nan).mean()  # 0: it ended before there was a model
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
    `test` says so. Nothing is claimed where either side has runs that are still training.

    Args:
        baselines: the variant that all are compared with, or that one for each variant.
        bootstrap: whether the BCa interval is wanted, which takes most of the time.
    """
    completed = _scored(summary, metric).groupby("variant", sort=False)
    arms = {str(variant): _Arm.of(runs, metric) for variant, runs in completed}
    training = set(summary.loc[summary["status"] == "running", "variant"])
    rows = []
    for variant, arm in arms.items():
        baseline = baselines if isinstance(baselines, str) else baselines[variant]
        if variant != baseline and baseline in arms:
            compared = asdict(_compared(arm, arms[baseline], bootstrap=bootstrap))
            rows.append({"variant": variant, "baseline": baseline, "metric": metric} | compared)
    for row, adjusted in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
        is_final = training.isdisjoint((row["variant"], row["baseline"]))
        row["verdict"] = _verdict(row["n"], adjusted, row["difference"]) if is_final else STILL_TRAINING
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def has_seeds_apart(comparison: Mapping[Any, Any], seeds: Mapping[str, float]) -> bool:
    """Say whether a comparison is of pairs, and a side has seeds beside them, which its mean is of, too.

    Args:
        comparison: a row of a comparison frame.
        seeds: of each variant.
    """
    most = max(seeds[comparison["variant"]], seeds[comparison["baseline"]])
    return comparison["test"] != "Welch" and bool(comparison["n"] < most)


@dataclass(frozen=True)
class _Arm:
    """A variant's completed runs: the metric by seed, of several runs of a seed the mean, and what makes them pairs."""

    scores: dict[Any, float]
    facts: dict[Any, Any]

    @classmethod
    def of(cls, runs: pd.DataFrame, metric: str) -> Self:
        facts = runs.drop_duplicates("seed").reindex(columns=["seed", *_PAIRING, *_WEIGHTS])
        rows = facts.astype(object).where(facts.notna(), None).to_dict("records")
        return cls(_values(runs, metric).to_dict(), {row["seed"]: row for row in rows})

    def is_pair(self, other: Self, seed: int) -> bool:
        """Say whether the runs of a seed have the same data, split and initial weights; what is unknown agrees."""
        one, two = self.facts[seed], other.facts[seed]
        if any(_differ(one[key], two[key]) for key in _PAIRING):
            return False
        shapes, values = _WEIGHTS
        return _differ(one[shapes], two[shapes]) or not _differ(one[values], two[values])


def _scored(summary: pd.DataFrame, metric: str) -> pd.DataFrame:
    return summary[(summary["status"] == "completed") & summary[metric].notna()]


def _values(runs: pd.DataFrame, metric: str) -> "pd.Series[float]":
    values: pd.Series[float] = _scored(runs, metric).groupby("seed")[metric].mean().astype(float)
    return values


def _compared(one: _Arm, other: _Arm, *, bootstrap: bool) -> Comparison:
    common = [seed for seed in one.scores if seed in other.scores]
    if len(common) > 1 and all(one.is_pair(other, seed) for seed in common):
        pairs = ([arm.scores[seed] for seed in common] for arm in (one, other))
        return compare_paired(*pairs, bootstrap=bootstrap)
    return compare_unpaired([*one.scores.values()], [*other.scores.values()], bootstrap=bootstrap)


def _differ(one: str | None, other: str | None) -> bool:
    return None not in (one, other) and one != other


def _verdict(n: int, p_holm: float, difference: float) -> str:
    if n < FEWEST_SEEDS:
        return TOO_FEW
    if np.isnan(p_holm) or p_holm >= LEVEL:
        return "no significant difference"
    return "higher" if difference > 0 else "lower"
