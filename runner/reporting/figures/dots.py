"""Dot plots: one dot per run and one row per variant, with the mean and its 95% interval."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import BASELINE_COLOR, legend_below, panels, row_places, wrapped
from runner.reporting.figures.drawing.difference_axis import moved_inside
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.drawing.plain_ticks import logarithmic_ticks, share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.shown_rows import others_name
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.summary import summarize
from runner.reporting.statistics.ties import rounding_of

INTERVAL = f"mean and its {CONFIDENCE:.0%} interval"
_NAME, _NOTE, _HEADING, _LABEL = 40, 24, 90, 76  # characters per line of a name, a note, a heading and the axis label
_LEGEND = 60  # characters per line of the legend
# Inches: around all rows, a variant with a name of one line, a panel's heading and ticks.
_FRAME, _ROW, _TITLE = 0.95, 0.2, 0.45
_NEAREST, _FARTHEST = 0.06, 0.38  # range above the middle over which dots are spread, as a share of a row
_BASELINE: dict[str, Any] = {"color": BASELINE_COLOR, "linestyle": ":", "linewidth": 1, "zorder": 1}
_ENSEMBLE = "ensemble"
_DIAMOND: dict[str, Any] = {"markerfacecolor": "white", "markeredgecolor": "black", "markeredgewidth": 1.0}
_FAR = 10  # multiple of the typical distance from the median mean beyond which a variant is placed off the axis
_ROOM = 0.06  # room at either end of the axis, as a share of its length
_NEUTRAL = "0.5"  # colour of dots of variants that do not stand out, and of the legend
_BELOW = 0.14  # position of mean, interval and ensemble below the middle, as a share of a row
_FROM_ARROW = 8  # distance of a mean from the edge with its arrow, in points
_ALONE = 2  # factor from equal values to the ends of their logarithmic axis


def dots(
    values: pd.DataFrame,
    column: str,
    label: str,
    title: str,
    *,
    share: bool,
    styles: Mapping[str, Style] | None = None,
    baselines: Container[str] = (),
    notes: Mapping[str, str] | None = None,
    biased: Container[str] = (),
    crosses: Mapping[str, float] | None = None,
    unit: Unit = SEEDS,
    shown: Container[str] | None = None,
    cells: Mapping[str, tuple[str, str]] | None = None,
    apart: bool = True,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    ratios: bool = False,
) -> Figure:
    """Draw one column of the summary, with a panel for each cell.

    Args:
        values: one row per run with the variant and the column; values that are not finite are omitted.
        label: axis label with unit.
        share: whether the column lies between 0 and 1, and is therefore drawn in percent.
        styles: styles of the variants, with the colours of their curves.
        baselines: variants whose means are drawn as lines through all rows of their panels.
        notes: text to the right of a variant's row, such as its diverged runs.
        biased: variants with values from only some of their runs, drawn without a mean.
        crosses: an additional value of each variant, from its ensemble.
        unit: unit represented by a dot.
        shown: variants with their own row; the others share the last row, with a dot for each variant's mean; None:
            all.
        cells: name and cell of each variant, in display order; None: one cell.
        apart: the cells are different data sets, so each has its own axis and baseline.
        bounds: smallest and largest possible value, at which intervals are cut off.
        ratios: the values are compared by their ratios: the axis is logarithmic, and means are geometric. Ignored if a
            value is not positive.
    """
    finite = values.loc[np.isfinite(values[column].astype(float)), column]
    ratios = ratios and bool((finite > 0).all())
    of_cells, of_variants = cells or {}, styles or {}
    looks = _Looks(
        column, share, baselines, notes or {}, biased, crosses or {}, unit, of_cells, bounds, of_variants, apart, ratios
    )
    parts = _parts(values, shown, looks)
    heights = [part.rows for part in parts]
    inches = _FRAME + _ROW * sum(heights) + _TITLE * len(parts) * (len(parts) > 1)
    figure, row = panels(len(parts), title, TWO_COLUMNS, inches, columns=1, heights=heights)
    _draw_parts(row, parts, values, looks)
    _explain(row[-1], row, looks)
    row[-1].set_xlabel("\n".join(wrapped(line, _LABEL) for line in label.splitlines()))
    legend_below(figure, row[-1])
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
    styles: Mapping[str, Style]
    apart: bool
    ratios: bool

    @property
    def mean_name(self) -> str:
        """The name of the mean."""
        return "geometric mean" if self.ratios else "mean"

    @property
    def interval(self) -> str:
        """The name of the mean with its interval."""
        return f"geometric {INTERVAL}" if self.ratios else INTERVAL

    def summary(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the mean of one or more finite values and the ends of its interval; NaN if there is no interval."""
        array = np.asarray(values, float)
        found = summarize(list(np.log(array) if self.ratios else array), self.unit.overlap)
        if self.ratios:
            return np.exp([found.mean, found.ci_low, found.ci_high])
        return np.array([found.mean, *np.clip([found.ci_low, found.ci_high], *self.bounds)])

    def color(self, variant: str) -> str:
        """Return the colour of a variant's dots."""
        if variant in self.styles and self.styles[variant].shown:
            return self.styles[variant].color
        return BASELINE_COLOR if variant in self.baselines else _NEUTRAL

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
    far: Mapping[str, float]  # means of the outlying variants, which lie off the axis

    @classmethod
    def of(cls, cell: str, values: pd.DataFrame, others: str, far_means: Mapping[str, float], looks: _Looks) -> "_Part":
        variants = [str(variant) for variant in dict.fromkeys(values["variant"])]
        names = [looks.name(variant) for variant in variants]
        far = {name: far_means[name] for name in variants if name in far_means and name != others}
        equal = _equal_variants(values, looks)
        notes = (", ".join(filter(None, [equal.get(name), looks.notes.get(name)])) for name in variants)
        asides = [wrapped(note, _NOTE) for note in notes]
        middles, rows = row_places(names, asides)
        return cls(cell, values, others, variants, names, asides, middles, rows, far)

    def draw(self, axes: Axes, looks: _Looks) -> None:
        """Draw the rows, the ensembles and the means of the baselines."""
        finite = self.values.replace({looks.column: {np.inf: np.nan, -np.inf: np.nan}})
        by_variant = {str(name): own.dropna() for name, own in finite.groupby("variant", sort=False)[looks.column]}
        for variant, middle, note in zip(self.variants, self.middles, self.asides, strict=True):
            color = looks.color(variant)
            with_mean = variant not in looks.biased and variant != self.others
            _draw(axes, middle, by_variant[variant].to_numpy(float), looks, color, with_mean=with_mean)
            if note:
                axes.text(
                    1.01, middle, note, va="center", fontsize=6, color="0.3", transform=axes.get_yaxis_transform()
                )
        places = dict(zip(self.variants, self.middles, strict=True))
        if own := {variant: value for variant, value in looks.crosses.items() if variant in places}:
            below = [places[variant] + _BELOW for variant in own]
            axes.plot([*own.values()], below, "D", markersize=5, label=hidden_name(_ENSEMBLE), zorder=4, **_DIAMOND)
        for variant, known in by_variant.items():
            if variant in looks.baselines and len(known):
                name = looks.cells.get(variant, (variant, ""))[0] if looks.apart else variant
                label = wrapped(f"{looks.mean_name} of {shown_name(name)}", _LEGEND)
                axes.axvline(looks.summary(known)[0], label=label, **_BASELINE)
        if looks.ratios:
            axes.set_xscale("log")
            drawn = np.concatenate([*by_variant.values()])
            if len(drawn) and np.ptp(drawn) <= rounding_of(drawn):  # Matplotlib cannot scale such an axis
                axes.set_xlim(drawn.min() / _ALONE, drawn.max() * _ALONE)
        axes.set_yticks(self.middles, labels=self.names)
        axes.set_ylim(self.rows, 0)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.margins(x=_ROOM)
        if self.far:
            self._limit_to_near(axes, looks)
        if looks.share:
            share_ticks(axes.xaxis)

    def _limit_to_near(self, axes: Axes, looks: _Looks) -> None:
        """Limit the axis to the variants that are not outliers."""
        shown = self._extent([variant for variant in self.variants if variant not in self.far], looks)
        room = _ROOM * float(np.ptp(shown))
        axes.set_xlim(float(shown.min()) - room, float(shown.max()) + room)

    def show_inside(self, axes: Axes, looks: _Looks) -> None:
        """Extend the axis to all values of the outliers whose means are on it, because they get no arrow."""
        low, high = axes.get_xlim()
        shown = self._extent([variant for variant, mean in self.far.items() if low <= mean <= high], looks)
        if len(shown):
            room = _ROOM * (max(high, float(shown.max())) - min(low, float(shown.min())))
            axes.set_xlim(min(low, float(shown.min()) - room), max(high, float(shown.max()) + room))

    def _extent(self, variants: Sequence[str], looks: _Looks) -> npt.NDArray[np.float64]:
        """Return the finite values of variants, with the ends of their intervals and their ensembles."""
        own = [self.values.loc[self.values["variant"] == name, looks.column].to_numpy(float) for name in variants]
        finite = [known for values in own if len(known := values[np.isfinite(values)])]
        ends = [found[1:] for known in finite if np.isfinite((found := looks.summary(known))[1])]
        return np.concatenate([*finite, *ends, [looks.crosses[name] for name in variants if name in looks.crosses]])

    def mark_far(self, axes: Axes, looks: _Looks) -> None:
        """Mark the variants beyond the final axis with arrows inside its edge, and with their means."""
        low, high = axes.get_xlim()
        for variant, middle in zip(self.variants, self.middles, strict=True):
            if variant in self.far and not low <= self.far[variant] <= high:
                end, arrow, inwards = (low, "<", 1) if self.far[variant] < low else (high, ">", -1)
                inside = moved_inside(axes, inwards)
                axes.plot(end, middle, arrow, color=looks.color(variant), markersize=6, zorder=4, transform=inside)
                at: dict[str, Any] = {"xytext": (_FROM_ARROW * inwards, 0), "textcoords": "offset points"}
                at |= {"va": "center", "ha": "left" if inwards > 0 else "right"}
                text = self._far_text(variant, low, high, looks)
                axes.annotate(text, (end, middle), fontsize=6, color="0.3", **at)

    def _far_text(self, variant: str, low: float, high: float, looks: _Looks) -> str:
        """Describe the mean of a variant beyond the axis, with the number of its dots beyond it unless all are."""
        own = self.values.loc[self.values["variant"] == variant, looks.column].to_numpy(float)
        own, mean = own[np.isfinite(own)], self.far[variant]
        beyond = int(((own < low) | (own > high)).sum())
        text = f"mean {100 * mean:.2f}%" if looks.share else f"mean {mean:.4g}"
        return text if beyond == len(own) else f"{text}, {beyond} of {counted(len(own), looks.unit.noun)} beyond"


def _parts(values: pd.DataFrame, shown: Container[str] | None, looks: _Looks) -> list[_Part]:
    """Return the parts of the cells, in display order."""
    if looks.cells:
        places = {variant: place for place, variant in enumerate(looks.cells)}
        values = values.sort_values("variant", key=lambda column: column.map(places), kind="stable")
    cell_of = values["variant"].map(lambda variant: looks.cells[variant][1] if looks.cells else "")
    rows = {str(cell): _few_rows(own, shown, looks) for cell, own in values.groupby(cell_of, sort=False)}
    drawn = [own for own, _ in rows.values()]
    together = {} if looks.apart or not drawn else _far_means(pd.concat(drawn), looks)  # on a common axis
    far = {cell: _far_means(own, looks) if looks.apart else together for cell, (own, _) in rows.items()}
    return [_Part.of(cell, own, others, far[cell], looks) for cell, (own, others) in rows.items()]


def _draw_parts(row: Sequence[Axes], parts: Sequence[_Part], values: pd.DataFrame, looks: _Looks) -> None:
    """Draw each part in its panel, with its heading, and mark what lies beyond the final axes."""
    for axes, part in zip(row, parts, strict=True):
        part.draw(axes, looks)
        if part.cell:
            axes.set_title(wrapped(short_keys(part.cell), _HEADING), loc="left", fontsize="medium", color="0.35")
    if not looks.apart:
        _share_limits(row)
        _share_baseline(row, looks, values)
    for axes, part in zip(row, parts, strict=True):
        part.show_inside(axes, looks)
    if not looks.apart:
        _share_limits(row)
    for axes, part in zip(row, parts, strict=True):
        part.mark_far(axes, looks)
        if looks.ratios:
            logarithmic_ticks(axes.xaxis)


def _equal_variants(values: pd.DataFrame, looks: _Looks) -> dict[str, str]:
    """Return a note for each variant whose values are equal and have no interval for that reason."""
    finite = values[np.isfinite(values[looks.column].astype(float))]
    return {
        str(variant): f"equal {looks.unit.noun}s, no interval"
        for variant, own in finite.groupby("variant", sort=False)[looks.column]
        if len(own) > 1 and np.ptp(own) <= rounding_of(own) and str(variant) not in looks.biased
    }


def _far_means(values: pd.DataFrame, looks: _Looks) -> dict[str, float]:
    """Return the means of outlying variants, whose distance from the median is many times the typical distance.

    A baseline is always on the axis, and a logarithmic axis shows all variants.
    """
    if looks.ratios:
        return {}
    finite = values[np.isfinite(values[looks.column].astype(float))]
    means = finite.groupby("variant", sort=False)[looks.column].mean()
    away = (means - means.median()).abs()
    usual = away[away > rounding_of(finite[looks.column])].median()
    return {str(name): float(means[name]) for name in means.index[away > _FAR * usual] if name not in looks.baselines}


def _few_rows(values: pd.DataFrame, shown: Container[str] | None, looks: _Looks) -> tuple[pd.DataFrame, str]:
    """Replace the values of each variant without its own row by their mean; return all values and the shared name.

    The name is "" if all variants have a row.
    """
    hidden = [variant for variant in values["variant"].unique() if shown is not None and variant not in shown]
    if not hidden:
        return values, ""
    name, others = others_name(len(hidden)), values[values["variant"].isin(hidden)]
    column = looks.column
    known = others[np.isfinite(others[column].astype(float))].groupby("variant", sort=False)[column]
    means = [
        np.nan,
        *(looks.summary(own)[0] for variant, own in known if variant not in looks.biased),
    ]  # NaN ensures that the row exists even without means
    own = values.loc[~values["variant"].isin(hidden), ["variant", column]]
    return pd.concat([own, pd.DataFrame({"variant": name, column: means})], ignore_index=True), name


def _draw(
    axes: Axes, position: float, values: npt.NDArray[np.float64], looks: _Looks, color: str, *, with_mean: bool
) -> None:
    if not len(values):
        return
    heights = position - np.linspace(_NEAREST, _FARTHEST, len(values)) if len(values) > 1 else [position - _NEAREST]
    label = hidden_name(looks.unit.noun)
    axes.plot(values, heights, "o", color=color, alpha=0.6, markersize=3, markeredgewidth=0, label=label)
    if not with_mean:
        return
    (mean, *ends), below = looks.summary(values), position + _BELOW
    if np.isfinite(ends[0]):
        axes.plot(ends, [below, below], color="black", linewidth=1.2, zorder=3, label=hidden_name(looks.interval))
    axes.plot(mean, below, "|", color="black", markersize=7, markeredgewidth=1.6, zorder=5)


def _share_limits(row: Sequence[Axes]) -> None:
    """Give all panels a common axis."""
    limits = [axes.get_xlim() for axes in row]
    for axes in row:
        axes.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))


def _share_baseline(row: Sequence[Axes], looks: _Looks, values: pd.DataFrame) -> None:
    """Draw the mean of the only baseline of one data set in all panels."""
    known = values[values["variant"].map(lambda variant: variant in looks.baselines)][looks.column]
    for axes in row:
        if not any(line.get_linestyle() == ":" for line in axes.lines) and np.isfinite(known).any():
            axes.axvline(looks.summary(known[np.isfinite(known)])[0], **_BASELINE)


def _explain(axes: Axes, parts: Sequence[Axes], looks: _Looks) -> None:
    """Add the entries of the legend for dots, intervals and ensembles of all panels."""
    labels = {str(line.get_label()) for panel in parts for line in panel.lines}
    own = {str(line.get_label()) for line in axes.lines}
    for label in sorted(label for label in labels - own if not label.startswith("_")):
        axes.plot([], [], label=label, **_BASELINE)
    gray: dict[str, Any] = {"color": _NEUTRAL, "markersize": 3, "markeredgewidth": 0}
    if hidden_name(looks.unit.noun) in labels:
        axes.plot([], [], "o", label=looks.unit.noun, **gray)
    if hidden_name(looks.interval) in labels:
        axes.plot([], [], color="black", linewidth=1.2, label=looks.interval)
    if hidden_name(_ENSEMBLE) in labels:
        axes.plot([], [], "D", markersize=5, label=f"{_ENSEMBLE} (one value, no interval)", **_DIAMOND)
