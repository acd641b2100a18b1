"""Critical-difference diagram: average ranks of variants over several data sets (Demsar 2006)."""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from runner.reporting.comparison.ranks import Ranks
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import canvas, wrapped
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.metrics import p_equation, p_number
from runner.reporting.sentences.task_verdicts import claims_line
from runner.reporting.statistics.significance.attainability import LEVEL

_FEWEST_FOR_F = 6  # number of data sets that Iman and Davenport's test needs to keep its level; see docs/report.md
_NAME = 36  # characters per line of a variant's name
_MARGIN = 0.015  # gap between a name and its line, as a share of the range of the ranks
_LETTERS = 110  # characters per line below the axis


def critical_difference(ranks: Ranks, title: str, styles: Mapping[str, Style]) -> Figure:
    """Draw the average ranks with Friedman's p; bars join variants without a significant difference (Nemenyi)."""
    from scikit_posthocs import critical_difference_diagram

    named = {variant: wrapped(shown_name(str(variant)), _NAME) for variant in ranks.average.index}
    lines = 1 + max(name.count("\n") for name in named.values())
    figure, axes = canvas(title, TWO_COLUMNS, 1.45 + max(0.16, 0.11 * lines) * len(named))
    drawn = critical_difference_diagram(
        ranks.average.rename(named),
        ranks.pairs.rename(index=named, columns=named),
        ax=axes,
        label_props={"fontsize": 7},
        text_h_margin=_MARGIN * float(np.ptp(ranks.average)),
        color_palette={name: styles[str(variant)].color for variant, name in named.items()},
    )
    for (bar,) in drawn[
        "crossbars"
    ]:  # its points are in the order of a set of strings, which differs between processes
        bar.set_xdata(sorted(bar.get_xdata()))
    axes.grid(visible=False)
    alike = "" if ranks.friedman_p < LEVEL else ": no significant difference"
    axes.set_xlabel(
        f"average rank over {ranks.datasets} data sets (1 is best)\n{_further_tests(ranks)}"
        f"Friedman's test over all variants: {p_equation(p_number(ranks.friedman_p))}{alike}",
        fontsize=7,
    )
    return figure


def _further_tests(ranks: Ranks) -> str:
    """Return Iman and Davenport's test and the comparisons with the baseline, one per line."""
    freedom = f"{len(ranks.average) - 1}, {(len(ranks.average) - 1) * (ranks.datasets - 1)}"
    size = "infinite" if math.isinf(ranks.iman_davenport_f) else f"{ranks.iman_davenport_f:.2f}"
    few = f" (approximate: too liberal below {_FEWEST_FOR_F} data sets)" if ranks.datasets < _FEWEST_FOR_F else ""
    found = f"Iman and Davenport: F({freedom}) = {size}, {p_equation(p_number(ranks.iman_davenport_p))}{few}\n"
    claim = claims_line(ranks.tasks.frame) if ranks.tasks else ""
    return f"{found}{wrapped(claim, _LETTERS)}\n" if claim else found
