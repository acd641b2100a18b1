"""Performance profile: the share of runs above each score, over several data sets."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import canvas, legend_below, wrapped
from runner.reporting.figures.drawing.share_ticks import share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.statistics.significance.attainability import CONFIDENCE

BAND = f"pointwise {CONFIDENCE:.0%} interval"
_NAME = 46  # letters per line of a name


def performance_profile(profile: pd.DataFrame, label: str, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw the share of each variant's runs above every threshold, with bands.

    Args:
        profile: one row per variant and threshold, `PERFORMANCE_COLUMNS`.
        label: name of the scores.
    """
    figure, axes = canvas(title, TWO_COLUMNS, 2.9)
    others = sum(not style.shown for style in styles.values())
    hidden = 0
    by_variant = sorted(profile.groupby("variant", sort=False), key=lambda item: styles[str(item[0])].shown)
    for variant, rows in by_variant:
        style = styles[str(variant)]
        hidden += not style.shown
        name = wrapped(str(variant), _NAME) if style.shown else counted(others, "other variant") * (hidden == 1)
        axes.plot(
            rows["threshold"],
            rows["share"],
            color=style.color,
            linestyle=style.dash,
            drawstyle="steps-post",
            label=name or None,
            zorder=3 if style.shown else 1,
        )
        if style.shown:
            ends = rows["threshold"], rows["share_low"], rows["share_high"]
            axes.fill_between(*ends, step="post", color=style.color, alpha=0.15, linewidth=0)
    axes.set_xlabel(label)
    axes.set_ylabel("runs above this score (%)")
    axes.set_ylim(-0.02, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        share_ticks(axis)
    legend_below(figure, axes, BAND)
    return figure
