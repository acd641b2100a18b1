"""Figures of a search: scores by trial, and importances."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from runner.core.omissions import LeftOut
from runner.core.text import counted
from runner.reporting.figures.canvas import PALETTE, canvas, count_axis, legend_below, plain
from runner.reporting.figures.files import Draw, write_figures
from runner.reporting.metrics import axis_label, is_share, quantity

_ROW = 0.3  # inches per key


def search_report(directory: Path, trials: pd.DataFrame, importances: pd.DataFrame, metric: str, sign: int) -> None:
    """Write the figures of a search.

    Args:
        directory: where to write them.
        trials: one row per trial.
        importances: one row per key; empty if unknown.
        metric: column of the trials that the search optimizes.
        sign: 1 if higher is better, -1 if lower is.
    """
    figures: list[tuple[str, Draw]] = [("search.png", partial(search_history, trials, metric, sign))]
    if len(importances):
        figures.append(("importances.png", partial(importance_bars, importances, metric)))
    write_figures(directory, figures, LeftOut())


def search_history(trials: pd.DataFrame, metric: str, sign: int) -> Figure:
    """Draw the score of each trial and the best so far; crosses on the axis mark stopped and failed trials."""
    figure, axes = canvas(f"Search by {quantity(metric)}: {counted(len(trials), 'trial')}")
    complete = trials.dropna(subset=metric)
    best = (sign * complete[metric]).cummax() * sign
    axes.plot(complete["trial"], complete[metric], "o", color=PALETTE[0], label="trial")
    axes.step(complete["trial"], best, where="post", color=PALETTE[1], label="best so far")
    stopped = trials[trials[metric].isna()]
    if len(stopped):
        look: Any = {"color": PALETTE[-1], "clip_on": False, "transform": axes.get_xaxis_transform()}
        axes.plot(stopped["trial"], [0.0] * len(stopped), "x", label="stopped or failed", **look)
    count_axis(axes, "trial")
    axes.set_ylabel(axis_label(metric))
    if is_share(metric):
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=""))
    legend_below(figure, axes)
    return figure


def importance_bars(importances: pd.DataFrame, metric: str) -> Figure:
    """Draw each key's share of the metric's variance (fANOVA, Hutter et al. 2014), the largest on top."""
    figure, axes = canvas(f"Importance for {quantity(metric)}", height=0.9 + _ROW * len(importances))
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    ordered = importances.iloc[::-1]
    axes.barh([plain(str(key)) for key in ordered["key"]], ordered["importance"], color=PALETTE[0])
    axes.set_xlabel("share of the variance")
    axes.set_xlim(0, 1)
    return figure
