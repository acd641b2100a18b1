"""Critical-difference diagram: average ranks of variants over several data sets (Demsar 2006)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy import stats

from runner.reporting.comparison.ranks import Ranks
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import canvas, wrapped
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.statistics.significance.attainability import LEVEL

_NAME = 36  # characters per line of a variant's name
_OUTSIDE = 0.03  # distance of the names from the ends of the axis, as a share of its length
_ABOVE = 1.6  # height of the critical difference above the axis, in rows
_STEM = "0.6"
_LETTERS = 70  # characters per line above the axis


def critical_difference(ranks: Ranks, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw the average ranks; bars join variants without a significant difference (Nemenyi).

    The axis covers all possible average ranks. Names are on the side of their rank, so variants with equal ranks are on
    the same side; they share a stem, from which each has a branch with its dot.
    """
    from scikit_posthocs import critical_difference_diagram

    most = len(ranks.average)
    named = {variant: wrapped(shown_name(str(variant)), _NAME) for variant in ranks.average.index}
    left = [variant for variant, rank in ranks.average.items() if rank <= (1 + most) / 2]
    right = [variant for variant in reversed(ranks.average.index) if variant not in left]
    lines = 1 + max(name.count("\n") for name in named.values())
    rows = max(len(left), len(right))
    figure, axes = canvas(title, TWO_COLUMNS, 1.4 + max(0.19, 0.11 * lines) * rows)
    drawn = critical_difference_diagram(
        ranks.average.rename(named), ranks.pairs.rename(index=named, columns=named), ax=axes
    )
    for artist in (*drawn["elbows"], *drawn["markers"], *drawn["labels"]):  # drawn on the sides of the halves
        artist.remove()
    for (bar,) in drawn["crossbars"]:  # its points are in the order of a set of strings, which differs by process
        bar.set_xdata(sorted(bar.get_xdata()))
    first = min((float(bar.get_ydata()[0]) for (bar,) in drawn["crossbars"]), default=0.0) - 1
    for side, end in ((left, 1 - _OUTSIDE * (most - 1)), (right, most + _OUTSIDE * (most - 1))):
        for row, variant in enumerate(side):
            name, color = hidden_name(named[variant]), styles[str(variant)].color
            look: dict[str, Any] = {"color": color, "label": name, "clip_on": False}
            rank, height = float(ranks.average[variant]), first - row
            axes.plot([rank, rank], [0, height], color=_STEM, linewidth=0.9, zorder=1, clip_on=False)
            axes.plot([end, rank], [height, height], zorder=2, **look)
            axes.plot([rank], [height], "o", markersize=4.5, zorder=3, **look)
            text = f"{named[variant]} ({rank:.3g})" if side is left else f"({rank:.3g}) {named[variant]}"
            aside: dict[str, Any] = {"ha": "right" if side is left else "left", "va": "center"}
            axes.text(end, height, f" {text} ", color=color, fontsize=7, **aside)
    _critical_distance(axes, ranks)
    axes.set_xlim(1, most)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=False)
    axes.spines["top"].set_visible(True)
    axes.set_xlabel(f"average rank over {ranks.datasets} data sets (1 is best)", fontsize=7)
    return figure


def _critical_distance(axes: Axes, ranks: Ranks) -> None:
    """Draw Nemenyi's critical difference as a bar above the axis; average ranks that are closer do not differ."""
    most = len(ranks.average)
    quantile = float(stats.studentized_range.ppf(1 - LEVEL, most, np.inf)) / math.sqrt(2)
    distance = quantile * math.sqrt(most * (most + 1) / (6 * ranks.datasets))
    notes = ["longer than the axis"] * (distance > most - 1)
    notes += ["no significant difference"] * (ranks.friedman_p >= LEVEL)
    text = wrapped(f"critical difference {distance:.2f}" + (f" ({'; '.join(notes)})" if notes else ""), _LETTERS)
    axes.plot(
        [1, min(1 + distance, most)], [_ABOVE, _ABOVE], "|-", color="black", linewidth=1, markersize=5, clip_on=False
    )
    axes.text(1, _ABOVE + 0.25, text, fontsize=7, va="bottom")
