"""Dot plots: one dot per run and one row per variant, with the mean and its 95% interval."""

from collections.abc import Container, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import BASELINE_COLOR, PALETTE, legend_below, panels, row_places, wrapped
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.share_ticks import share_ticks
from runner.reporting.figures.drawing.shown_rows import others_name
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.summary import summarize

_INTERVAL = f"mean and its {CONFIDENCE:.0%} interval"
_NAME, _NOTE, _LABEL = 40, 24, 76  # letters per line of a name, of a note and of the axis's label
_ROW = 0.2  # inches per variant with a name of one line
_NEAREST, _FARTHEST = 0.06, 0.38  # range above the middle over which dots are spread, as a share of a row
_BELOW = 0.14  # position of mean and interval, as a share of a row


def dots(
    values: pd.DataFrame,
    column: str,
    label: str,
    title: str,
    *,
    share: bool,
    baseline: str | None = None,
    notes: Mapping[str, str] | None = None,
    biased: Container[str] = (),
    crosses: Mapping[str, float] | None = None,
    unit: Unit = SEEDS,
    shown: Container[str] | None = None,
) -> Figure:
    """Draw one column of the runs.

    Args:
        values: one row per run with the variant and the column; values that are not finite are omitted.
        label: axis label with unit.
        share: the column is a share of 1, drawn in percent.
        baseline: variant whose mean is drawn as a line through all rows.
        notes: text to the right of a variant's row, such as its diverged runs.
        biased: variants with values from only some of their runs, drawn without a mean.
        crosses: a further value of each variant, from its ensemble.
        unit: unit that a dot represents.
        shown: variants with a row; the others share the last one, with a dot for the mean of each; None: all.
    """
    values, others = _few_rows(values, column, shown, biased)
    variants = [str(variant) for variant in dict.fromkeys(values["variant"])]
    averaged = {variant for variant in variants if variant not in biased} - {others}
    names = [wrapped(shown_name(variant), _NAME) for variant in variants]
    asides = [wrapped((notes or {}).get(variant, ""), _NOTE) for variant in variants]
    middles, rows = row_places(names, asides)
    figure, (axes,) = panels(1, title, TWO_COLUMNS, 0.95 + _ROW * rows)
    finite = values.replace({column: {np.inf: np.nan, -np.inf: np.nan}})
    by_variant = {str(name): own.dropna() for name, own in finite.groupby("variant", sort=False)[column]}
    for variant, middle, note in zip(variants, middles, asides, strict=True):
        color = BASELINE_COLOR if variant == baseline else PALETTE[0]
        _draw(axes, middle, by_variant[variant].to_numpy(float), unit, color, with_mean=variant in averaged)
        if note:
            axes.text(1.01, middle, note, va="center", fontsize=6, color="0.3", transform=axes.get_yaxis_transform())
    if own := {variant: value for variant, value in (crosses or {}).items() if variant in variants}:
        places = [middles[variants.index(variant)] + _BELOW for variant in own]
        axes.plot([*own.values()], places, "D", color=PALETTE[1], markersize=5, label="ensemble", zorder=4)
    if baseline in by_variant and len(by_variant[baseline]):
        mean = by_variant[baseline].mean()
        whose = f"mean of {wrapped(shown_name(baseline), _NAME)}"
        axes.axvline(mean, color=BASELINE_COLOR, linestyle=":", linewidth=1, zorder=1, label=whose)
    axes.set_yticks(middles, labels=names)
    axes.set_ylim(rows, 0)
    _frame(axes, "\n".join(wrapped(line, _LABEL) for line in label.splitlines()), share=share)
    legend_below(figure, axes)
    return figure


def _few_rows(
    values: pd.DataFrame, column: str, shown: Container[str] | None, biased: Container[str]
) -> tuple[pd.DataFrame, str]:
    """Return the values with a mean in place of each variant that is not shown, and the name of their row.

    The name is "" if all variants have a row.
    """
    hidden = [variant for variant in values["variant"].unique() if shown is not None and variant not in shown]
    if not hidden:
        return values, ""
    name, others = others_name(len(hidden)), values[values["variant"].isin(hidden)]
    known = others[np.isfinite(others[column].astype(float))].groupby("variant", sort=False)[column].mean()
    means = [np.nan, *(mean for variant, mean in known.items() if variant not in biased)]  # NaN: a row in any case
    own = values.loc[~values["variant"].isin(hidden), ["variant", column]]
    return pd.concat([own, pd.DataFrame({"variant": name, column: means})], ignore_index=True), name


def _draw(
    axes: Axes, position: float, values: npt.NDArray[np.float64], unit: Unit, color: str, *, with_mean: bool
) -> None:
    if not len(values):
        return
    first = unit.noun not in axes.get_legend_handles_labels()[1]
    heights = position - np.linspace(_NEAREST, _FARTHEST, len(values)) if len(values) > 1 else [position - _NEAREST]
    axes.plot(
        values,
        heights,
        "o",
        color=color,
        alpha=0.45,
        markersize=3,
        markeredgewidth=0,
        label=unit.noun if first else None,
    )
    if not with_mean:
        return
    summary, below = summarize(list(values), unit.overlap), position + _BELOW
    if np.isfinite(summary.ci_low):
        named = None if _INTERVAL in axes.get_legend_handles_labels()[1] else _INTERVAL
        ends = [summary.ci_low, summary.ci_high]
        axes.plot(ends, [below, below], color="black", linewidth=1.2, zorder=3, label=named)
    axes.plot(summary.mean, below, "|", color="black", markersize=7, markeredgewidth=1.6, zorder=3)


def _frame(axes: Axes, label: str, *, share: bool) -> None:
    axes.set_xlabel(label)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.06)
    if share:
        share_ticks(axes.xaxis)
