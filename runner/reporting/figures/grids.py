"""Figures of grids: sensitivity along one axis, and heat map over two."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from runner.core.text import counted
from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.axes import LEARNING_RATE, Axis
from runner.reporting.figures.drawing.canvas import canvas, legend_below, plain, wrapped
from runner.reporting.figures.drawing.curves import BAND
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.share_ticks import share_ticks
from runner.reporting.figures.drawing.styles import STAR, Style, variant_styles
from runner.reporting.metrics import axis_label, is_share, sign_of, spread_text
from runner.reporting.statistics.summary import Summary, summarize

_NAME = 40  # characters per line of a name
_LETTERS, _LINES = 34, 13  # letters, or rotated labels, that fit along an axis in one column of a paper
_CHOSEN_BY_HAND = 6  # maximum number of characters of a value chosen by hand; values drawn by a search are longer
_MOST_CELLS_A_COLUMN = 4  # maximum number of columns of a heat map in one column of a paper
_DECADE = 10
_FAR = 1000  # values beyond this multiple of the largest value with a completed run lie outside the axis
_FEW_DECADES = 3  # maximum number of decades of an axis that has two ticks per decade
_FULL = 1.004  # upper limit of an axis of shares: a band may extend beyond 100%, which no score does
_MOST_GROUPS = 7  # maximum number of distinguishable lines with bands
_TURNED = 9  # characters per inch above which names along an axis are rotated
_DARK = 0.55  # share of the colour scale below which text is white


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
) -> Figure:
    """Draw a metric against a varied number: the mean over seeds, with its 95% interval as a band.

    A line joins points that differ in this number alone; other points are not joined. A group in which other numbers
    vary as well has no bands.

    Args:
        points: one row per run: group, rest (the values of its other keys), value (of the key) and score; NaN for a run
            without a score (it diverged).
        chosen: value and rest of the point that was chosen for each group, drawn as a star.
        direction: max or min; None if the study does not set it.
        unit: unit of the runs, for the bands.
        baseline: the group of the baseline, if there is one.
        styles: styles of a report's variants, used if every group is one of them.
    """
    figure, axes = canvas(title, ONE_COLUMN, 2.9)
    means = sign_of(metric, direction) * points.groupby(["group", "value"])["score"].mean().groupby("group").max()
    ranked = [str(group) for group in means.sort_values(ascending=False).index]
    groups = [str(group) for group in dict.fromkeys(points["group"])]
    if styles is None or not {*groups} <= {*styles}:
        styles = variant_styles(groups, ranked, baseline, most=_MOST_GROUPS)
    styles = {group: styles[group] for group in groups}
    for group in sorted(groups, key=lambda group: styles[group].shown):
        own = points[(points["group"] == group) & points["score"].notna()]
        _draw_group(axes, styles[group], group, own, chosen.get(group), unit)
    if hidden := sum(not style.shown for style in styles.values()):
        axes.plot([], [], color="0.75", label=counted(hidden, "other"))
    if chosen:
        axes.plot([], [], "*", color="white", label="chosen", **STAR)
    scale_values(axes, _mark_lost(axes, points, styles))
    axes.set_xlabel("learning rate" if key == LEARNING_RATE else plain(key))
    axes.set_ylabel(axis_label(metric))
    if is_share(metric):
        share_ticks(axes.yaxis)
        axes.set_ylim(top=min(axes.get_ylim()[1], _FULL))
    legend_below(figure, axes, BAND)
    return figure


def _draw_group(
    axes: Axes, style: Style, name: str, points: pd.DataFrame, chosen: tuple[float, str] | None, unit: Unit
) -> None:
    label = wrapped(shown_name(name) or "mean", _NAME) if style.shown else None
    line: Any = {"color": style.color, "marker": style.marker, "markersize": 3}
    by_rest = points.groupby("rest", sort=False)
    for rest, own in by_rest:
        scores = own.groupby("value")["score"].apply(list).to_dict()
        found: dict[Any, Summary] = {value: summarize(values, unit.overlap) for value, values in scores.items()}
        means = [summary.mean for summary in found.values()]
        dash = style.dash if len(found) > 1 else "none"
        axes.plot([*found], means, linestyle=dash, label=label or hidden_name(name), **line)
        label = None
        if style.shown and by_rest.ngroups == 1:
            lows, highs = ([getattr(summary, side) for summary in found.values()] for side in ("ci_low", "ci_high"))
            if np.isfinite(lows).any():
                axes.fill_between([*found], lows, highs, color=style.color, alpha=0.15, linewidth=0)
        if chosen is not None and chosen[1] == rest and chosen[0] in found:
            axes.plot(chosen[0], found[chosen[0]].mean, "*", color=style.color, zorder=4, **STAR)


def _mark_lost(axes: Axes, points: pd.DataFrame, styles: Mapping[str, Style]) -> list[float]:
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
    if len(near):
        axes.plot([], [], "x", color="black", markersize=4, label="no run completed")
    if len(far):
        beyond = ", ".join(f"{value:g}" for value in sorted(set(far)))
        axes.plot([], [], " ", label=wrapped(f"no run completed at {beyond} (off the axis)", _NAME))
    return sorted({*known, *near["value"]})


def scale_values(axes: Axes, values: Sequence[float], width: float = ONE_COLUMN) -> None:
    """Scale the axis of the varied number, and label its values if there is room.

    Args:
        values: values in ascending order.
        width: width of the panel in inches.
    """
    letters, lines = (room * width / ONE_COLUMN for room in (_LETTERS, _LINES))
    logarithmic = values[0] > 0 and values[-1] > _DECADE * values[0]
    places = np.log10(values) if logarithmic else np.array(values)
    span = np.ptp(places) or 1.0
    nearest = np.diff(places).min(initial=span) / span
    names = [f"{value:g}" for value in values]
    longest = max(map(len, names))
    if logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if span < _FEW_DECADES else (1,)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.update_datalim([(values[0], 0), (values[-1], 0)], updatey=False)  # including values without completed runs
    axes.autoscale_view()
    if nearest * letters > longest:
        axes.set_xticks(values, labels=names)
    elif nearest * lines > 1 and longest <= _CHOSEN_BY_HAND:
        axes.set_xticks(values, labels=names, rotation=45)


def heat_map(points: pd.DataFrame, across: Axis, down: Axis, metric: str, title: str) -> Figure:
    """Draw mean and standard deviation of a metric for every pair of values; grey: no run completed.

    Args:
        points: one row per run: a column for the key of each axis, and score; NaN for a run without a score.
    """
    if len(down.levels) > len(across.levels):
        across, down = down, across
    options: Any = {"index": down.key, "columns": across.key, "values": "score"}
    tables = [points.pivot_table(**options, aggfunc=how) for how in ("mean", "std")]
    mean, std = (table.reindex(index=down.levels, columns=across.levels).to_numpy(float) for table in tables)
    low, high = np.nanmin(mean), np.nanmax(mean)
    wide = len(across.levels) > _MOST_CELLS_A_COLUMN
    figure, axes = canvas(title, TWO_COLUMNS if wide else ONE_COLUMN, 1.1 + 0.34 * len(down.levels))
    axes.imshow(np.ma.masked_invalid(mean), cmap="cividis", aspect="auto")
    axes.set_facecolor("0.9")
    for (row, column), value in np.ndenumerate(mean):
        dark = value - low < _DARK * (high - low)  # false for NaN
        text = spread_text(float(value), float(std[row, column]), metric).replace(" ±", "\n±")
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color="white" if dark else "black")
    turned = max(map(len, across.levels)) * len(across.levels) > figure.get_figwidth() * _TURNED
    turn: Any = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axes.set_xticks(range(len(across.levels)), labels=[plain(value) for value in across.levels], **turn)
    axes.set_yticks(range(len(down.levels)), labels=[plain(value) for value in down.levels])
    names = {key: "learning rate" if key == LEARNING_RATE else key for key in (across.key, down.key)}
    axes.set(xlabel=plain(names[across.key]), ylabel=wrapped(names[down.key], 24))
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure
