"""Performance profiles: the share of workloads within a ratio of the fastest variant's time."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import legend_below, panels, wrapped
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.statistics.performance_profiles import LARGEST_RATIO
from runner.reporting.statistics.ties import Values

_NAME = 46  # characters per line of a name


def profile_curves(
    curves: Mapping[str, tuple[Values, Values]],
    scores: Mapping[str, float],
    styles: Mapping[str, Style],
    labels: tuple[str, str],
    title: str,
) -> Figure:
    """Draw the profile of each variant up to the largest ratio that counts in the score; the legend shows the score.

    Args:
        curves: ratios at which each profile rises, from 1, and the shares after them.
        labels: labels of the ratios and of the shares (in percent).
    """
    figure, (axes,) = panels(1, title, TWO_COLUMNS, 2.6)
    faint = [variant for variant in curves if not styles[variant].shown]
    for variant, (ratios, shares) in curves.items():
        style = styles[variant]
        named = f"{wrapped(shown_name(variant), _NAME)} (score {scores[variant]:.2f})" if style.shown else None
        if variant in faint[:1]:
            named = counted(len(faint), "other variant")
        axes.step(
            np.append(ratios, max(ratios[-1], LARGEST_RATIO)),
            np.append(shares, shares[-1]),
            style.dash,
            where="post",
            color=style.color,
            label=named,
            zorder=3 if style.shown else 2,
        )
    axes.set_xlim(1, LARGEST_RATIO)
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    share_ticks(axes.yaxis)
    legend_below(figure, axes)
    return figure
