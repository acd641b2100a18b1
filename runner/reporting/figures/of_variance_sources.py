"""Figure of the sources of variance: the standard deviation of each, with its interval."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.records.variance_sources import ALL
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import legend_below, panels, row_places, wrapped
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.metrics import is_share, quantity, shown_unit
from runner.reporting.statistics.significance.attainability import CONFIDENCE

_NAME = 40  # characters per line of a name
_ROW = 0.22  # height in inches per line
_INTERVAL = f"standard deviation and its {CONFIDENCE:.0%} interval"
_TOGETHER = "all sources together"


def spread_by_source(frame: pd.DataFrame, metric: str, title: str) -> Figure:
    """Draw one row per variant and source.

    A variant's first row is for all sources together; a line through the variant's rows marks its value.

    Args:
        frame: see `variance_frame`.
    """
    several = len({*frame["variant"]}) > 1
    names = [wrapped(_name(row, several=several), _NAME) for row in frame.to_dict("records")]
    middles, rows = row_places(names)
    figure, (axes,) = panels(1, title, TWO_COLUMNS, 0.95 + _ROW * rows)
    ends = np.array([[row["std"] - row["std_low"], row["std_high"] - row["std"]] for row in frame.to_dict("records")])
    look: Any = {"fmt": "o", "color": "black", "markersize": 4, "clip_on": False}  # shows whole dots at 0
    axes.errorbar(frame["std"], middles, xerr=np.nan_to_num(ends).T, label=_INTERVAL, **look)
    for place, (_, own) in enumerate(frame.assign(middle=middles).groupby("variant", sort=False)):
        _draw_together(axes, own, label=_TOGETHER if place == 0 else None)
    axes.set_yticks(middles, labels=names)
    axes.set_ylim(rows, 0)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"standard deviation of {quantity(metric)}" + f" ({shown_unit(metric)})" * bool(shown_unit(metric)))
    if is_share(metric):
        axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g}")
    legend_below(figure, axes)
    return figure


def _name(row: Mapping[Any, Any], *, several: bool) -> str:
    source = _TOGETHER if row["source"] == ALL else row["source"]
    return f"{shown_name(row['variant'])}: {source}" if several else source


def _draw_together(axes: Axes, own: pd.DataFrame, label: str | None) -> None:
    """Draw the standard deviation from all sources together as a line through a variant's rows."""
    for std in own.loc[own["source"] == ALL, "std"].dropna():
        ends = own["middle"].min() - 0.5, own["middle"].max() + 0.5
        axes.plot([std, std], ends, color="0.5", linestyle=":", linewidth=1, zorder=1, label=label)
