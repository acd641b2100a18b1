"""Figure of the importances of tuned keys."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.canvas import canvas, legend_below, plain
from runner.reporting.figures.drawing.difference_axis import minus
from runner.reporting.figures.drawing.names import key_names, shown_name
from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.statistics.significance.attainability import CONFIDENCE

_ROW = 0.2  # height in inches per key
_NAME = 60  # characters of a variant's name


def importance_rows(importances: pd.DataFrame, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw each key's share of the variance with its range; keys are grouped by variant.

    Circles are shares including interactions. Variants whose forests have no predictive power are grey.

    Args:
        importances: one row per variant and key, as in importances.csv.
    """
    variants = importances.groupby("variant", sort=False)
    figure, axes = canvas(title, height=0.9 + _ROW * (len(importances) + len(variants)))
    axes.grid(visible=False, axis="y")
    row, names = 0, list[str]()
    keys = key_names([*dict.fromkeys(importances["key"].astype(str))])
    for variant, own in variants:
        style, r_squared = styles[str(variant)], own["r_squared"].max()
        color = style.color if r_squared > 0 else "0.6"
        trials = counted(own["trials"].max(), "trial")
        name = shown_name(str(variant))
        name = name if len(name) <= _NAME else f"{name[:_NAME]}..."
        heading = f"{plain(name)} ({trials}, R² {minus(f'{r_squared:.2f}')})"
        axes.text(0.0, row, heading, va="center", fontsize=7, fontweight="bold", color=color)
        rows = np.arange(row + 1, row + 1 + len(own))
        axes.hlines(rows, own["low"], own["high"], color=color, linewidth=1.5, alpha=0.5)
        axes.plot(own["importance"], rows, "o", color=color, markersize=4.5)
        axes.plot(own["with_interactions"], rows, "o", color=color, markersize=4.5, fillstyle="none")
        names += ["", *(plain(keys[str(key)]) for key in own["key"])]
        row += 1 + len(own)
    _name_marks(figure)
    axes.set_yticks(range(row), labels=names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(row - 0.5, -0.7)
    axes.set_xlim(-0.01, 1.01)
    share_ticks(axes.xaxis)
    axes.set_xlabel("share of the variance of the score (%)")
    return figure


def _name_marks(figure: Figure) -> None:
    axes = figure.axes[0]
    axes.plot([], [], "o", color="0.3", markersize=4.5, label="alone")
    axes.plot([], [], "o", color="0.3", markersize=4.5, fillstyle="none", label="with interactions")
    axes.plot([], [], color="0.3", linewidth=1.5, alpha=0.5, label=f"alone: range of {CONFIDENCE:.0%} of the trees")
    legend_below(figure, axes)
