"""Figure of the tuning history: the score of each trial, and the best so far."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.canvas import canvas, count_axis, legend_below, sideways, wrapped
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.tuning.trial_marks import draw_trials, name_marks
from runner.reporting.metrics import axis_label
from runner.reporting.tuning.tuning_trials import Trials

_NAME = 40  # characters per line of a name
_STEP = 3.0  # points between adjacent variants
_SHARE = 0.4  # width of all variants of a trial, as a share of the distance of the trials


def tuning_history(
    variants: Sequence[Trials], score_axis: ScoreAxis, title: str, styles: Mapping[str, Style]
) -> Figure:
    """Draw the score of each trial by its number, and the best score so far of each variant as a line.

    Variants are side by side, so that equal scores do not cover each other.

    Crosses mark trials without a score and pruned trials; a pruned trial is at its last score if the table contains it.
    """
    figure, axes = canvas(title)
    kinds: list[str] = []
    shown = sum(styles[trials.variant].shown for trials in variants)
    most = max(len(trials.table) for trials in variants)
    step = min(_STEP, _SHARE * 72 * figure.get_figwidth() / (most * max(1, shown)))
    for place, trials in enumerate(sorted(variants, key=lambda trials: styles[trials.variant].shown)):
        style, numbers = styles[trials.variant], trials.table["trial"].to_numpy(float)
        aside = step * (place - len(variants) + (shown + 1) / 2) if style.shown else 0.0
        kinds += draw_trials(axes, numbers, trials, style, score_axis, aside=aside)
        _draw_best(axes, trials, style, aside)
    if hidden := sum(not styles[trials.variant].shown for trials in variants):
        axes.plot([], [], color="0.75", label=counted(hidden, "other variant"))
    axes.plot([], [], "o", color="0.5", markersize=3, label="trial (line: best so far)")
    name_marks(axes, kinds, score_axis)
    axes.update_datalim([(1, score_axis.low), (most, score_axis.high)])  # shifted lines do not count
    axes.autoscale_view(scaley=False)
    score_axis.scale(axes)
    axes.set_ylabel(axis_label(score_axis.metric))
    count_axis(axes, "trial")
    legend_below(figure, axes)
    return figure


def _draw_best(axes: Axes, trials: Trials, style: Style, aside: float) -> None:
    scored = trials.scored
    if scored.empty:
        return
    best = trials.sign * (trials.sign * scored["score"]).cummax().to_numpy(float)
    numbers = scored["trial"].to_numpy(float)
    last = trials.table["trial"].iloc[-1]  # the line ends with the last trial
    line: dict[str, Any] = {"color": style.color, "linestyle": style.dash, "drawstyle": "steps-post"}
    line["transform"] = sideways(axes, aside)
    axes.plot(np.append(numbers, last), np.append(best, best[-1]), label=hidden_name(trials.variant), **line)
    if style.shown:
        label = wrapped(shown_name(trials.variant), _NAME)
        axes.plot([], [], style.dash, color=style.color, marker=style.marker, markersize=3, label=label)
