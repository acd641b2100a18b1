"""Figure of the tuning curves: the best score by number of points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.records.sweep_directory import tested_metric
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import count_axis, is_narrow, legend_below, panels, sideways, wrapped
from runner.reporting.figures.drawing.curves import WIDE_RANGE
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.end_labels import End, fit_ends, label_ends
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
_MOST_BARRED = 4  # maximum number of variants with bars
_HEIGHT, _AROUND = 2.9, 0.8  # heights in inches: the figure, and what surrounds its panels
_FURTHER = 2.5  # height in inches of a panel below another
_MUCH_LONGER = 1.5  # ratio of the whole scale to the shortened one from which early parts are hidden
_REACH = 4  # length of the scale if it hides early parts, as a multiple of the range of the curves' ends


def tuning_curves(curves: pd.DataFrame, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw each variant's expected best score by budget, with the range of the draws, and the test score of the winner.

    For trials that depend on each other, the curve is the best score so far, without a range. If the search was
    repeated, the curve is the mean over the searches, with their range. More than four variants have no ranges, which
    would cover each other.

    The panels of a narrow figure are below each other. The scale fits the last part of the curves; early parts and bars
    may extend beyond the panel. The names are at the ends of the curves if they fit there, otherwise in a legend.

    Args:
        curves: one row per variant and budget, as in tuning_curve.csv.
    """
    metric = str(curves["metric"].iloc[0])
    columns = {"expected": metric}
    if curves["expected_test"].notna().any():
        columns["expected_test"] = tested_metric(metric)
    across = 1 if is_narrow() else len(columns)
    height = _HEIGHT + _FURTHER * (len(columns) // across - 1)
    figure, row = panels(len(columns), title, TWO_COLUMNS if across > 1 else ONE_COLUMN, height, columns=across)
    counts = {
        str(variant): int(count) for variant, count in curves.groupby("variant", sort=False)["budget"].count().items()
    }
    points = {*counts.values()}
    names = {
        variant: f"{shown_name(variant)} ({counted(count, 'point')})" if len(points) > 1 else shown_name(variant)
        for variant, count in counts.items()
        if styles[variant].shown
    }
    labelled = fit_ends([*names.values()], _HEIGHT - _AROUND)
    for axes, (column, name) in zip(row, columns.items(), strict=True):
        _draw(axes, curves, column, styles, {} if labelled else names)
        _scale(axes, curves, column, name)
        axes.set_ylabel(axis_label(name))
        if axes in row[:-across]:
            axes.set_xlabel("")
        elif len(points) == 1:
            axes.set_xlabel(f"points tried, of {points.copy().pop()}")
        if labelled:
            label_ends(axes, _ends(curves, column, names, styles), _HEIGHT - _AROUND)
    legend_below(figure, row[0])
    return figure


def _ends(curves: pd.DataFrame, column: str, names: Mapping[str, str], styles: Mapping[str, Style]) -> list[End]:
    known = curves.dropna(subset=column)
    last = {str(variant): own.iloc[-1] for variant, own in known.groupby("variant", sort=False)}
    return [
        End(name, float(last[variant]["budget"]), float(last[variant][column]), styles[variant].color)
        for variant, name in names.items()
        if variant in last
    ]


def _draw(
    axes: Axes,
    curves: pd.DataFrame,
    column: str,
    styles: Mapping[str, Style],
    names: Mapping[str, str],
) -> None:
    """Draw the lines and, shifted sideways so that none covers another, the bars.

    Args:
        names: names for the legend.
    """
    variants = sorted(curves.groupby("variant", sort=False), key=lambda item: styles[str(item[0])].shown)
    hidden = sum(not styles[str(variant)].shown for variant, _ in variants)
    has_bars = column == "expected" and len(variants) - hidden <= _MOST_BARRED and curves["low"].notna().any()
    for place, (name, own) in enumerate(variants):
        variant = str(name)
        style = styles[variant]
        look: dict[str, Any] = {"color": style.color, "linestyle": style.dash}
        if has_bars and style.shown:
            aside = sideways(axes, _STEP * (place - (hidden + len(variants) - 1) / 2))
            bars = own[own["budget"].isin(_barred(len(own)))]
            axes.vlines(
                bars["budget"], bars["low"], bars["high"], color=style.color, alpha=0.6, linewidth=0.7, transform=aside
            )
        if own["kind"].iloc[0] != DRAWS:
            look["drawstyle"] = "steps-post"
        if style.shown and len(own) <= _MARKED:
            look |= {"marker": style.marker, "markersize": 3}
        label = wrapped(names[variant], _NAME) if variant in names else hidden_name(variant)
        axes.plot(own["budget"], own[column], label=label, zorder=3 if style.shown else 1, **look)
    if hidden:
        axes.plot([], [], color="0.75", label=counted(hidden, "other variant"))
    if has_bars:
        label = f"{CONFIDENCE:.0%} of the draws" if DRAWS in {*curves["kind"]} else "range of the searches"
        axes.plot([], [], "|", color="0.3", label=label)


def _barred(most: int) -> Values:
    """Return the budgets with a bar: all if there are few, otherwise a geometric progression."""
    return np.arange(1.0, most + 1) if most <= _MARKED else np.geomspace(1, most, _MARKED).round()


def _scale(axes: Axes, curves: pd.DataFrame, column: str, metric: str) -> None:
    most, values = curves["budget"].max(), curves[column].dropna()
    ends = curves.dropna(subset=column).groupby("variant")[column].last()
    low, high = _shown(values, ends, rises=bool(_rise(curves) >= 0))
    if is_share(metric):
        share_ticks(axes.yaxis)
    if not is_share(metric) and low > 0 and high > WIDE_RANGE * low:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.2, high * 1.2)
    else:
        room = _ROOM * (high - low) or 0.01
        axes.set_ylim(low - room, high + room)
    count_axis(axes, "points tried")
    if most > _MANY:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")


def _rise(curves: pd.DataFrame) -> float:
    """Return the change of the best score, which is positive if a higher score is better."""
    best = curves.groupby("variant")["expected"]
    return float((best.last() - best.first()).sum())


def _shown(values: "pd.Series[float]", ends: "pd.Series[float]", *, rises: bool) -> tuple[float, float]:
    """Return the range of the curves, without early parts that would hide how their ends differ."""
    low, high = float(values.min()), float(values.max())
    reach = _REACH * float(ends.max() - ends.min())
    if reach > 0 and high - low > _MUCH_LONGER * reach:
        return (high - reach, high) if rises else (low, low + reach)
    return low, high
