"""Factors of a grid: its crossed axes, and the scores of the seeds that completed every combination."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from runner.config.overrides import override_key
from runner.core.text import counted, shortened
from runner.records.baselines import arm_parts
from runner.reporting.collect import Run
from runner.reporting.figures.axes import LEARNING_RATE, Axis, axis_of, is_crossed, overrides_frame, varying_axes
from runner.reporting.labels import NONE, Values
from runner.reporting.statistics import ties

VARIANT = "variant"  # the factor of a study's named variants
_MOST_ROWS = 100_000  # combinations, in all cells of other keys
_FEWEST = 2  # seeds, to estimate an effect
_NO_AXES = ("seed", "dataset")  # the unit; results on two data sets are never averaged


@dataclass(frozen=True)
class Grid:
    """A complete grid on one data set; the first level of each axis is the reference of its effects."""

    dataset: str
    axes: list[Axis]
    scores: ties.Values = field(repr=False)  # (seeds, levels of the first axis, levels of the second, ...)


@dataclass(frozen=True)
class Factorial:
    """The grids of a report, one for each data set, and sentences about the runs that they leave out."""

    grids: list[Grid]
    notes: list[str]


def read_factors(
    runs: Sequence[Run], summary: pd.DataFrame, by: Sequence[str], names: Sequence[str], values: Values
) -> pd.DataFrame | None:
    """Return the level of each run on each axis of a grid, a column each; None if the variants are no grid.

    The axes are the keys of `--by`; else a study's variants and the keys of its grid; else the keys that every run
    overrides with several values.

    Args:
        summary: one row per run: variant, arm.
        by: the keys whose values make the variants.
        names: names of the study's variants.
        values: reader of the runs' values.
    """
    frame = _by_keys(runs, by, values) if by else _of_study(runs, names)
    if frame is None:
        frame = overrides_frame([run.record for run in runs])
    keys = [axis.key for axis in _axes(frame)]
    levels = frame[keys]
    if len(keys) < 2 or not (by or _are_the_variants(levels, summary["arm"])):
        return None
    combinations = len(levels.drop_duplicates())
    return levels if is_crossed([levels[key].nunique() for key in keys], combinations) else None


def _axes(frame: pd.DataFrame) -> list[Axis]:
    """Return the axes but for seed and data set; the learning rate is the last, so that effects are given by rate."""
    axes = [axis for axis in varying_axes(frame) if axis.key not in _NO_AXES]
    return sorted(axes, key=lambda axis: axis.key == LEARNING_RATE)


def _by_keys(runs: Sequence[Run], by: Sequence[str], values: Values) -> pd.DataFrame:
    found = {key: [values.of(run, key) for run in runs] for key in by}
    texts = {key: [shortened(NONE if value is None else value) for value in own] for key, own in found.items()}
    return pd.DataFrame(texts, dtype=object)


def _of_study(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame | None:
    """Return each run's variant and its values of the grid's keys; None if a run is no variant of the study."""
    rows = []
    for run in runs:
        name, cell = arm_parts(run.record.label or "", names)
        if name not in names:
            return None
        parts = {override_key(part): part for part in run.record.asked}
        inside = f"{cell},"
        own = {key: part.partition("=")[2] for key, part in parts.items() if f",{part}," in inside}
        rows.append({VARIANT: name} | own)
    frame = pd.DataFrame(rows, dtype=object)
    return frame if len(_axes(frame)) > 1 else None


def _are_the_variants(levels: pd.DataFrame, arms: "pd.Series[str]") -> bool:
    """Return whether each combination of levels is one variant."""
    combinations = levels.groupby(list(levels), sort=False).ngroup()
    pairs = pd.DataFrame({"combination": combinations, "arm": arms}).drop_duplicates()
    return len(pairs) == combinations.nunique() == arms.nunique()


def factorial(levels: pd.DataFrame, summary: pd.DataFrame, metric: str, baselines: Mapping[str, str]) -> Factorial:
    """Return the complete grids, with the scores of the seeds whose runs all completed.

    A seed with a run that diverged, failed, was never trained or has no value is left out as a whole; no value is
    filled in. Several runs of one combination and seed, in the same cells of other keys, count as their mean.

    Args:
        levels: the level of each run on each axis, as text.
        summary: one row per run: variant, seed, status, dataset, cell, the metric.
        baselines: the baseline of each variant; its levels are the references, where all baselines agree.
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
    """Put the level of the baselines first, if they share one."""
    chosen = {baselines[variant] for variant in variants.unique()}
    shared = levels.loc[variants.isin(chosen), axis.key].unique()
    return Axis(axis.key, sorted(axis.levels, key=lambda level: level != shared[0])) if len(shared) == 1 else axis


def _complete(axes: Sequence[Axis], levels: pd.DataFrame, runs: pd.DataFrame, metric: str) -> tuple[ties.Values, str]:
    """Return the scores of the complete seeds, (seeds, combinations x cells), and a note if others are left out."""
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
    """Describe the seeds that are left out.

    Args:
        complete: number of the other seeds.
        worst: number of seeds without a result, by combination of levels.
    """
    seeds = runs["seed"].nunique()
    diverged = runs.loc[runs["status"] == "diverged", "seed"].nunique()
    cover = f"cover {complete} of {counted(seeds, 'seed')}"
    if complete < _FEWEST:
        cover = f"none, because at least {_FEWEST} complete seeds are needed, and {complete} of {seeds} are"
    place: Any = worst.idxmax()
    named = ",".join(f"{axis.key}={level}" for axis, level in zip(axes, place, strict=True))
    why = f"the others lack a result in some of the {len(worst)} combinations, most often in {named}"
    if diverged:
        why += (
            f"; {counted(diverged, 'seed')} with a diverged run, which counts as lost in comparisons but has no value"
        )
    return f"{cover} ({why})"
