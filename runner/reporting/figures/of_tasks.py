"""Scores over several data sets: aggregates, probability of improvement, and share of runs above each score."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import (
    BASELINE_COLOR,
    canvas,
    is_narrow,
    legend_below,
    panels,
    row_places,
    wrapped,
)
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.share_ticks import share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.statistics.significance.attainability import CONFIDENCE

AGGREGATES = {"iqm": "interquartile mean (IQM)", "median": "median", "mean": "mean"}
INTERVAL = f"{CONFIDENCE:.0%} interval, stratified bootstrap"
BAND = f"pointwise {CONFIDENCE:.0%} interval"
_NAME, _ROW_NAME = 46, 30  # characters per line of a name, in a legend and next to a row
_EVEN = 0.5  # probability at which neither of two variants is better
_POINT: dict[str, Any] = {"marker": "|", "linewidths": 1.2, "zorder": 3}
_EXAMPLE: dict[str, Any] = {"color": "0.7", "linewidth": 6, "marker": "|", "markersize": 8, "markeredgecolor": "0.2"}
_ROW = 0.25  # height in inches per variant with a one-line name


def aggregate_scores(tasks: pd.DataFrame, label: str, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw the aggregates of each variant with their intervals: a row for each variant, a panel for each aggregate.

    A narrow figure shows only the interquartile mean.

    Args:
        tasks: one row per variant, `TASK_COLUMNS`.
        label: name of the scores.
    """
    aggregates = dict([*AGGREGATES.items()][: 1 if is_narrow() else None])
    names = [wrapped(shown_name(str(variant)), _ROW_NAME) for variant in tasks["variant"]]
    middles, rows = row_places(names)
    figure, row = panels(len(aggregates), title, TWO_COLUMNS, 0.9 + _ROW * rows)
    colors = [styles[str(variant)].color for variant in tasks["variant"]]
    for axes, (column, heading) in zip(row, aggregates.items(), strict=True):
        _estimates(axes, tasks, column, middles, colors, heading)
        axes.set_title(heading, loc="left", fontsize="medium", color="0.35")
        axes.set_yticks(middles, labels=names if axes is row[0] else [""] * len(names))
        axes.set_ylim(rows, 0)
        axes.margins(x=0.08)
        share_ticks(axes.xaxis)
    row[len(row) // 2].set_xlabel(label)
    row[0].plot([], [], label=INTERVAL, **_EXAMPLE)
    legend_below(figure, row[0])
    return figure


def improvement_probability(tasks: pd.DataFrame, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw the probability that a run of each variant is better than a run of its baseline, with its interval.

    Args:
        tasks: one row per compared variant, `TASK_COLUMNS`.
    """
    baselines = [str(baseline) for baseline in tasks["baseline"]]
    common = shown_name(baselines[0]) if len({*baselines}) == 1 else ""
    labels = [
        wrapped(
            shown_name(str(variant)) if common else f"{shown_name(str(variant))} over {shown_name(baseline)}", _ROW_NAME
        )
        for variant, baseline in zip(tasks["variant"], baselines, strict=True)
    ]
    middles, rows = row_places(labels)
    figure, axes = canvas(title, TWO_COLUMNS, 0.9 + _ROW * rows)
    axes.axvline(_EVEN, color=BASELINE_COLOR, linewidth=1.2, zorder=1)
    colors = [styles[str(variant)].color for variant in tasks["variant"]]
    _estimates(axes, tasks, "improvement", middles, colors, "probability of improvement")
    axes.set_yticks(middles, labels=labels)
    axes.set_ylim(rows, 0)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel(f"probability that a run is better than a run of {common or 'the baseline'}")
    axes.plot([], [], label=INTERVAL, **_EXAMPLE)
    legend_below(figure, axes)
    return figure


def _estimates(
    axes: Axes, tasks: pd.DataFrame, column: str, middles: npt.NDArray[np.float64], colors: list[str], name: str
) -> None:
    """Draw a column of the frame as bars with a thin mark, which hides no narrow interval; one row per variant."""
    values, lows, highs = (tasks[f"{column}{side}"].to_numpy(float) for side in ("", "_low", "_high"))
    axes.hlines(middles, lows, highs, color=colors, linewidth=6, alpha=0.45, label=hidden_name(INTERVAL))
    axes.scatter(values, middles, s=64, c=colors, label=hidden_name(name), **_POINT)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def performance_profile(profile: pd.DataFrame, label: str, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw the share of each variant's runs above each threshold, with bands.

    Args:
        profile: one row per variant and threshold, `PERFORMANCE_COLUMNS`.
        label: name of the scores.
    """
    figure, axes = canvas(title, TWO_COLUMNS, 2.9)
    others = sum(not style.shown for style in styles.values())
    hidden = 0
    by_variant = sorted(profile.groupby("variant", sort=False), key=lambda item: styles[str(item[0])].shown)
    for variant, rows in by_variant:
        style = styles[str(variant)]
        hidden += not style.shown
        name = (
            wrapped(shown_name(str(variant)), _NAME)
            if style.shown
            else counted(others, "other variant") * (hidden == 1)
        )
        axes.plot(
            rows["threshold"],
            rows["share"],
            color=style.color,
            linestyle=style.dash,
            drawstyle="steps-post",
            label=name or None,
            zorder=3 if style.shown else 1,
        )
        if style.shown:
            ends = rows["threshold"], rows["share_low"], rows["share_high"]
            axes.fill_between(*ends, step="post", color=style.color, alpha=0.15, linewidth=0)
    axes.set_xlabel(label)
    axes.set_ylabel("runs above this score (%)")
    axes.set_ylim(-0.02, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        share_ticks(axis)
    legend_below(figure, axes, BAND)
    return figure
