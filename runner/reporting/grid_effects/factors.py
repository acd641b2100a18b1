"""Factors of a grid: the level of each run on its crossed axes."""

from collections.abc import Sequence

import pandas as pd

from runner.config.overrides import override_key
from runner.core.text import shortened
from runner.records.baselines import arm_parts
from runner.reporting.collection.collect import Run
from runner.reporting.collection.labels import NONE, Values
from runner.reporting.figures.drawing.axes import LEARNING_RATE, Axis, is_crossed, overrides_frame, varying_axes
from runner.reporting.grid_effects.complete_grids import VARIANT

_NO_AXES = ("seed", "dataset")  # the seed is the unit, and results on different data sets are never averaged


def read_factors(
    runs: Sequence[Run], summary: pd.DataFrame, by: Sequence[str], names: Sequence[str], values: Values
) -> pd.DataFrame | None:
    """Return the level of each run on each axis of a grid, one column per axis; None if the variants are not a grid.

    The axes are the keys of `--by`; without it, a study's variants and the keys of its grid; otherwise, the keys that
    every run overrides and that have more than one value.

    Args:
        summary: one row per run: variant, arm.
        by: the keys whose values define the variants.
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
    """Return the axes except seed and data set; the learning rate comes last, so effects are given by learning rate."""
    axes = [axis for axis in varying_axes(frame) if axis.key not in _NO_AXES]
    return sorted(axes, key=lambda axis: axis.key == LEARNING_RATE)


def _by_keys(runs: Sequence[Run], by: Sequence[str], values: Values) -> pd.DataFrame:
    found = {key: [values.of(run, key) for run in runs] for key in by}
    texts = {key: [shortened(NONE if value is None else value) for value in own] for key, own in found.items()}
    return pd.DataFrame(texts, dtype=object)


def _of_study(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame | None:
    """Return each run's variant and its values of the grid's keys; None if a run belongs to no variant of the study."""
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
    """Return whether each combination of levels is exactly one variant."""
    combinations = levels.groupby(list(levels), sort=False).ngroup()
    pairs = pd.DataFrame({"combination": combinations, "arm": arms}).drop_duplicates()
    return len(pairs) == combinations.nunique() == arms.nunique()
