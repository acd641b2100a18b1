"""Slice plot of the tuning: the score against the value of each key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import fitting, key_lines, label_rows, legend_below, panels, plain, wrapped
from runner.reporting.figures.drawing.names import key_names, shown_name
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import STAR, Style
from runner.reporting.figures.tuning.scales import Scale, joined, scale_of
from runner.reporting.figures.tuning.trial_marks import Array, draw_trials, name_marks
from runner.reporting.metrics import axis_label
from runner.reporting.tuning.tuning_trials import Trials, placed

_MOST_KEYS = 12
_ACROSS = 3  # panels side by side
_HEIGHT, _LEAST, _PAGE = 2.1, 1.4, 8.8  # heights in inches: of a row of panels, of the lowest, of all rows on a page
_NAME, _KEY = 40, 30  # characters per line of a variant's name and of a key
_TICKS = 4
_LETTERS, _DIGITS = 10, 10.5  # characters per inch: of levels, which are otherwise rotated, and of numbers
_MOST_LEVELS = 12  # ticks of levels
_TOGETHER = 4  # maximum number of variants in one panel
_ACROSS_ALONE, _MOST_PANELS = 4, 24  # panels of one variant: side by side, and in all
_HEADING = 22  # characters per line of a panel's heading
_WIDTH = 0.5  # width over which the trials of a level are drawn, as a share of the distance between levels
_FEWEST_APART = 10  # number of trials of a level, less one, from which they fill this width
_OTHER = Style("0.8", "-", "o", shown=False)


@dataclass(frozen=True)
class _Panel:
    """A key, with the variants that are drawn in colour; the others that set it are grey."""

    key: str
    variants: Sequence[Trials]
    others: Sequence[Trials] = ()
    heading: str = ""


def tuning_slices(variants: Sequence[Trials], score_axis: ScoreAxis, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw the score of each trial against the value of each key; a panel per key, a star at each variant's choice.

    With more than four variants, each has a panel for each of its keys, in which the others are grey, unless that
    would be too many panels. Trials with the same level of a key are side by side, in order. Only trials that set the
    key are drawn, and only the first of many keys.
    """
    parts = _panels(variants, styles)
    is_alone = bool(parts[0].heading)
    across = fitting(len(parts), _ACROSS_ALONE) if is_alone else min(_ACROSS, len(parts))
    width = ONE_COLUMN if across == 1 else TWO_COLUMNS
    rows = -(-len(parts) // across)
    height = rows * min(_HEIGHT, max(_LEAST, _PAGE / rows))
    figure, row = panels(len(parts), title, width, 0.3 + height, across)
    kinds: list[str] = []
    names = key_names([*dict.fromkeys(part.key for part in parts)])
    for position, (axes, part) in enumerate(zip(row, parts, strict=True)):
        every = [*part.others, *part.variants]
        values = [value for trials in every for value in trials.overrides[part.key].dropna()]
        scale = scale_of(values, joined([trials.axes[part.key] for trials in every]))
        for trials in part.others:
            _draw(axes, trials, part.key, scale, _OTHER, score_axis)
        for trials in sorted(part.variants, key=lambda trials: styles[trials.variant].shown):
            kinds += _draw(axes, trials, part.key, scale, styles[trials.variant], score_axis, large=is_alone)
        score_axis.scale(axes)
        _label(axes, names[part.key], scale, figure.get_figwidth() / across)
        if part.heading:
            axes.set_title(wrapped(part.heading, _HEADING), loc="left", fontsize="medium", color="0.35")
        if position % across:
            axes.tick_params(labelleft=False)
    label_rows(figure, row, axis_label(score_axis.metric))
    if is_alone:
        row[0].plot([], [], "*", color="white", label="chosen", **STAR)
        row[0].plot([], [], "o", color=_OTHER.color, markersize=3.5, label="the others")
    else:
        _name_variants(row[0], [trials for trials in variants if trials.axes], styles)
    name_marks(row[0], kinds, score_axis)
    legend_below(figure, row[0])
    return figure


def _panels(variants: Sequence[Trials], styles: Mapping[str, Style]) -> list[_Panel]:
    keys = list(dict.fromkeys(key for trials in variants for key in trials.axes))[:_MOST_KEYS]
    by_key = {key: [trials for trials in variants if key in trials.axes] for key in keys}
    shown = [trials for trials in variants if trials.axes and styles[trials.variant].shown]
    alone = [
        _Panel(key, [trials], [other for other in by_key[key] if other is not trials], shown_name(trials.variant))
        for trials in shown
        for key in keys
        if key in trials.axes
    ]
    if len(shown) > _TOGETHER and len(alone) <= _MOST_PANELS:
        return alone
    return [_Panel(key, own) for key, own in by_key.items()]


def _draw(
    axes: Axes, trials: Trials, key: str, scale: Scale, style: Style, score_axis: ScoreAxis, *, large: bool = False
) -> list[str]:
    places = placed(trials.overrides[key], scale)
    if scale.kind == "levels":
        places = _apart(places, _WIDTH / len(scale.levels))
    scores = trials.table["score"].to_numpy(float)
    chosen = trials.table["is_chosen"].to_numpy(bool) & ~score_axis.is_off(scores)
    if style.shown:
        axes.plot(places[chosen], scores[chosen], "*", color=style.color, zorder=5, **STAR)
    return draw_trials(axes, places, trials, style, score_axis, large=large)


def _apart(places: Array, width: float) -> Array:
    """Return the places of trials with those of equal trials side by side in order, within a width around them."""
    found = places.copy()
    for place in np.unique(places[~np.isnan(places)]):
        own = np.flatnonzero(places == place)
        found[own] += width * (np.arange(len(own)) - (len(own) - 1) / 2) / max(len(own) - 1, _FEWEST_APART)
    return found


def _label(axes: Axes, name: str, scale: Scale, inches: float) -> None:
    ticks = scale.ticks(_MOST_LEVELS if scale.kind == "levels" else _TICKS)
    turned = scale.kind == "levels" and max(len(text) + 1 for _, text in ticks) * len(ticks) > _LETTERS * inches
    if scale.kind != "levels":
        ticks = _legible(ticks, _DIGITS * inches)
    turn: Any = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axes.set_xticks([place for place, _ in ticks], labels=[plain(text) for _, text in ticks], **turn)
    axes.set_xlim(-0.04, 1.04)
    axes.set_xlabel(key_lines(name, _KEY))


def _legible(ticks: Sequence[tuple[float, str]], letters: float) -> list[tuple[float, str]]:
    """Return the ticks whose labels do not run into the previous one.

    Args:
        letters: number of letters that fit below the axis.
    """
    kept = [*ticks[:1]]
    for place, text in ticks[1:]:
        before, text_before = kept[-1]
        if (place - before) * letters > (len(text) + len(text_before) + 1) / 2:
            kept.append((place, text))
    return kept


def _name_variants(axes: Axes, variants: Sequence[Trials], styles: Mapping[str, Style]) -> None:
    shown = [trials.variant for trials in variants if styles[trials.variant].shown]
    for variant in shown:
        style = styles[variant]
        axes.plot([], [], style.marker, color=style.color, markersize=3.5, label=wrapped(shown_name(variant), _NAME))
    if len(shown) < len(variants):
        hidden = counted(len(variants) - len(shown), "other variant")
        axes.plot([], [], "o", color="0.75", markersize=3.5, label=hidden)
    axes.plot([], [], "*", color="white", label="chosen", **STAR)
