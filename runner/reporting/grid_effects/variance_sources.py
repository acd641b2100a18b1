"""Sources of variance: the spread from each source alone, and its ratio to the spread from all sources."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.records.variance_sources import ALL, variant_and_source
from runner.reporting.metrics import p_equation, p_number, quantity, shown_unit, spread_of
from runner.reporting.statistics.spread import (
    NO_INTERVAL,
    normality_p,
    ratio_interval,
    standard_deviation,
    std_interval,
)

VARIANCE_COLUMNS = [
    "variant", "source", "metric", "n", "mean", "std", "std_low", "std_high", "ratio", "ratio_low", "ratio_high",
    "variance_share", "pairs", "normality_p", "runs", "running",
]  # fmt: skip
_HALF = 0.5  # share of the standard deviation from all sources together, which is a quarter of the variance
_NOT_NORMAL = 0.001  # p value below which a caution appears; with six sources, by chance in about one in 170 reports
_SPLIT = "split"

_Row = Mapping[Any, Any]


def variance_frame(summary: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return one row per variant and source, all sources together first: `VARIANCE_COLUMNS`.

    `ratio` is the standard deviation from one source divided by the one from all sources, on the seeds that both
    completed. In both runs of a seed, the varied source draws the same values, so the interval of the ratio is that for
    paired samples.

    Args:
        summary: one row per run: variant (its label), seed, status and the metric.
        metric: a column of the summary.
    """
    is_scored = (summary["status"] == "completed") & summary[metric].notna()
    scores = summary[metric].where(is_scored).astype(float)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    values: dict[tuple[str, str], pd.Series[float]] = {}
    for label, runs in summary.groupby("variant", sort=False):
        arm = variant_and_source(str(label))
        values[arm] = scores[runs.index].groupby(runs["seed"]).mean().dropna()
        counts = {"runs": len(runs), "running": int((runs["status"] == "running").sum())}
        rows[arm] = dict(zip(("variant", "source"), arm, strict=True)) | {"metric": metric} | counts
    for arm, row in rows.items():
        everything = values.get((row["variant"], ALL), values[arm].iloc[:0])
        row |= _spread(values[arm]) | _ratio(values[arm], everything, is_all=row["source"] == ALL)
    return pd.DataFrame([*rows.values()], columns=VARIANCE_COLUMNS)


def _spread(values: "pd.Series[float]") -> dict[str, float]:
    low, high = std_interval(values)
    std = standard_deviation(values)
    found = {"n": len(values), "mean": values.mean(), "std": std, "std_low": low, "std_high": high}
    return found | {"normality_p": normality_p(values)}


def _ratio(values: "pd.Series[float]", everything: "pd.Series[float]", *, is_all: bool) -> dict[str, float]:
    common = values.index.intersection(everything.index)
    own, whole = values[common], everything[common]
    divisor = standard_deviation(whole)
    ratio = standard_deviation(own) / divisor if divisor > 0 else math.nan
    low, high = NO_INTERVAL if is_all else ratio_interval(own, whole)
    shares = {"ratio": ratio, "ratio_low": low, "ratio_high": high, "variance_share": ratio**2}
    return shares | {"pairs": len(common)}


def source_sentences(frame: pd.DataFrame | None) -> list[str]:
    """Return sentences on each variant's sources of variance, with advice for later runs; none without a frame.

    Args:
        frame: see `variance_frame`.
    """
    if frame is None:
        return []
    by_variant = frame.groupby("variant", sort=False)
    return [sentence for variant, rows in by_variant for sentence in _sentences(str(variant), rows)]


def _sentences(variant: str, rows: pd.DataFrame) -> Iterator[str]:
    single = rows[(rows["source"] != ALL) & rows["std"].notna()].sort_values("std", ascending=False, kind="stable")
    if rows["running"].any() or single.empty or not (single["ratio"].notna().all() and single["std"].any()):
        return
    largest = single.iloc[0].to_dict()
    yield f"{variant}: {_largest(largest, len(single))}."
    yield f"{variant}: {'; '.join(_advice(single))}."
    if len(single) > 1:
        yield f"{variant}: {_sum(single)}."


def _largest(row: _Row, sources: int) -> str:
    most = "the largest spread" if sources > 1 else "a spread"
    std = f"{spread_of(row['std'], row['metric'])} {shown_unit(row['metric'])}".strip()
    interval = _range(row, "std", row["metric"])
    return (
        f"{row['source']} alone causes {most} of {quantity(row['metric'])}: standard deviation {std} "
        f"(95% CI {interval}; {row['ratio']:.2f} times the standard deviation with all sources varying, "
        f"95% CI {_range(row, 'ratio')}; n = {row['n']})"
    )


def _range(row: _Row, interval: str, metric: str = "") -> str:
    low, high = (row[f"{interval}_{end}"] for end in ("low", "high"))
    if math.isnan(low):
        return "unknown"
    return " to ".join(spread_of(value, metric) if metric else f"{value:.2f}" for value in (low, high))


def _advice(single: pd.DataFrame) -> Iterator[str]:
    """Yield advice on sources that runs must vary, that may stay fixed, and that need more seeds for a decision."""
    is_large, is_small, is_seen = single["ratio_low"] > _HALF, single["ratio_high"] < _HALF, single["std"] > 0
    large, small, unknown = (_named(single[one]) for one in (is_large, is_small, is_seen & ~is_large & ~is_small))
    if large:
        yield f"runs must vary {large} (alone, more than a quarter of the total variance)"
    if _SPLIT in set(single.loc[is_large, "source"]):
        yield "a single split of the data understates the spread (dataset.split_seed=${seed} draws one for each run)"
    if small:
        yield f"{small} may stay fixed (alone, less than a quarter of the total variance)"
    if unknown:
        seeds = counted(int(single["pairs"].max()), "seed")
        these = "these too" if large else "these"
        yield f"{seeds} are not enough to tell whether {unknown} may stay fixed, so vary {these}"


def _named(rows: pd.DataFrame) -> str:
    names = rows["source"].tolist()
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _sum(single: pd.DataFrame) -> str:
    """Return a sentence on the sum of the variances from single sources."""
    total = single["variance_share"].sum()
    return (
        f"the variances of the {len(single)} single sources add up to {total:.0%} of the variance with all sources "
        "varying; they need not add up to 100%, because sources interact and the others stay fixed at one draw "
        "(Bouthillier et al. 2021). Fixing a source hides at most about its own share; each run is most informative "
        "if everything varies at once"
    )


def source_cautions(frame: pd.DataFrame) -> list[str]:
    """Return the limits of the evidence, one sentence each."""
    return [text for row in frame.to_dict("records") for text in _limits(row)] + _not_varied(frame)


def _limits(row: _Row) -> Iterator[str]:
    name = f"{row['variant']}, {row['source']} varied" if row["source"] != ALL else f"{row['variant']}, all varied"
    if row["running"]:
        yield f"{name}: {row['running']} of {counted(row['runs'], 'run')} are still training."
    elif row["n"] < row["runs"]:
        yield f"{name}: {row['n']} of {counted(row['runs'], 'run')} have a result; its spread covers only these."
    if row["std"] == 0:
        yield f"{name}: all {row['n']} runs have the same {quantity(row['metric'])}, so no effect on it is visible."
    if row["normality_p"] < _NOT_NORMAL:
        p_value = p_equation(p_number(row["normality_p"]))
        yield (
            f"{name}: the results are not normally distributed (Shapiro-Wilk: {p_value}), so the intervals of its "
            "spread are too narrow; a few outlying runs may account for most of it."
        )


def _not_varied(frame: pd.DataFrame) -> list[str]:
    if _SPLIT in set(frame["source"]):
        return []
    return ["the split of the data was not varied alone, so the spread that a new split causes is unknown."]
