"""Differences from the baseline, seed by seed: the rows of the forest plot and of the differences over time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.records.baselines import arm_parts
from runner.reporting.decision import STILL_TRAINING, outcome
from runner.reporting.folds import units_of
from runner.reporting.metrics import interval_text, signed_text
from runner.reporting.pairs import ComparedRuns
from runner.reporting.results import Results
from runner.reporting.statistics.names_of_tests import CORRECTED_T
from runner.reporting.time_verdicts import shown_estimate
from runner.reporting.tuning_trials import point_values

_TRAINING = "training"  # the word of a comparison without a verdict yet
_DIGITS = 3  # of a chosen value
_SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Difference:
    """A variant's difference from its baseline; numbers are in the metric's unit, NaN where unknown."""

    variant: str
    name: str  # without its cell of a grid and its data set
    cell: str  # of the grid, and the data set; "" if all variants have one baseline
    baseline: str  # without its cell, too; with its chosen values
    note: str  # chosen values, and runs that count as lost
    word: str  # the verdict: better, worse, equivalent or undecided; or training
    places: tuple[Sequence[int], Sequence[int]]  # of the compared runs in the summary: the variant's, the baseline's
    is_paired: bool
    by_seed: Mapping[Any, float]  # or by fold; without pairs, the difference from the baseline's mean
    estimate: float  # the mean; of paired times the median
    low: float  # of the 95% interval for these test examples
    high: float
    new_low: float  # of the 95% interval that also covers new test examples
    new_high: float
    text: str  # the estimate and its interval in words, in the unit that is shown: "+0.20 [+0.05, +0.35]"


def differences(results: Results) -> list[Difference]:
    """Return the comparisons of a report that have a difference or a verdict, in the order of its table."""
    rows = results.comparisons.to_dict("records")
    several = len({row["baseline"] for row in rows}) > 1
    cells = _cells(results) if several else {variant: (variant, "") for variant in results.variants}
    chosen = _chosen(results)
    compared = ComparedRuns(results.summary, results.asked.looks)
    return [_difference(row, results, cells, chosen, compared.of(row)) for row in rows]


def _difference(
    row: Mapping[Any, Any],
    results: Results,
    cells: Mapping[str, tuple[str, str]],
    chosen: Mapping[str, str],
    places: Sequence[Sequence[int]],
) -> Difference:
    metric = results.metric
    variant, baseline = str(row["variant"]), str(row["baseline"])
    name, cell = cells[variant]
    is_paired = str(row["test"]).startswith("paired") or row["test"] == CORRECTED_T
    column, interval = shown_estimate(row)
    text = signed_text(row[column], metric)
    if not math.isnan(row[f"{interval}_low"]):
        text += f" {interval_text(row, metric, interval)}"
    return Difference(
        variant=variant,
        name=name,
        cell=cell,
        baseline=cells[baseline][0] + (f" ({chosen[baseline]})" if chosen.get(baseline) else ""),
        note=", ".join(filter(None, [chosen.get(variant, ""), *_lost(row)])),
        word=_TRAINING if row["reason"] == STILL_TRAINING else outcome(row),
        places=(places[0], places[1]),
        is_paired=is_paired,
        by_seed=_by_seed(results.summary, metric, places, is_paired=is_paired),
        estimate=row[column],
        low=row[f"{interval}_low"],
        high=row[f"{interval}_high"],
        new_low=row.get("new_images_low", math.nan),
        new_high=row.get("new_images_high", math.nan),
        text=text,
    )


def _by_seed(
    summary: pd.DataFrame, metric: str, places: Sequence[Sequence[int]], *, is_paired: bool
) -> dict[Any, float]:
    """Return the differences by seed or fold; several runs of one, in any cells, count as their mean."""
    one, other = (seed_means(summary, summary[metric].astype(float), side) for side in places)
    found = one - (other if is_paired else other.mean())
    return dict(zip(found.index, found, strict=True))


def seed_means(summary: pd.DataFrame, values: "pd.Series[float]", places: Sequence[int]) -> "pd.Series[float]":
    """Return the mean value of each seed or fold: of its runs in each cell, then over the cells.

    Args:
        values: one per row of the summary.
        places: the rows to take.
    """
    runs = summary.iloc[list(places)]
    cells = runs.get("cell", pd.Series("", runs.index))
    by_cell = values.iloc[list(places)].groupby([units_of(runs), cells]).mean()
    means: pd.Series[float] = by_cell.groupby(level=0).mean()
    return means


def _cells(results: Results) -> dict[str, tuple[str, str]]:
    """Return by label the name of each variant, and its cell of the grid with its data set."""
    several, found = len({*results.summary["dataset"]}) > 1, {}
    for variant, own in results.summary.groupby("variant", sort=False):
        name, cell = arm_parts(own["arm"].iloc[0], results.asked.variants)
        parts = [own["dataset"].iloc[0] if several else "", cell.removeprefix(",")]
        found[str(variant)] = (name, ",".join(filter(None, parts)))
    return found


def _chosen(results: Results) -> dict[str, str]:
    """Return the values that were chosen for each tuned variant, by its label."""
    if results.tuning is None:
        return {}
    best = results.tuning[results.tuning["chosen"]]
    points = {
        str(variant): ", ".join(f"{_last(key)}{_SPACE}{_short(value)}" for key, value in point_values(point).items())
        for variant, point in zip(best["variant"], best["point"], strict=True)
    }
    named = zip(results.summary["variant"], results.runs, strict=True)
    return {str(variant): points.get(run.record.label or "", "") for variant, run in named}


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _short(value: str) -> str:
    """Shorten a number to a few digits; other text stays."""
    try:
        number = float(value)
    except ValueError:
        return value
    return f"{number:.{_DIGITS}g}"


def _lost(row: Mapping[Any, Any]) -> Iterator[str]:
    for side, whose in (("lost", ""), ("baseline_lost", " of the baseline")):
        if row[side]:
            yield f"{counted(row[side], 'run')}{whose} lost".replace(" ", _SPACE)
