"""Scores by training time: a panel for each data set or cell of a grid, with the variants and their bands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from runner.core.text import counted
from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import balanced, is_narrow, label_rows, legend_below, panels, wrapped
from runner.reporting.figures.drawing.curve_scale import scale_scores
from runner.reporting.figures.drawing.curves import (
    BAND,
    FEW_RUNS,
    ONE_RUN,
    THIN,
    blank_text,
    blank_variants,
    by_variant,
    explain,
    mean_curve,
    number_of_runs,
)
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.end_labels import End, fit_ends, label_ends
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.drawing.plain_ticks import logarithmic_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.metrics import axis_label, is_share, sign_of

_MOST = 12  # panels
_ACROSS = 3  # panels side by side
_STACKED = 4  # most panels that are below each other in a narrow figure
_FRAME, _ROW, _ALONE = 0.7, 1.8, 2.4  # heights in inches: the frame, each row of panels, the only panel
_NAME, _HEADING = 40, 80  # characters per line: of a name, of the headings in a row of panels
_ACROSS_LABELLED = 2  # most panels side by side with names at the ends of the curves
_MOST_BANDS = 4  # variants in a panel with bands; of more, only the intervals at their ends are drawn
_OTHER: dict[str, Any] = {"linewidth": 0.7, "zorder": 1}  # line of a variant that does not stand out
_TICKS = 5  # maximum number of intervals between ticks of the time axis
_LABELS = 0.5  # height in inches of the axis labels below a panel
_FEW = 3  # epochs of a curve that is always shown whole
_WORSE = 1.5  # room for the earlier half of the curves, as a multiple of the range of the later half
_WIDE_RANGE = 4  # ratio of the longest to the shortest mean training time above which the axis is logarithmic
_SLOWEST = 1.5  # right end of the axis for slow runs, as a multiple of the longest mean training time


def scores_by_time(
    history: pd.DataFrame,
    metric: str,
    title: str,
    styles: Mapping[str, Style],
    cells: Mapping[str, tuple[str, str]],
    unit: Unit,
    key: str = "",
) -> Figure:
    """Draw the mean score at the end of each epoch against the mean training time up to that point.

    Up to three runs of a variant are thin lines at their own times; the mean score of more runs has a band. Variants
    that are not highlighted are grey lines.

    Args:
        history: one row per run and epoch: position (of the run), variant, epoch, the metric, and elapsed (seconds).
        styles: by name of the variant.
        cells: name and cell of each variant.
        key: title of the legend, if the names are values of this key; then all panels share their axes.
    """
    named = history.assign(
        variant=history["variant"].map({variant: name for variant, (name, _) in cells.items()}),
        cell=history["variant"].map({variant: cell for variant, (_, cell) in cells.items()}),
    )
    parts = [_Part.of(str(cell), own, metric, unit) for cell, own in named.groupby("cell", sort=False)][:_MOST]
    across = 1 if is_narrow() and len(parts) <= _STACKED else balanced(len(parts), _ACROSS - is_narrow())
    width, inches = TWO_COLUMNS if across > 1 else ONE_COLUMN, _ALONE if len(parts) == 1 else _ROW
    figure, row = panels(len(parts), title, width, _FRAME + inches * -(-len(parts) // across), columns=across)
    labelled = not key and across <= _ACROSS_LABELLED and all(part.fits(styles, inches - _LABELS) for part in parts)
    for axes, part in zip(row, parts, strict=True):
        part.draw(axes, styles)
        part.scale(axes, metric)
        heading = wrapped((short_keys(part.cell) + blank_text(part.blank)).strip(), _HEADING // across)
        axes.set_title(heading, loc="left", fontsize="medium", color="0.35")
    if key:
        _share_axes(row, across)
    for axes, part in zip(row, parts, strict=True):
        if labelled:
            label_ends(axes, part.ends(styles), inches - _LABELS)
    for axes in row[-across:]:
        axes.set_xlabel("training time (s)")
    _name_variants(row[0], [*dict.fromkeys(named["variant"])], styles, is_legend=not labelled)
    label_rows(figure, row, axis_label(metric))
    number = number_of_runs({*named.groupby(["cell", "variant"])["position"].nunique()})
    bands = explain(row, row[0], unit, f", {number}")
    if has_bars(row):
        row[0].plot([], [], "|", color="0.5", markersize=8, label=f"{BAND} at the last epoch, {number}")
        bands = bands if has_bands(row) else ""
    legend_below(figure, row[0], bands, key)
    return figure


def has_bars(panels: Sequence[Axes]) -> bool:
    """Return whether panels of this figure have intervals at the ends of their curves."""
    return any(isinstance(drawn, LineCollection) for axes in panels for drawn in axes.collections)


def has_bands(panels: Sequence[Axes]) -> bool:
    """Return whether panels of this figure have bands."""
    return any(isinstance(drawn, PolyCollection) for axes in panels for drawn in axes.collections)


def _name_variants(axes: Axes, names: Sequence[str], styles: Mapping[str, Style], *, is_legend: bool) -> None:
    """Add the highlighted variants to the legend, unless they are named at their ends, and the number of the others."""
    shown = [name for name in names if styles[name].shown]
    for name in shown if is_legend else ():
        axes.plot([], [], styles[name].dash, color=styles[name].color, label=wrapped(shown_name(name), _NAME))
    if others := [name for name in names if name not in shown]:
        axes.plot([], [], color=styles[others[0]].color, **_OTHER, label=counted(len(others), "other variant"))


def _share_axes(row: Sequence[Axes], across: int) -> None:
    """Give all panels the same axes, with labels only at the left."""
    for name in ("x", "y"):
        if any(getattr(axes, f"get_{name}scale")() == "log" for axes in row):
            for axes in row:
                axes.set(**{f"{name}scale": "log"})
        limits = [getattr(axes, f"get_{name}lim")() for axes in row]
        for axes in row:
            axes.set(**{f"{name}lim": (min(low for low, _ in limits), max(high for _, high in limits))})
    for position, axes in enumerate(row):
        axes.tick_params(labelleft=not position % across)


@dataclass(frozen=True)
class _Part:
    """The curves of one cell: mean, low and high by elapsed time, for each variant."""

    cell: str
    curves: Mapping[str, pd.DataFrame]
    runs: Mapping[str, Sequence["pd.Series[float]"]]  # values of each of a few runs by its own elapsed time
    values: "pd.Series[float]"  # all values of the metric
    blank: Sequence[str]  # variants without finite values

    @classmethod
    def of(cls, cell: str, history: pd.DataFrame, metric: str, unit: Unit) -> "_Part":
        blank = sorted(map(shown_name, blank_variants(history, [metric])))
        times, curves = by_variant(history, "elapsed"), dict[str, pd.DataFrame]()
        of_runs = dict[str, list["pd.Series[float]"]]()
        for name, runs in by_variant(history, metric).items():
            curve = mean_curve(runs, unit)
            if is_share(metric):
                curve[["low", "high"]] = curve[["low", "high"]].clip(0, 1)
            count = runs.curves.shape[1]
            if count <= FEW_RUNS:
                curve[["low", "high"]] = np.nan
            of_runs[name] = [
                pd.Series(value, elapsed).dropna()
                for value, elapsed in zip(runs.curves.T, times[name].curves.T, strict=True)
                if 1 < count <= FEW_RUNS
            ]
            elapsed = pd.DataFrame(times[name].curves[: len(curve)]).mean(axis="columns").to_numpy()
            curves[name] = curve.set_index(pd.Index(elapsed))
        return cls(cell, {name: curve for name, curve in curves.items() if len(curve)}, of_runs, history[metric], blank)

    def shown(self, styles: Mapping[str, Style]) -> dict[str, pd.DataFrame]:
        """Return the curves of the variants that stand out."""
        return {name: curve for name, curve in self.curves.items() if styles[name].shown}

    def fits(self, styles: Mapping[str, Style], inches: float) -> bool:
        """Return whether the names of the variants that stand out fit next to a panel of this height."""
        return fit_ends([*map(shown_name, self.shown(styles))], inches)

    def ends(self, styles: Mapping[str, Style]) -> list[End]:
        """Return the ends of the curves."""
        means = {name: curve["mean"] for name, curve in self.shown(styles).items()}
        return [
            End(shown_name(name), mean.index[-1], mean.iloc[-1], styles[name].color) for name, mean in means.items()
        ]

    def draw(self, axes: Axes, styles: Mapping[str, Style]) -> None:
        """Draw the curves with their runs and bands, and those of the variants that do not stand out in grey."""
        shown = self.shown(styles)
        for name, curve in self.curves.items():
            if name not in shown:
                axes.plot(curve.index, curve["mean"], color=styles[name].color, label=hidden_name(name), **_OTHER)
        for name, curve in shown.items():
            style, label = styles[name], hidden_name(name)
            marker = "o" if len(curve) == 1 else None
            axes.plot(curve.index, curve["mean"], style.dash, color=style.color, marker=marker, zorder=3, label=label)
            for run in self.runs[name]:
                axes.plot(run.index, run, color=style.color, zorder=2, label=hidden_name(f"{name}{ONE_RUN}"), **THIN)
            _draw_interval(axes, curve, style.color, label, is_band=len(shown) <= _MOST_BANDS)
        ends = [curve.index[-1] for curve in self.curves.values()]
        if ends and max(ends) > _WIDE_RANGE * min(ends) > 0:
            axes.set_xscale("log")
            logarithmic_ticks(axes.xaxis)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(_TICKS))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        if ends:
            axes.set_xlim(right=min(axes.get_xlim()[1], _SLOWEST * max(ends)))

    def scale(self, axes: Axes, metric: str) -> None:
        """Scale the vertical axis; values far from the later half of all curves may leave it, as may wide bands."""
        scale_scores(axes, self.values, metric)
        late = [curve["mean"].iloc[len(curve) // 2 :] for curve in self.curves.values() if len(curve) > _FEW]
        if not late or axes.get_yscale() == "log":
            return
        values = pd.concat(late)
        low, high = float(values.min()), float(values.max())
        above, below = (1.0, _WORSE) if sign_of(metric) > 0 else (_WORSE, 1.0)
        if high > low:
            bottom, top = axes.get_ylim()
            axes.set_ylim(max(bottom, low - below * (high - low)), min(top, high + above * (high - low)))


def _draw_interval(axes: Axes, curve: pd.DataFrame, color: str, label: str, *, is_band: bool) -> None:
    """Draw the band of a curve, or only the interval at its end."""
    if is_band and np.isfinite(curve["low"]).any():
        axes.fill_between(curve.index, curve["low"], curve["high"], color=color, alpha=0.18, linewidth=0, label=label)
    elif not is_band and np.isfinite(curve["low"].iloc[-1]):
        low, high = curve["low"].iloc[-1], curve["high"].iloc[-1]
        axes.vlines(curve.index[-1], low, high, color=color, label=label, linewidth=1.2, alpha=0.7)
