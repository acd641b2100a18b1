"""Complete grids: the scores of the seeds that completed every combination of a grid's axes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from runner.core.text import counted
from runner.reporting.figures.drawing.axes import Axis, axis_of
from runner.reporting.statistics import ties

VARIANT = "variant"  # the name of the axis of a study's named variants
_MOST_ROWS = 100_000  # maximum number of combinations in all cells of other keys


_FEWEST = 2  # minimum number of seeds for estimating an effect


@dataclass(frozen=True)
class Grid:
    """A complete grid on one data set; the first level of each axis is the reference for its effects."""

    dataset: str
    axes: list[Axis]
    scores: ties.Values = field(repr=False)  # (seeds, levels of the first axis, levels of the second, ...)


@dataclass(frozen=True)
class Factorial:
    """The grids of a report, one for each data set, with sentences about the omitted runs."""

    grids: list[Grid]
    notes: list[str]


def factorial(levels: pd.DataFrame, summary: pd.DataFrame, metric: str, baselines: Mapping[str, str]) -> Factorial:
    """Return the complete grids, with the scores of the seeds for which all runs completed.

    A seed is omitted entirely if one of its runs diverged, failed, was never trained or has no value; no values are
    imputed. Several runs of one combination and seed, in the same cells of other keys, count as their mean.

    Args:
        levels: the level of each run on each axis, as text.
        summary: one row per run: variant, seed, status, dataset, cell, the metric.
        baselines: the baseline of each variant; levels that all baselines share are the references.
    """
    grids, notes = [], []
    several = len({*summary["dataset"]}) > 1
    for dataset, runs in summary.groupby("dataset", sort=False):
        where = f" on {dataset}" if several else ""
        own = levels.loc[runs.index]
        axes = [_with_reference(axis_of(str(key), own[key]), own, runs["variant"], baselines) for key in levels]
        axes = [axis for axis in axes if len(axis.levels) > 1]
        if len(axes) < 2:
            continue
        scores, note = _complete(axes, own, runs, metric)
        if note:
            notes.append(f"effects{where}: {note}.")
        if len(scores) >= _FEWEST:
            shape = (len(scores), *(len(axis.levels) for axis in axes))
            grids.append(Grid(str(dataset), axes, scores.reshape(*shape, -1).mean(axis=-1)))
    return Factorial(grids, notes)


def _with_reference(axis: Axis, levels: pd.DataFrame, variants: "pd.Series[str]", baselines: Mapping[str, str]) -> Axis:
    """Put the level of the baselines first, if they share a level."""
    chosen = {baselines[variant] for variant in variants.unique()}
    shared = levels.loc[variants.isin(chosen), axis.key].unique()
    return Axis(axis.key, sorted(axis.levels, key=lambda level: level != shared[0])) if len(shared) == 1 else axis


def _complete(axes: Sequence[Axis], levels: pd.DataFrame, runs: pd.DataFrame, metric: str) -> tuple[ties.Values, str]:
    """Return the scores of the complete seeds, (seeds, combinations x cells), and a note if other seeds are omitted."""
    scores = runs[metric].astype(float).where(runs["status"] == "completed")
    keys = [levels[axis.key] for axis in axes]
    means = scores.groupby([runs["seed"], *keys, runs["cell"]]).mean().unstack(0)  # noqa: PD010 - no names to pivot by
    parts = [*(axis.levels for axis in axes), [*runs["cell"].unique()]]
    if math.prod(map(len, parts)) > _MOST_ROWS:
        return np.empty((0, 1)), "none, because the runs differ in too many other keys"
    table = means.reindex(pd.MultiIndex.from_product(parts))
    lacking = table.isna() | table.columns.isin(runs.loc[scores.isna(), "seed"])
    complete = ~lacking.any()
    found = table.loc[:, complete].to_numpy(float).T
    if complete.all():
        return found, ""
    worst = table.isna().groupby(level=[*range(len(axes))], sort=False).any().sum(axis=1)
    return found, _left_out(axes, runs, len(found), worst)


def _left_out(axes: Sequence[Axis], runs: pd.DataFrame, complete: int, worst: "pd.Series[int]") -> str:
    """Describe the omitted seeds.

    Args:
        complete: number of the complete seeds.
        worst: number of seeds without a result, by combination of levels.
    """
    seeds = runs["seed"].nunique()
    diverged = runs.loc[runs["status"] == "diverged", "seed"].nunique()
    cover = f"cover {complete} of {counted(seeds, 'seed')}"
    if complete < _FEWEST:
        complete_ones = f"{complete} of {counted(seeds, 'seed')} {'is' if complete == 1 else 'are'} complete"
        cover = f"none, because at least {_FEWEST} complete seeds are needed, but only {complete_ones}"
    place: Any = worst.idxmax()
    named = ",".join(f"{axis.key}={level}" for axis, level in zip(axes, place, strict=True))
    why = f"the others lack a result in some of the {len(worst)} combinations, most often in {named}"
    if diverged:
        why += (
            f"; {counted(diverged, 'seed')} with a diverged run, which counts as lost in comparisons but has no value"
        )
    return f"{cover} ({why})"
