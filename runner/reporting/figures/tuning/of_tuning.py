"""Figure of the tuning curves: the best score by number of points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

from runner.core.text import counted
from runner.records.sweep_directory import tested_metric
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import count_axis, legend_below, panels, wrapped
from runner.reporting.figures.drawing.curves import WIDE_RANGE
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.metrics import axis_label, is_share
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.ties import Values
from runner.reporting.statistics.tuning_curve import DRAWS

_NAME = 46  # characters per line
_MARKED = 12  # maximum number of budgets with a marker, and with a bar
_MANY = 30  # maximum number of budgets on a linear axis
_ROOM = 0.06  # room above and below the lines, as a share of the scale
_STEP = 1.8  # points between adjacent bars


def tuning_curves(curves: pd.DataFrame, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw each variant's expected best score by budget, with the range of the draws, and the test score of the winner.

    For trials that depend on each other, the curve is the best score so far, without a range. If the search was
    repeated, the curve is the mean over the searches, with their range.

    The scale fits the expected scores; bars may extend beyond the panel.

    Args:
        curves: one row per variant and budget, as in tuning_curve.csv.
    """
    metric = str(curves["metric"].iloc[0])
    columns = {"expected": metric}
    if curves["expected_test"].notna().any():
        columns["expected_test"] = tested_metric(metric)
    figure, row = panels(len(columns), title, TWO_COLUMNS if len(columns) > 1 else ONE_COLUMN, 2.9)
    points = {*curves.groupby("variant")["budget"].count()}
    for axes, (column, name) in zip(row, columns.items(), strict=True):
        _draw(figure, axes, curves, column, styles, counts=len(points) > 1)
        _scale(axes, curves, column, name)
        axes.set_ylabel(axis_label(name))
        if len(points) == 1:
            axes.set_xlabel(f"points tried, of {points.copy().pop()}")
    if len({axes.get_yscale() for axes in row}) == 1:
        limits = [axes.get_ylim() for axes in row]
        for axes in row:
            axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    legend_below(figure, row[0])
    return figure


def _draw(
    figure: Figure, axes: Axes, curves: pd.DataFrame, column: str, styles: Mapping[str, Style], *, counts: bool
) -> None:
    """Draw the lines; lines with bars are shifted sideways so that no bar covers another.

    Args:
        counts: name the number of points of each variant.
    """
    variants = sorted(curves.groupby("variant", sort=False), key=lambda item: styles[str(item[0])].shown)
    hidden = sum(not styles[str(variant)].shown for variant, _ in variants)
    for place, (variant, own) in enumerate(variants):
        style = styles[str(variant)]
        look: Any = {"color": style.color}
        if own["low"].notna().any() and style.shown and column == "expected":
            aside = _STEP * (place - (hidden + len(variants) - 1) / 2)
            look["transform"] = offset_copy(axes.transData, figure, x=aside, units="points")
            bars = own[own["budget"].isin(_barred(len(own)))]
            axes.vlines(bars["budget"], bars["low"], bars["high"], alpha=0.6, linewidth=0.7, **look)
        if own["kind"].iloc[0] != DRAWS:
            look["drawstyle"] = "steps-post"
        marker = style.marker if style.shown and len(own) <= _MARKED else None
        label = _label(str(variant), len(own) if counts else None) if style.shown else None
        axes.plot(own["budget"], own[column], linestyle=style.dash, marker=marker, markersize=3, label=label, **look)
    if hidden:
        axes.plot([], [], color="0.75", label=counted(hidden, "other variant"))
    if curves["low"].notna().any():
        label = f"{CONFIDENCE:.0%} of the draws" if DRAWS in {*curves["kind"]} else "range of the searches"
        axes.plot([], [], "|", color="0.3", label=label)


def _barred(most: int) -> Values:
    """Return the budgets with a bar: all if there are few, otherwise a geometric progression."""
    return np.arange(1.0, most + 1) if most <= _MARKED else np.geomspace(1, most, _MARKED).round()


def _label(variant: str, points: int | None) -> str:
    count = "" if points is None else f" ({counted(points, 'point')})".replace(" ", "\N{NO-BREAK SPACE}")
    return wrapped(shown_name(variant) + count, _NAME)


def _scale(axes: Axes, curves: pd.DataFrame, column: str, metric: str) -> None:
    most, values = curves["budget"].max(), curves[column].dropna()
    low, high = float(values.min()), float(values.max())
    if is_share(metric):
        share_ticks(axes.yaxis)
    if not is_share(metric) and low > 0 and high > WIDE_RANGE * low:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.2, high * 1.2)
    else:
        room = _ROOM * (high - low) or 0.01
        axes.set_ylim(low - room, high + room)
    axes.update_datalim([(1, low), (most, high)])  # shifted lines do not count
    axes.autoscale_view(scaley=False)
    count_axis(axes, "points tried")
    if most > _MANY:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
