"""A search's figures, from its tables."""

from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from runner.config.plural import counted
from runner.reporting.canvas import PALETTE, canvas
from runner.reporting.figure_files import Draw, write_figures
from runner.reporting.left_out import LeftOut


def search_report(directory: Path, trials: pd.DataFrame, importances: pd.DataFrame, metric: str, sign: int) -> None:
    """Draw a search's tables.

    Args:
        directory: in which the figures are to lie.
        trials: a row a trial.
        importances: a row a key; none where they are not known.
        metric: the column of the trials that was searched by.
        sign: 1 where higher is better, -1 where lower is.
    """
    figures: list[tuple[str, Draw]] = [("search.png", partial(search_history, trials, metric, sign))]
    if len(importances):
        figures.append(("importances.png", partial(importance_bars, importances, metric)))
    write_figures(directory, figures, LeftOut())


def search_history(trials: pd.DataFrame, metric: str, sign: int) -> Figure:
    """Draw each trial's figure and the best so far; trials that were stopped are marked on the axis."""
    figure, axes = canvas(f"search by {metric}: {counted(len(trials), 'trial')}")
    complete = trials.dropna(subset=metric)
    best = (sign * complete[metric]).cummax() * sign
    axes.plot(complete["trial"], complete[metric], "o", color=PALETTE[0], label="trial")
    axes.step(complete["trial"], best, where="post", color=PALETTE[1], label="best so far")
    stopped = trials[trials[metric].isna()]
    if len(stopped):
        floor = axes.get_ylim()[0]
        axes.plot(
            stopped["trial"], [floor] * len(stopped), "x", color=PALETTE[-1], clip_on=False, label="stopped or failed"
        )
    axes.set_xlabel("trial")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_ylabel(metric)
    axes.legend()
    return figure


def importance_bars(importances: pd.DataFrame, metric: str) -> Figure:
    """Draw the share of each key in the metric's variance (fANOVA, Hutter et al. 2014), the largest on top."""
    figure, axes = canvas(f"importance for {metric}")
    ordered = importances.iloc[::-1]
    axes.barh(ordered["key"], ordered["importance"], color=PALETTE[0])
    axes.set_xlabel("share of the variance")
    axes.set_xlim(0, 1)
    return figure
