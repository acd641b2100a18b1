"""Range of values around the best one of a curve whose scores are about as good."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.drawing.canvas import wrapped
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.metrics import detectable_text
from runner.reporting.statistics.t_quantile import t_quantile

GOOD, OF_MARGIN, OF_SEEDS = "within", "the margin", "noise"  # parts of the entry in the legend
_LETTERS = 60  # characters per line of this entry
_STROKE: Any = {"linewidth": 7, "alpha": 0.3, "solid_capstyle": "round", "zorder": 1.8}


def noise_of_seeds(points: pd.DataFrame, sign: int, unit: Unit) -> float:
    """Return half the 95% t-interval of the difference between two means, with the pooled spread of the seeds.

    The spread is that of the better half of all points, since runs that almost diverge have a much larger one. The
    result is NaN if no point has two seeds.

    Args:
        points: one row per run: group, rest, value and score.
        sign: 1 if higher scores are better, -1 if lower ones are.
        unit: unit of the runs.
    """
    scored = points.dropna(subset="score").groupby(["group", "rest", "value"], sort=False)["score"]
    found = scored.agg(["mean", "var", "count"])
    merits = sign * found["mean"]
    pooled = found[(merits >= merits.median()) & (found["count"] > 1)]
    if pooled.empty:
        return float("nan")
    freedom = pooled["count"] - 1
    variance = float((pooled["var"] * freedom).sum() / freedom.sum())
    of_mean = variance * (1 / pooled["count"] + unit.overlap).mean()
    return float(t_quantile(freedom.sum()) * np.sqrt(2 * of_mean))


def good_values(means: Mapping[float, float], sign: int, tolerance: float) -> list[float]:
    """Return the best value of a curve and the values next to it whose means are at most `tolerance` worse.

    Args:
        means: mean score of each value, in ascending order of the values.
    """
    values = [*means]
    if not values:
        return []
    best = max(range(len(values)), key=lambda place: sign * means[values[place]])
    worst = sign * means[values[best]] - tolerance
    first = last = best
    while first > 0 and sign * means[values[first - 1]] >= worst:
        first -= 1
    while last + 1 < len(values) and sign * means[values[last + 1]] >= worst:
        last += 1
    return values[first : last + 1]


def mark_good(axes: Axes, points: pd.DataFrame, color: str, sign: int, tolerance: float) -> list[float]:
    """Draw a broad stroke behind the good part of the line with a group's best point; return the values of this part.

    Args:
        points: one row per run of the group: rest, value and score.
        tolerance: how much worse a good mean may be; there is no stroke unless it is positive.
    """
    lines = [own.groupby("value")["score"].mean().dropna() for _, own in points.groupby("rest", sort=False)]
    lines = [line for line in lines if len(line)]
    if not lines or not tolerance > 0:
        return []
    best = max(lines, key=lambda line: float((sign * line).max()))
    values = good_values({float(str(value)): float(mean) for value, mean in best.items()}, sign, tolerance)
    axes.plot(values, best[values], color=color, label=hidden_name(GOOD), **_STROKE)
    return values


def explain_good(axes: Axes, tolerance: float, metric: str, *, is_margin: bool) -> None:
    """Add the strokes to the legend, with the tolerance and its source."""
    source = OF_MARGIN if is_margin else OF_SEEDS
    text = f"{GOOD} {detectable_text(tolerance, metric)} of its best ({source})"
    axes.plot([], [], color="0.5", label=wrapped(text, _LETTERS), **_STROKE)
