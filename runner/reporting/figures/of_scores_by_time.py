"""Scores by training time: a panel for each data set or cell of a grid, with all variants and their bands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import balanced, is_narrow, label_rows, legend_below, panels, wrapped
from runner.reporting.figures.drawing.curves import (
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
from runner.reporting.figures.learning_curves import scale_scores
from runner.reporting.metrics import axis_label, is_share, sign_of

_MOST = 12  # panels
_ACROSS = 3  # panels side by side
_STACKED = 4  # most panels that are below each other in a narrow figure
_FRAME, _ROW = 0.7, 1.8  # heights in inches: the frame, each row of panels
_NAME = 40  # characters per line
_ACROSS_LABELLED = 2  # most panels side by side with names at the ends of the curves
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
) -> Figure:
    """Draw the mean score at the end of each epoch against the mean training time up to that point.

    Up to three runs of a variant are thin lines at their own times; the mean score of more runs has a band.

    Args:
        history: one row per run and epoch: position (of the run), variant, epoch, the metric, and elapsed (seconds).
        styles: by name of the variant; only highlighted variants are drawn.
        cells: name and cell of each variant.
    """
    named = history.assign(
        variant=history["variant"].map({variant: name for variant, (name, _) in cells.items()}),
        cell=history["variant"].map({variant: cell for variant, (_, cell) in cells.items()}),
    )
    parts = [_Part.of(str(cell), own, metric, unit) for cell, own in named.groupby("cell", sort=False)][:_MOST]
    across = 1 if is_narrow() and len(parts) <= _STACKED else balanced(len(parts), _ACROSS - is_narrow())
    width = TWO_COLUMNS if across > 1 else ONE_COLUMN
    figure, row = panels(len(parts), title, width, _FRAME + _ROW * -(-len(parts) // across), columns=across)
    labelled = across <= _ACROSS_LABELLED and all(part.fits(styles) for part in parts)
    for axes, part in zip(row, parts, strict=True):
        part.draw(axes, styles)
        part.scale(axes, metric)
        heading = wrapped(short_keys(part.cell) + blank_text(part.blank), 80 // across)
        axes.set_title(heading, loc="left", fontsize="medium", color="0.35")
        if labelled:
            label_ends(axes, part.ends(styles), _ROW - _LABELS)
    for axes in row[-across:]:
        axes.set_xlabel("training time (s)")
    for name in dict.fromkeys(named["variant"]) if not labelled else ():
        if styles[name].shown:
            row[0].plot([], [], styles[name].dash, color=styles[name].color, label=wrapped(shown_name(name), _NAME))
    label_rows(figure, row, axis_label(metric))
    number = number_of_runs({*named.groupby(["cell", "variant"])["position"].nunique()})
    legend_below(figure, row[0], explain(row, row[0], unit, f", {number}"))
    return figure


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

    def fits(self, styles: Mapping[str, Style]) -> bool:
        """Return whether the names of all variants fit at the ends of their curves."""
        return fit_ends([*map(shown_name, self.shown(styles))], _ROW - _LABELS)

    def ends(self, styles: Mapping[str, Style]) -> list[End]:
        """Return the ends of the curves."""
        means = {name: curve["mean"] for name, curve in self.shown(styles).items()}
        return [
            End(shown_name(name), mean.index[-1], mean.iloc[-1], styles[name].color) for name, mean in means.items()
        ]

    def draw(self, axes: Axes, styles: Mapping[str, Style]) -> None:
        """Draw the curves with their runs and bands."""
        shown = self.shown(styles)
        for name, curve in shown.items():
            style, label = styles[name], hidden_name(name)
            marker = "o" if len(curve) == 1 else None
            axes.plot(curve.index, curve["mean"], style.dash, color=style.color, marker=marker, zorder=3, label=label)
            for run in self.runs[name]:
                axes.plot(run.index, run, color=style.color, zorder=2, label=hidden_name(f"{name}{ONE_RUN}"), **THIN)
            if not np.isfinite(curve["low"]).any():
                continue
            bands: dict[str, Any] = {"color": style.color, "alpha": 0.18, "linewidth": 0, "label": label}
            axes.fill_between(curve.index, curve["low"], curve["high"], **bands)
        ends = [curve.index[-1] for curve in shown.values()]
        if ends and max(ends) > _WIDE_RANGE * min(ends) > 0:
            axes.set_xscale("log")
            logarithmic_ticks(axes.xaxis)
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
