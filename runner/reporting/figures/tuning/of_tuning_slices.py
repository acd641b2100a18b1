"""Slice plot of the tuning: the score against the value of each key."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import key_lines, legend_below, panels, plain, wrapped
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import STAR, Style
from runner.reporting.figures.tuning.scales import Scale, joined, scale_of
from runner.reporting.figures.tuning.trial_marks import draw_trials, name_marks
from runner.reporting.metrics import axis_label
from runner.reporting.tuning.tuning_trials import Trials, placed

_MOST_KEYS = 12
_ACROSS = 3  # panels side by side
_HEIGHT = 2.1  # inches per row of panels
_NAME, _KEY = 40, 30  # characters per line of a variant's name and of a key
_TICKS = 4
_TURNED = 22  # total number of characters of the levels above which they are rotated


def tuning_slices(variants: Sequence[Trials], score_axis: ScoreAxis, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw the score of each trial against the value of each key: a panel per key, and a star at each variant's choice.

    Only trials that set the key are drawn. If there are many keys, only the first ones are drawn.
    """
    keys = list(dict.fromkeys(key for trials in variants for key in trials.axes))[:_MOST_KEYS]
    across = min(_ACROSS, len(keys))
    width = ONE_COLUMN if across == 1 else TWO_COLUMNS
    figure, row = panels(len(keys), title, width, 0.3 + _HEIGHT * -(-len(keys) // across), across)
    kinds: list[str] = []
    for position, (axes, key) in enumerate(zip(row, keys, strict=True)):
        own = [trials for trials in variants if key in trials.axes]
        values = [value for trials in own for value in trials.overrides[key].dropna()]
        scale = scale_of(values, joined([trials.axes[key] for trials in own]))
        for trials in sorted(own, key=lambda trials: styles[trials.variant].shown):
            kinds += _draw(axes, trials, key, scale, styles[trials.variant], score_axis)
        score_axis.scale(axes)
        _label(axes, key, scale)
        if position % across == 0:
            axes.set_ylabel(axis_label(score_axis.metric))
        else:
            axes.tick_params(labelleft=False)
    _name_variants(row[0], [trials for trials in variants if trials.axes], styles)
    name_marks(row[0], kinds, score_axis)
    legend_below(figure, row[0])
    return figure


def _draw(axes: Axes, trials: Trials, key: str, scale: Scale, style: Style, score_axis: ScoreAxis) -> list[str]:
    places = placed(trials.overrides[key], scale)
    scores = trials.table["score"].to_numpy(float)
    chosen = trials.table["is_chosen"].to_numpy(bool) & ~score_axis.is_off(scores)
    if style.shown:
        axes.plot(places[chosen], scores[chosen], "*", color=style.color, zorder=5, **STAR)
    return draw_trials(axes, places, trials, style, score_axis)


def _label(axes: Axes, key: str, scale: Scale) -> None:
    ticks = scale.ticks(_TICKS)
    turned = scale.kind == "levels" and sum(len(text) for _, text in ticks) > _TURNED
    turn: Any = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axes.set_xticks([place for place, _ in ticks], labels=[plain(text) for _, text in ticks], **turn)
    axes.set_xlim(-0.04, 1.04)
    axes.set_xlabel(key_lines(key, _KEY))


def _name_variants(axes: Axes, variants: Sequence[Trials], styles: Mapping[str, Style]) -> None:
    shown = [trials.variant for trials in variants if styles[trials.variant].shown]
    for variant in shown:
        style = styles[variant]
        axes.plot([], [], style.marker, color=style.color, markersize=3.5, label=wrapped(shown_name(variant), _NAME))
    if len(shown) < len(variants):
        hidden = counted(len(variants) - len(shown), "other variant")
        axes.plot([], [], "o", color="0.75", markersize=3.5, label=hidden)
    axes.plot([], [], "*", color="white", label="chosen", **STAR)
