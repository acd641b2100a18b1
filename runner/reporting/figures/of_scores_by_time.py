"""Scores by training time: a panel for each data set or cell of a grid, with all variants and their bands."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import is_narrow, label_rows, legend_below, panels, wrapped
from runner.reporting.figures.drawing.curves import BAND, by_variant, mean_curve
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.learning_curves import scale_scores
from runner.reporting.metrics import axis_label

_MOST = 12  # panels
_ACROSS = 3  # panels side by side
_FRAME, _ROW = 0.7, 1.8  # inches: the frame, each row of panels
_NAME = 40  # characters per line
_WIDE_RANGE = 10  # ratio of the longest to the shortest training time above which the axis is logarithmic


def scores_by_time(
    history: pd.DataFrame,
    metric: str,
    title: str,
    styles: Mapping[str, Style],
    cells: Mapping[str, tuple[str, str]],
    unit: Unit,
) -> Figure:
    """Draw the mean score at the end of each epoch, with its band, against the mean training time up to that point.

    Args:
        history: one row per run and epoch: position (of the run), variant, epoch, the metric, and elapsed (seconds).
        styles: by name of the variant; only highlighted variants are drawn.
        cells: name and cell of each variant.
    """
    named = history.assign(
        variant=history["variant"].map({variant: name for variant, (name, _) in cells.items()}),
        cell=history["variant"].map({variant: cell for variant, (_, cell) in cells.items()}),
    )
    parts = [*named.groupby("cell", sort=False)][:_MOST]
    across = min(len(parts), _ACROSS - is_narrow())
    width = TWO_COLUMNS if across > 1 else ONE_COLUMN
    figure, row = panels(len(parts), title, width, _FRAME + _ROW * -(-len(parts) // across), columns=across)
    for axes, (cell, own) in zip(row, parts, strict=True):
        _draw(axes, own, metric, styles, unit)
        scale_scores(axes, own[metric], metric)
        axes.set_title(wrapped(short_keys(str(cell)), 80 // across), loc="left", fontsize="medium", color="0.35")
    for axes in row[-across:]:
        axes.set_xlabel("training time (s)")
    for name in dict.fromkeys(named["variant"]):
        if styles[name].shown:
            row[0].plot([], [], styles[name].dash, color=styles[name].color, label=wrapped(shown_name(name), _NAME))
    label_rows(figure, row, axis_label(metric))
    legend_below(figure, row[0], BAND)
    return figure


def _draw(axes: Axes, history: pd.DataFrame, metric: str, styles: Mapping[str, Style], unit: Unit) -> None:
    times = by_variant(history, "elapsed")
    ends = []
    for name, runs in by_variant(history, metric).items():
        curve, style = mean_curve(runs, unit), styles[name]
        if not style.shown or curve.empty:
            continue
        elapsed = pd.DataFrame(times[name].curves[: len(curve)]).mean(axis="columns").to_numpy()
        ends.append(elapsed[-1])
        marker = "o" if len(curve) == 1 else None
        label = hidden_name(name)
        axes.plot(elapsed, curve["mean"], style.dash, color=style.color, marker=marker, zorder=3, label=label)
        axes.fill_between(elapsed, curve["low"], curve["high"], color=style.color, alpha=0.18, linewidth=0, label=label)
    if ends and max(ends) > _WIDE_RANGE * min(ends) > 0:
        axes.set_xscale("log")
