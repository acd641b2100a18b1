"""Interaction plot: means by the levels of one axis of a grid, with a line for each level of another."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

from runner.core.text import counted
from runner.reporting.comparison.folds import SEEDS
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.axes import Axis, sensitivity_axis
from runner.reporting.figures.drawing.canvas import legend_below, panels, wrapped
from runner.reporting.figures.drawing.curves import BAND
from runner.reporting.figures.drawing.names import key_names, short_keys, shown_name
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import Style, variant_styles
from runner.reporting.figures.drawing.value_axis import scale_values
from runner.reporting.figures.grids.scored_panels import are_few, draw_seeds, scale_scores
from runner.reporting.grid_effects.complete_grids import VARIANT, Grid
from runner.reporting.metrics import axis_label, sign_of
from runner.reporting.statistics.summary import summarize

_MOST_LINES = 7  # maximum number of lines with intervals
_MOST_BARS = 12  # maximum number of intervals of a line; more are drawn as a band
_MOST_PANELS = 4
_NAME = 40  # characters per line of the legend
_APART = 2.5  # points between the intervals of neighbouring lines
_LETTERS_AN_INCH = 10  # above which names along an axis are rotated


@dataclass(frozen=True)
class _Panel:
    title: str
    across: Axis
    lines: Axis
    scores: npt.NDArray[np.float64]  # (seeds, levels along the axis, lines)


def interaction(grids: Sequence[Grid], metric: str, title: str) -> Figure:
    """Draw means with 95% intervals over seeds along an axis: the learning rate, or the axis with the most levels.

    Up to three seeds are dots in place of an interval. Means far behind the others are triangles at the edge.

    The levels of a second axis are the lines. The panels are the data sets, or the levels of a third axis with up to
    four levels; the means are over all other axes. With more than seven lines, the first and the best are highlighted.

    Args:
        grids: one grid for each data set.
    """
    shown = _panels(grids)
    across = shown[0].across
    names = list(dict.fromkeys(level for panel in shown for level in panel.lines.levels))
    ranked = [names[0], *_ranked(shown[0], metric)]
    baseline = names[0] if shown[0].lines.key == VARIANT else None  # the reference of the effects
    styles = variant_styles(names, ranked, baseline, most=_MOST_LINES)
    figure, row = panels(len(shown), title, ONE_COLUMN if len(shown) == 1 else TWO_COLUMNS, 2.7)
    for axes, panel in zip(row, shown, strict=True):
        _draw(axes, panel, styles, figure.get_figwidth() / len(row))
        axes.set_title(wrapped(short_keys(panel.title), 60 // len(row)), fontsize="small")
        axes.set_xlabel(wrapped(key_names([across.key])[across.key], 60 // len(row)))
    row[0].set_ylabel(axis_label(metric))
    scale_scores(row, metric, len(row), _score_axis(shown, metric), SEEDS, reach=math.inf)
    if hidden := sum(not style.shown for style in styles.values()):
        row[-1].plot([], [], color="0.75", label=counted(hidden, "other"))
    has_bars = len(across.levels) <= _MOST_BARS
    if has_bars and any(axes.collections for axes in row):
        row[-1].plot([], [], "|", color="0.4", markersize=7, label=BAND)
    legend_below(figure, row[-1], "" if has_bars else BAND)
    return figure


def shows_every_combination(grids: Sequence[Grid]) -> bool:
    """Return whether each combination of levels has its own mean, so that no axis and no data set is left out."""
    shown = _panels(grids)
    means = sum(len(panel.across.levels) * len(panel.lines.levels) for panel in shown)
    is_named = len(shown[0].lines.levels) <= _MOST_LINES
    return is_named and means == sum(math.prod(grid.scores.shape[1:]) for grid in grids)


def _panels(grids: Sequence[Grid]) -> list[_Panel]:
    across, lines, *rest = _arranged(grids[0].axes)
    if len(grids) > 1:
        return [_panel(grid.dataset, grid, across.key, lines.key) for grid in grids[:_MOST_PANELS]]
    third = next((axis for axis in rest if len(axis.levels) <= _MOST_PANELS), None)
    if third is None:
        return [_panel("", grids[0], across.key, lines.key)]
    place = 1 + grids[0].axes.index(third)
    others = [axis for axis in grids[0].axes if axis is not third]
    parts = [Grid("", others, np.take(grids[0].scores, level, axis=place)) for level in range(len(third.levels))]
    named = zip(third.levels, parts, strict=True)
    return [_panel(f"{third.key}={level}", part, across.key, lines.key) for level, part in named]


def _arranged(axes: Sequence[Axis]) -> list[Axis]:
    """Return the horizontal axis, the axis of the lines, and the others, those with more levels first."""
    by_size = sorted(axes, key=lambda axis: -len(axis.levels))
    across = sensitivity_axis(axes) or max(reversed(axes), key=lambda axis: len(axis.levels))
    rest = [axis for axis in by_size if axis is not across]
    few = [axis for axis in rest if len(axis.levels) <= _MOST_LINES]
    return [across, *few, *(axis for axis in rest if axis not in few)]


def _panel(title: str, grid: Grid, across: str, lines: str) -> _Panel:
    """Return the means over all other axes, with the levels along the axis in ascending order if they are numbers."""
    keys = [axis.key for axis in grid.axes]
    places = keys.index(across), keys.index(lines)
    others = tuple(place + 1 for place in range(len(keys)) if place not in places)
    means = grid.scores.mean(axis=others)
    if places[0] > places[1]:
        means = means.swapaxes(1, 2)
    axis = grid.axes[places[0]]
    if axis.is_number:
        order = np.argsort([float(level) for level in axis.levels])
        axis, means = Axis(axis.key, [axis.levels[place] for place in order]), means[:, order]
    return _Panel(title, axis, grid.axes[places[1]], means)


def _score_axis(shown: Sequence[_Panel], metric: str) -> ScoreAxis:
    """Return the axis of all means, which has no room for those far behind."""
    sign = sign_of(metric)
    means = [panel.scores.mean(axis=0) for panel in shown]
    bests = [sign * (sign * own).max(axis=0) for own in means]
    return ScoreAxis.of(metric, np.concatenate([*map(np.ravel, means)]), np.concatenate(bests), sign)


def _ranked(panel: _Panel, metric: str) -> list[str]:
    means = sign_of(metric) * panel.scores.mean(axis=(0, 1))
    return [panel.lines.levels[place] for place in np.argsort(-means, kind="stable")]


def _level_name(panel: _Panel, level: str) -> str:
    """Return `momentum=0.9` for a line, with the key's group if the horizontal key would have the same short form."""
    return short_keys(f"{panel.across.key}=,{panel.lines.key}={level}").partition(", ")[2]


def _draw(axes: Axes, panel: _Panel, styles: Mapping[str, Style], width: float) -> None:
    levels, across = panel.lines.levels, panel.across
    values = [float(level) for level in across.levels] if across.is_number else list(range(len(across.levels)))
    shown = [level for level in levels if styles[level].shown]
    for place, level in enumerate(levels):
        if styles[level].shown:
            aside = _APART * (shown.index(level) - (len(shown) - 1) / 2)
            name = shown_name(level) if panel.lines.key == VARIANT else _level_name(panel, level)
            _draw_line(axes, values, panel.scores[:, :, place], styles[level], name, aside)
        else:
            axes.plot(values, panel.scores[:, :, place].mean(axis=0), color="0.75", linewidth=0.7, zorder=1)
    if across.is_number:
        scale_values(axes, values, width)
        return
    names = [wrapped(shown_name(level) if across.key == VARIANT else level, 24) for level in across.levels]
    turned = max(map(len, names)) * len(names) > _LETTERS_AN_INCH * width
    turn: Any = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axes.set_xticks(values, labels=names, **turn)
    axes.margins(x=0.1)
    axes.autoscale_view()


def _draw_line(
    axes: Axes, values: Sequence[float], scores: npt.NDArray[np.float64], style: Style, name: str, aside: float
) -> None:
    """Draw the means over the seeds with their intervals, shifted sideways so that no interval hides another."""
    seeds = {value: [*map(float, own)] for value, own in zip(values, scores.T, strict=True)}
    found = [summarize(own) for own in seeds.values()]
    means, lows, highs = (np.array([getattr(own, name) for own in found]) for name in ("mean", "ci_low", "ci_high"))
    look: Any = {"color": style.color, "linestyle": style.dash, "marker": style.marker, "markersize": 3}
    axes.plot(values, means, **look, label=wrapped(name, _NAME))
    if are_few(seeds):
        draw_seeds(axes, seeds, style.color, name, aside)
        return
    if len(values) > _MOST_BARS:
        axes.fill_between(values, lows, highs, color=style.color, alpha=0.15, linewidth=0)
        return
    known = np.isfinite(lows)  # no interval if all seeds are equal
    for ends in (lows, highs):
        axes.update_datalim(np.column_stack([np.asarray(values, float)[known], ends[known]]))
    moved = offset_copy(axes.transData, axes.get_figure(root=True), x=aside, units="points")
    axes.vlines(values, lows, highs, color=style.color, linewidth=0.9, transform=moved)
