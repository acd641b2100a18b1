"""Figure of the tuning history: the score of each trial, and the best so far."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.canvas import canvas, count_axis, legend_below, wrapped
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.tuning.trial_marks import draw_trials, name_marks
from runner.reporting.metrics import axis_label
from runner.reporting.tuning.tuning_trials import Trials

_NAME = 40  # characters per line of a name


def tuning_history(
    variants: Sequence[Trials], score_axis: ScoreAxis, title: str, styles: Mapping[str, Style]
) -> Figure:
    """Draw the score of each trial by its number, and the best score so far of each variant as a line.

    Crosses mark trials without a score and pruned trials; a pruned trial is at its last score if the table contains it.
    """
    figure, axes = canvas(title)
    kinds: list[str] = []
    for trials in sorted(variants, key=lambda trials: styles[trials.variant].shown):
        kinds += draw_trials(axes, trials.table["trial"].to_numpy(float), trials, styles[trials.variant], score_axis)
        _draw_best(axes, trials, styles[trials.variant])
    if hidden := sum(not styles[trials.variant].shown for trials in variants):
        axes.plot([], [], color="0.75", label=counted(hidden, "other variant"))
    axes.plot([], [], "o", color="0.5", markersize=3, label="trial (line: best so far)")
    name_marks(axes, kinds, score_axis)
    score_axis.scale(axes)
    axes.set_ylabel(axis_label(score_axis.metric))
    count_axis(axes, "trial")
    legend_below(figure, axes)
    return figure


def _draw_best(axes: Axes, trials: Trials, style: Style) -> None:
    scored = trials.scored
    if scored.empty:
        return
    best = trials.sign * (trials.sign * scored["score"]).cummax().to_numpy(float)
    numbers = scored["trial"].to_numpy(float)
    last = trials.table["trial"].iloc[-1]  # the line ends with the last trial
    line: dict[str, Any] = {"color": style.color, "linestyle": style.dash, "drawstyle": "steps-post"}
    label = wrapped(shown_name(trials.variant), _NAME) if style.shown else None
    axes.plot(np.append(numbers, last), np.append(best, best[-1]), label=label, **line)
