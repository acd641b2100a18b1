"""Dot plots: one dot per run and one row per variant, with the mean and its 95% interval."""

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import BASELINE_COLOR, PALETTE, legend_below, panels, row_places, wrapped
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.drawing.share_ticks import share_ticks
from runner.reporting.figures.drawing.shown_rows import others_name
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.summary import summarize

INTERVAL = f"mean and its {CONFIDENCE:.0%} interval"
_NAME, _NOTE, _HEADING, _LABEL = 40, 24, 90, 76  # characters per line of a name, a note, a heading and the axis label
# Inches: around all rows, a variant with a name of one line, a panel's heading and ticks.
_FRAME, _ROW, _TITLE = 0.95, 0.2, 0.45
_NEAREST, _FARTHEST = 0.06, 0.38  # range above the middle over which dots are spread, as a share of a row
_BELOW = 0.14  # position of mean and interval, as a share of a row


def dots(
    values: pd.DataFrame,
    column: str,
    label: str,
    title: str,
    *,
    share: bool,
    baselines: Container[str] = (),
    notes: Mapping[str, str] | None = None,
    biased: Container[str] = (),
    crosses: Mapping[str, float] | None = None,
    unit: Unit = SEEDS,
    shown: Container[str] | None = None,
    cells: Mapping[str, tuple[str, str]] | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Figure:
    """Draw one column of the summary, with a panel for each cell.

    Args:
        values: one row per run with the variant and the column; values that are not finite are omitted.
        label: axis label with unit.
        share: whether the column lies between 0 and 1, and is therefore drawn in percent.
        baselines: variants whose means are drawn as lines through all rows of their panels.
        notes: text to the right of a variant's row, such as its diverged runs.
        biased: variants with values from only some of their runs, drawn without a mean.
        crosses: an additional value of each variant, from its ensemble.
        unit: unit represented by a dot.
        shown: variants with their own row; the others share the last row, with a dot for each variant's mean; None:
            all.
        cells: name and cell of each variant; None: one cell.
        bounds: smallest and largest possible value, at which intervals are cut off.
    """
    cell_of = values["variant"].map(lambda variant: cells[variant][1] if cells else "")
    looks = _Looks(column, share, baselines, notes or {}, biased, crosses or {}, unit, cells or {}, bounds)
    parts = [
        _Part.of(str(cell), *_few_rows(own, column, shown, biased), looks)
        for cell, own in values.groupby(cell_of, sort=False)
    ]
    heights = [part.rows for part in parts]
    inches = _FRAME + _ROW * sum(heights) + _TITLE * len(parts) * (len(parts) > 1)
    figure, row = panels(len(parts), title, TWO_COLUMNS, inches, columns=1, heights=heights)
    for axes, part in zip(row, parts, strict=True):
        part.draw(axes, looks)
        if part.cell:
            axes.set_title(wrapped(short_keys(part.cell), _HEADING), loc="left", fontsize="medium", color="0.35")
    row[-1].set_xlabel("\n".join(wrapped(line, _LABEL) for line in label.splitlines()))
    legend_below(figure, max(row, key=lambda axes: len(axes.get_legend_handles_labels()[1])))
    return figure


@dataclass(frozen=True)
class _Looks:
    """Settings that all panels share; see `dots`."""

    column: str
    share: bool
    baselines: Container[str]
    notes: Mapping[str, str]
    biased: Container[str]
    crosses: Mapping[str, float]
    unit: Unit
    cells: Mapping[str, tuple[str, str]]
    bounds: tuple[float, float]

    def name(self, variant: str) -> str:
        """Return the printed name of a variant in its cell."""
        return wrapped(shown_name(self.cells.get(variant, (variant, ""))[0]), _NAME)


@dataclass(frozen=True)
class _Part:
    """The rows of one cell."""

    cell: str
    values: pd.DataFrame
    others: str  # name of the row that the remaining variants share; "" if there are none
    variants: list[str]
    names: list[str]
    asides: list[str]
    middles: npt.NDArray[np.float64]
    rows: float  # total height, in rows of one line

    @classmethod
    def of(cls, cell: str, values: pd.DataFrame, others: str, looks: _Looks) -> "_Part":
        variants = [str(variant) for variant in dict.fromkeys(values["variant"])]
        names = [looks.name(variant) for variant in variants]
        asides = [wrapped(looks.notes.get(variant, ""), _NOTE) for variant in variants]
        middles, rows = row_places(names, asides)
        return cls(cell, values, others, variants, names, asides, middles, rows)

    def draw(self, axes: Axes, looks: _Looks) -> None:
        """Draw the rows, the ensembles and the means of the baselines."""
        finite = self.values.replace({looks.column: {np.inf: np.nan, -np.inf: np.nan}})
        by_variant = {str(name): own.dropna() for name, own in finite.groupby("variant", sort=False)[looks.column]}
        for variant, middle, note in zip(self.variants, self.middles, self.asides, strict=True):
            color = BASELINE_COLOR if variant in looks.baselines else PALETTE[0]
            with_mean = variant not in looks.biased and variant != self.others
            _draw(axes, middle, by_variant[variant].to_numpy(float), looks, color, with_mean=with_mean)
            if note:
                axes.text(
                    1.01, middle, note, va="center", fontsize=6, color="0.3", transform=axes.get_yaxis_transform()
                )
        places = dict(zip(self.variants, self.middles, strict=True))
        if own := {variant: value for variant, value in looks.crosses.items() if variant in places}:
            below = [places[variant] + _BELOW for variant in own]
            axes.plot([*own.values()], below, "D", color=PALETTE[1], markersize=5, label="ensemble", zorder=4)
        for variant, known in by_variant.items():
            if variant in looks.baselines and len(known):
                whose = f"mean of {looks.name(variant)}"
                axes.axvline(known.mean(), color=BASELINE_COLOR, linestyle=":", linewidth=1, zorder=1, label=whose)
        axes.set_yticks(self.middles, labels=self.names)
        axes.set_ylim(self.rows, 0)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.margins(x=0.06)
        if looks.share:
            share_ticks(axes.xaxis)


def _few_rows(
    values: pd.DataFrame, column: str, shown: Container[str] | None, biased: Container[str]
) -> tuple[pd.DataFrame, str]:
    """Replace the values of each variant without its own row by their mean; return all values and the shared name.

    The name is "" if all variants have a row.
    """
    hidden = [variant for variant in values["variant"].unique() if shown is not None and variant not in shown]
    if not hidden:
        return values, ""
    name, others = others_name(len(hidden)), values[values["variant"].isin(hidden)]
    known = others[np.isfinite(others[column].astype(float))].groupby("variant", sort=False)[column].mean()
    means = [
        np.nan,
        *(mean for variant, mean in known.items() if variant not in biased),
    ]  # NaN ensures that the row exists even without means
    own = values.loc[~values["variant"].isin(hidden), ["variant", column]]
    return pd.concat([own, pd.DataFrame({"variant": name, column: means})], ignore_index=True), name


def _draw(
    axes: Axes, position: float, values: npt.NDArray[np.float64], looks: _Looks, color: str, *, with_mean: bool
) -> None:
    if not len(values):
        return
    named = axes.get_legend_handles_labels()[1]
    heights = position - np.linspace(_NEAREST, _FARTHEST, len(values)) if len(values) > 1 else [position - _NEAREST]
    label = looks.unit.noun if looks.unit.noun not in named else None
    axes.plot(values, heights, "o", color=color, alpha=0.45, markersize=3, markeredgewidth=0, label=label)
    if not with_mean:
        return
    summary, below = summarize(list(values), looks.unit.overlap), position + _BELOW
    if np.isfinite(summary.ci_low):
        label = INTERVAL if INTERVAL not in named else hidden_name(INTERVAL)
        ends = np.clip([summary.ci_low, summary.ci_high], *looks.bounds)
        axes.plot(ends, [below, below], color="black", linewidth=1.2, zorder=3, label=label)
    axes.plot(summary.mean, below, "|", color="black", markersize=7, markeredgewidth=1.6, zorder=3)
