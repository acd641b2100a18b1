"""Repeated searches: sweeps with the same question but different sampler seeds, and their mean tuning curve."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from runner.core.omissions import LeftOut
from runner.records.sweep_directory import Question
from runner.reporting.collection.collect import find_runs
from runner.reporting.tuning.selection_optimism import read_tuning
from runner.reporting.tuning.tuning_curves import mean_curve_frame, tuning_curve_frame


def repeated_curves(sweeps: Sequence[Path], left_out: LeftOut) -> pd.DataFrame | None:
    """Return the mean tuning curves of repeated searches; None unless all sweeps are repetitions of one search.

    Repetitions have the same variants, axes, samplers and pruners, and their sampler learns or their pruner stops
    trials. A copy of a search does not count, and a study with a grid has no such curves.
    """
    found: dict[tuple[str, ...], pd.DataFrame] = {}
    questions = [left_out.unless_read(partial(Question.of, sweep)) for sweep in sweeps]
    first = questions[0] if len(questions) > 1 else None
    if first is None or first.has_independent_points:
        return None
    for sweep, asked in zip(sweeps, questions, strict=True):
        tuning = left_out.unless_read(partial(read_tuning, sweep)) if asked and _is_like(asked, first) else None
        if tuning is None or not {*tuning["variant"]} <= {*first.variants}:
            return None
        runs = find_runs([sweep], left_out, "tuning")
        curves = tuning_curve_frame(tuning, runs, first.variants, first.direction, is_independent=False)
        found.setdefault(tuple(tuning["variant"] + " " + tuning["point"]), curves)
    return mean_curve_frame([*found.values()], first.variants, first.direction) if len(found) > 1 else None


def _is_like(asked: Question, other: Question) -> bool:
    names = ("metric", "direction", "variants", "tuned_axes", "sampler", "pruner")
    return all(getattr(asked, name) == getattr(other, name) for name in names)
