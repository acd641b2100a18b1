"""Figures of a metric along the varied keys: sensitivity and heat map."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd

from runner.records.sweep_directory import tuned_metric
from runner.reporting.figures.drawing.axes import (
    Axis,
    is_grid,
    number,
    overrides_frame,
    points_along,
    sensitivity_axis,
    varying_axes,
)
from runner.reporting.figures.drawing.files import Draw
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.grids.heat_map import DATASET, heat_map
from runner.reporting.figures.grids.sensitivity import sensitivity
from runner.reporting.metrics import axis_label, validation_counterpart
from runner.reporting.results import Results
from runner.reporting.tuning.tuning_trials import only_axis, point_values

Named = Iterator[tuple[str, Draw]]
_FEWEST_ALONG = 3  # minimum number of values of one group for a curve along an axis


def axis_figures(results: Results, styles: dict[str, Style]) -> Named:
    """Yield figures along the varied keys, from the tuning runs of a tuned study, otherwise from the runs.

    Args:
        styles: styles of the variants by name, for a tuned study.
    """
    if results.tuning is not None and results.tuning_runs:
        if axis := only_axis(results.trials, [run.record for run in results.tuning_runs]):
            yield "sensitivity", _along_tuned(results, results.tuning, axis, styles)
        return
    overrides = overrides_frame([run.record for run in results.runs])
    scores = results.summary[results.metric].where(results.summary["status"] == "completed")
    axes = varying_axes(overrides)
    if axis := sensitivity_axis(axes):
        points = points_along(axis, overrides, scores)
        if points.groupby("group")["value"].nunique().max() >= _FEWEST_ALONG:
            title = f"Sensitivity: {results.title}"
            own: dict[str, Any] = {"unit": results.unit, "margin": results.margin}
            yield "sensitivity", partial(sensitivity, points, axis.key, results.metric, title, {}, **own)
    if is_grid(axes, overrides) and scores.notna().any():
        label = axis_label(results.metric)
        title = f"{label[:1].upper()}{label[1:]}, mean ± sd: {results.title}"
        points = overrides.assign(score=scores)
        baseline = _baseline_level(results, overrides, [axis.key for axis in axes])
        yield "heat_map", partial(heat_map, points, axes[0], axes[1], results.metric, title, baseline)


def _baseline_level(results: Results, overrides: pd.DataFrame, keys: Sequence[str]) -> str | None:
    """Return the value that the baselines on all data sets share, of the key that is not the data set."""
    others = [key for key in keys if key != DATASET]
    if len(others) != 1:
        return None
    levels = {*overrides[others[0]][results.summary["variant"].isin({*results.baselines.values()}).to_numpy()]}
    return str(levels.pop()) if len(levels) == 1 else None


def _along_tuned(results: Results, tuning: pd.DataFrame, axis: Axis, styles: dict[str, Style]) -> Draw:
    records = [run.record for run in results.tuning_runs]
    overrides = overrides_frame(records)
    metric = tuned_metric(tuning)
    scores = [record.summary().get(metric) if record.status == "completed" else None for record in records]
    points = pd.DataFrame(
        {
            "group": [record.variant for record in records],
            "rest": "",
            "value": overrides[axis.key].astype(float),
            "score": pd.Series(scores, dtype=float),
        }
    )
    best = tuning[tuning["chosen"]]
    values = {
        str(variant): number(point_values(point).get(axis.key, ""))
        for variant, point in zip(best["variant"], best["point"], strict=True)
    }
    chosen = {variant: (value, "") for variant, value in values.items() if value is not None}
    title = f"Tuned on validation: {', '.join(dict.fromkeys(results.summary['dataset']))}"
    margin = results.margin if validation_counterpart(results.metric) == metric else None
    options: dict[str, Any] = {"baseline": results.baseline, "styles": styles, "margin": margin}
    options |= {"direction": results.asked.direction}
    return partial(sensitivity, points, axis.key, metric, title, chosen, **options)
