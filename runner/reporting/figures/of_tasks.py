"""Results over several data sets: relative errors, their aggregates and profiles, and probability of improvement."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

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
from runner.reporting.figures.drawing.plain_ticks import logarithmic_ticks, share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.metrics import quantity
from runner.reporting.statistics.significance.attainability import CONFIDENCE

AGGREGATES = {"iqm": "interquartile mean (IQM)", "mean": "mean", "median": "median"}
FEWEST_FOR_MEDIAN = 5  # data sets; the median of fewer is the result on one or two of them
INTERVAL = f"{CONFIDENCE:.0%} interval, stratified bootstrap"
BAND = f"pointwise {CONFIDENCE:.0%} interval"
_NAME, _ROW_NAME = 46, 30  # characters per line of a name, in a legend and next to a row
_LABEL, _WHOLE_LABEL = 40, 80  # characters per line of the label below a panel, and one of the figure's width
_WIDE_RANGE = 3  # ratio of the largest to the smallest relative error above which the axis is logarithmic
_EVEN = 0.5  # probability at which neither of two variants is better
_POINT: dict[str, Any] = {"marker": "|", "linewidths": 1.2, "zorder": 3}
_EXAMPLE: dict[str, Any] = {"color": "0.7", "linewidth": 6, "marker": "|", "markersize": 8, "markeredgecolor": "0.2"}
_ROW = 0.25  # height in inches per variant with a one-line name
_FURTHER_PANEL = 0.45  # height in inches of the heading and ticks of a panel below another


def aggregate_scores(tasks: pd.DataFrame, baseline: str, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw aggregates of each variant's relative errors: a row for each variant, a panel for each aggregate.

    There is no panel for the median of fewer than `FEWEST_FOR_MEDIAN` data sets. A narrow figure has its panels below
    each other.

    Args:
        tasks: one row per variant, `TASK_COLUMNS`.
        baseline: the baseline, whose mean error on each data set is 1.
    """
    aggregates = dict(AGGREGATES)
    if tasks["datasets"].iloc[0] < FEWEST_FOR_MEDIAN:
        aggregates.pop("median", None)
    names = [wrapped(shown_name(str(variant)), _ROW_NAME) for variant in tasks["variant"]]
    middles, rows = row_places(names)
    columns = 1 if is_narrow() else len(aggregates)
    stacked = len(aggregates) // columns
    height = 0.9 + _ROW * rows * stacked + _FURTHER_PANEL * (stacked - 1)
    figure, row = panels(len(aggregates), title, TWO_COLUMNS, height, columns=columns)
    colors = [styles[str(variant)].color for variant in tasks["variant"]]
    for axes, (column, heading) in zip(row, aggregates.items(), strict=True):
        axes.axvline(1, color=BASELINE_COLOR, linewidth=1.2, zorder=1)
        _estimates(axes, tasks, f"relative_{column}", middles, colors, heading)
        axes.set_title(heading, loc="left", fontsize="medium", color="0.35")
        axes.set_yticks(middles, labels=names if axes is row[0] or columns == 1 else [""] * len(names))
        axes.set_ylim(rows, 0)
        axes.margins(x=0.08)
        if axes in row[-columns:]:
            label = relative_label(str(tasks["metric"].iloc[0]), baseline)
            axes.set_xlabel(wrapped(label, _LABEL if columns > 1 else _WHOLE_LABEL))
        _scale_ratios(axes, tasks[[f"relative_{column}{end}" for end in ("", "_low", "_high")]])
    row[0].plot([], [], label=INTERVAL, **_EXAMPLE)
    legend_below(figure, row[0])
    return figure


def relative_label(metric: str, baseline: str) -> str:
    """Return the label of the errors in a proportion, relative to those of the baseline."""
    name = quantity(metric)
    error = name.replace("accuracy", "error") if name.endswith("accuracy") else f"(100% \N{MINUS SIGN} {name})"
    return f"{error} / mean of {shown_name(baseline)} on the same data set (below 1: better)"


def _scale_ratios(axes: Axes, ratios: pd.DataFrame | pd.Series) -> None:
    """Make the x-axis of ratios logarithmic if they have a wide range."""
    known = ratios.to_numpy(float)
    known = known[np.isfinite(known) & (known > 0)]
    if len(known) and known.max() > _WIDE_RANGE * known.min():
        axes.set_xscale("log")
        logarithmic_ticks(axes.xaxis)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))


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


def performance_profile(
    profile: pd.DataFrame, metric: str, baseline: str, title: str, styles: Mapping[str, Style]
) -> Figure:
    """Draw the share of each variant's runs whose relative error is below each threshold, with bands.

    Args:
        profile: one row per variant and threshold, `PERFORMANCE_COLUMNS`.
        metric: a proportion.
        baseline: the baseline, whose mean error on each data set is 1.
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
    axes.set_xlabel(
        wrapped(relative_label(metric, baseline), _LABEL) if is_narrow() else relative_label(metric, baseline)
    )
    axes.set_ylabel("runs below this error (%)")
    axes.set_ylim(-0.02, 1.02)
    axes.axvline(1, color=BASELINE_COLOR, linewidth=0.8, zorder=0)
    share_ticks(axes.yaxis)
    _scale_ratios(axes, profile["threshold"])
    legend_below(figure, axes, BAND)
    return figure
