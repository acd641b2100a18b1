"""Sensitivity: a metric along one axis of a grid."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import (
    fitting,
    key_lines,
    label_rows,
    legend_below,
    panels,
    wrapped,
)
from runner.reporting.figures.drawing.curves import BAND
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import key_names, short_keys, shown_name
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import STAR, Style, variant_styles
from runner.reporting.figures.drawing.value_axis import scale_values
from runner.reporting.figures.grids.good_range import explain_good, mark_good, noise_of_seeds
from runner.reporting.figures.grids.scored_panels import are_few, draw_seeds, scale_scores
from runner.reporting.metrics import axis_label, sign_of
from runner.reporting.statistics.summary import Summary, summarize

_NAME = 40  # characters per line of a name
_FAR = 1000  # values beyond this multiple of the largest value with a completed run lie outside the axis
_TOGETHER, _ACROSS = 4, 4  # maximum number of groups in one panel, and of panels side by side
_FRAME, _PANEL = 0.7, 1.5  # heights in inches: the frame, each row of panels
_HEADING, _KEY = 22, 30  # characters per line of a panel's heading and of a key
_ABOVE = 25  # characters of a heading and the range beside it
_REACH = 0.75  # length of the bands that is shown beyond the points, as a share of their range
_MOST_GROUPS = 7  # maximum number of distinguishable lines with bands


def sensitivity(
    points: pd.DataFrame,
    key: str,
    metric: str,
    title: str,
    chosen: Mapping[str, tuple[float, str]],
    direction: str | None = None,
    unit: Unit = SEEDS,
    baseline: str | None = None,
    styles: Mapping[str, Style] | None = None,
    margin: float | None = None,
) -> Figure:
    """Draw a metric against a numeric key: the mean over seeds, with its 95% interval as a band.

    A line joins points that differ in this key alone; other points are not joined. A group in which other numeric keys
    vary as well has no bands, and up to three seeds are dots in place of a band. Points far behind the others are
    triangles at the edge. With more than four groups, each has a panel in which the others are grey.

    A broad stroke marks the part of a line that is about as good as its best point: at most worse by the margin or,
    without one, by the noise of the seeds (`noise_of_seeds`).

    Args:
        points: one row per run: group, rest (the values of its other keys), value (of the key) and score; NaN for a run
            without a score (it diverged).
        chosen: value and rest of the point that was chosen for each group, drawn as a star.
        direction: max or min; None if the study does not set it.
        unit: unit of the runs, for the bands.
        baseline: the group of the baseline, if there is one.
        styles: styles of a report's variants, used if every group is one of them.
        margin: smallest difference that matters, in the unit of the metric.
    """
    sign = sign_of(metric, direction)
    styles = _styles(points, sign, baseline, styles or {})
    apart = [group for group, style in styles.items() if style.shown]
    is_together = len(apart) <= _TOGETHER
    columns = 1 if is_together else fitting(len(apart), _ACROSS)
    if is_together:
        figure, (last,) = panels(1, title, ONE_COLUMN, 2.9)
        row = [last]
        _draw_groups(last, points, styles, chosen, unit)
        scale_values(last, _mark_lost(last, points, styles))
    else:
        rows = -(-len(apart) // columns)
        figure, row = panels(len(apart), title, TWO_COLUMNS, _FRAME + _PANEL * rows, columns=columns)
        last = row[-1]
        for axes, group in zip(row, apart, strict=True):
            _draw_alone(axes, group, points, styles, chosen, unit, figure.get_figwidth() / columns)
        label_rows(figure, row, axis_label(metric))
        _explain_marks(last, points)
    for axes in row[:-columns]:
        axes.tick_params(labelbottom=False)
    for axes in row[-columns:]:
        axes.set_xlabel(key_lines(key_names([key])[key], _KEY))
    if hidden := sum(not style.shown for style in styles.values()):
        last.plot([], [], color="0.75", label=counted(hidden, "other"))
    tolerance = noise_of_seeds(points, sign, unit) if margin is None else margin
    _mark_ranges(row, points, {group: styles[group].color for group in apart}, sign, tolerance)
    if tolerance > 0:
        explain_good(last, tolerance, metric, is_margin=margin is not None)
    if chosen:
        last.plot([], [], "*", color="white", label="chosen", **STAR)
    scale_scores(row, metric, columns, _score_axis(points, metric, direction), unit, _REACH)
    if is_together:
        last.set_ylabel(axis_label(metric))
    legend_below(figure, last, BAND)
    return figure


def _styles(points: pd.DataFrame, sign: int, baseline: str | None, known: Mapping[str, Style]) -> dict[str, Style]:
    """Return the styles of the groups, in their order: the known ones if every group has one."""
    groups = [str(group) for group in dict.fromkeys(points["group"])]
    if not {*groups} <= {*known}:
        bests = (sign * points.groupby(["group", "value"])["score"].mean()).groupby("group").max()
        ranked = [str(group) for group in bests.sort_values(ascending=False).index]
        known = variant_styles(groups, ranked, baseline, most=_MOST_GROUPS)
    return {group: known[group] for group in groups}


def _score_axis(points: pd.DataFrame, metric: str, direction: str | None) -> ScoreAxis | None:
    """Return the axis of the means of all points, which has no room for those far behind; None without any."""
    means = points.groupby(["group", "rest", "value"], sort=False)["score"].mean().dropna()
    if means.empty:
        return None
    sign = sign_of(metric, direction)
    bests = sign * (sign * means).groupby("group").max()
    return ScoreAxis.of(metric, means.to_numpy(float), bests.to_numpy(float), sign)


def _draw_groups(
    axes: Axes, points: pd.DataFrame, styles: Mapping[str, Style], chosen: Mapping[str, tuple[float, str]], unit: Unit
) -> None:
    """Draw all groups in one panel, the prominent ones in front."""
    for group in sorted(styles, key=lambda group: styles[group].shown):
        own = points[(points["group"] == group) & points["score"].notna()]
        _draw_group(axes, styles[group], group, own, chosen.get(group), unit)


def _draw_alone(
    axes: Axes,
    group: str,
    points: pd.DataFrame,
    styles: Mapping[str, Style],
    chosen: Mapping[str, tuple[float, str]],
    unit: Unit,
    width: float,
) -> None:
    """Draw one group in its panel, with the means of the others in grey."""
    known = points[points["score"].notna()]
    for other, own in known[known["group"] != group].groupby("group", sort=False):
        for _, line in own.groupby("rest", sort=False):
            means = line.groupby("value")["score"].mean()
            look: dict[str, Any] = {"color": "0.8", "linewidth": 0.7, "zorder": 1}
            dot: dict[str, Any] = {"marker": ".", "markersize": 3} if len(means) == 1 else {}
            axes.plot(means.index, means, label=hidden_name(str(other)), **look, **dot)
    _draw_group(axes, styles[group], group, known[known["group"] == group], chosen.get(group), unit, named=False)
    axes.set_title(wrapped(short_keys(shown_name(group)), _HEADING), loc="left", fontsize="medium", color="0.35")
    _mark_lost(axes, points[points["group"] == group], styles, named=False)
    scale_values(axes, sorted({*known["value"]}), width)


def _mark_ranges(
    row: Sequence[Axes], points: pd.DataFrame, colors: Mapping[str, str], sign: int, tolerance: float
) -> None:
    """Mark the good part of each group's line, in one panel or in a panel for each group.

    Args:
        colors: colour of each group that is highlighted.
    """
    has_panels = len(row) == len(colors) > 1
    for axes, (group, color) in zip(row if has_panels else [*row] * len(colors), colors.items(), strict=True):
        good = mark_good(axes, points[points["group"] == group], color, sign, tolerance)
        if has_panels:
            _name_range(axes, good, color)


def _name_range(axes: Axes, values: Sequence[float], color: str) -> None:
    """Write the range of the good values to the right of a panel's heading, if there is room."""
    if not values:
        return
    text = " to ".join(dict.fromkeys(f"{value:g}" for value in (values[0], values[-1])))
    if len(axes.get_title(loc="left")) + len(text) <= _ABOVE:
        axes.set_title(text, loc="right", fontsize="small", color=color)


def _explain_marks(axes: Axes, points: pd.DataFrame) -> None:
    """Add the entries of the legend for the other groups and for lost values."""
    axes.plot([], [], color="0.8", linewidth=0.7, label="the others")
    if (points.groupby(["group", "value"])["score"].count() == 0).any():
        axes.plot([], [], "x", color="black", markersize=4, label="no run completed")


def _draw_group(
    axes: Axes,
    style: Style,
    name: str,
    points: pd.DataFrame,
    chosen: tuple[float, str] | None,
    unit: Unit,
    *,
    named: bool = True,
) -> None:
    label = wrapped(shown_name(name) or "mean", _NAME) if style.shown and named else None
    line: Any = {"color": style.color, "marker": style.marker, "markersize": 3}
    by_rest = points.groupby("rest", sort=False)
    for rest, own in by_rest:
        scores = own.groupby("value")["score"].apply(list).to_dict()
        found: dict[Any, Summary] = {value: summarize(values, unit.overlap) for value, values in scores.items()}
        means = [summary.mean for summary in found.values()]
        dash = style.dash if len(found) > 1 else "none"
        axes.plot([*found], means, linestyle=dash, label=label or hidden_name(name), **line)
        label = None
        if style.shown and are_few(scores):
            draw_seeds(axes, scores, style.color, name)
        elif style.shown and by_rest.ngroups == 1:
            lows, highs = ([getattr(summary, side) for summary in found.values()] for side in ("ci_low", "ci_high"))
            if np.isfinite(lows).any():
                axes.fill_between([*found], lows, highs, color=style.color, alpha=0.15, linewidth=0)
        if chosen is not None and chosen[1] == rest and chosen[0] in found:
            axes.plot(chosen[0], found[chosen[0]].mean, "*", color=style.color, zorder=4, **STAR)


def _mark_lost(axes: Axes, points: pd.DataFrame, styles: Mapping[str, Style], *, named: bool = True) -> list[float]:
    """Mark the values on the axis at which no run of a group completed; return the values for the axis.

    Values far beyond those with completed runs appear only in the legend.
    """
    counts = points.groupby(["group", "value"])["score"].count().reset_index()
    lost, known = counts[counts["score"] == 0], counts.loc[counts["score"] > 0, "value"]
    is_far = lost["value"] > _FAR * known[known > 0].max()  # false if nothing completed (NaN)
    near, far = lost[~is_far], lost.loc[is_far, "value"]
    look: Any = {"clip_on": False, "markersize": 4, "zorder": 4, "transform": axes.get_xaxis_transform()}
    for group, value in zip(near["group"], near["value"], strict=True):
        axes.plot(value, 0, "x", color=styles[str(group)].color, **look)
    if len(near) and named:
        axes.plot([], [], "x", color="black", markersize=4, label="no run completed")
    if len(far) and named:
        beyond = ", ".join(f"{value:g}" for value in sorted(set(far)))
        axes.plot([], [], " ", label=wrapped(f"no run completed at {beyond} (off the axis)", _NAME))
    return sorted({*known, *near["value"]})
