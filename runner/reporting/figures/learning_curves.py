"""Learning curves: a metric on training and validation data by epoch, with the last part enlarged if needed."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import (
    epoch_axis,
    is_narrow,
    legend_below,
    panels,
    plain,
    wrapped,
)
from runner.reporting.figures.drawing.curves import (
    FEW_RUNS,
    WIDE_RANGE,
    blank_text,
    blank_variants,
    by_variant,
    draw_variants,
    explain,
    far_variants,
    name_far,
    number_of_runs,
    shown_curve,
    stacked_ticks,
)
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.early_values import early_top
from runner.reporting.figures.drawing.end_labels import End, fit_ends, label_ends
from runner.reporting.figures.drawing.grid_panels import MOST_PANELS
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.drawing.plain_ticks import logarithmic_ticks, share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.drawing.zoom import LastPart, last_part
from runner.reporting.metrics import axis_label, has_direction, is_share, sign_of

ZOOM_TITLE = "the part in the box"
_SINGLE, _OF_SEVERAL, _AROUND = 2.6, 1.9, 0.3  # heights in inches: the only row of panels, each of several, the frame
_OF_GRID_STACKED = 1.5  # height in inches of each row of a grid in a narrow figure
_PAGE = 8.8  # total height of the rows in inches, so that the figure and its legend fit on a page
_LABELS = 0.5  # height in inches of the axis labels below a panel
_HEADING = 90  # characters per line of a heading
_LABEL, _SHORT_LABEL = 40, 24  # characters per line of the label of a vertical axis: in a single row, in several
_TICKS = 6  # approximate number of ticks on the epoch axis
_QUIET = "0.35"
_POINT_ROOM = 0.06  # room for the markers of curves of one epoch, as a share of the range
_MOST_BANDS = 4  # bands in the enlarged part; of more variants, only the intervals at their ends are drawn there
_BAR_NAME = "mean and its interval at the last epoch"
_BAR_ROOM = 0.023  # distance of these intervals to the right of the curves, as a share of the panel's width
_EARLY = 0.05  # quantile of all values; smaller proportions may lie below the axis if no curve ends there
_EARLIER = 0.1  # room below that quantile, as a share of the range
_LEAST = 0.8  # lower end of a logarithmic axis, as a multiple of the smallest value
_TOP_ROOM = 0.05  # room at the ends of an axis that early values leave, as a share of the range
_TOP = 1.005  # highest upper limit of an axis of proportions, although bands may extend beyond it


@dataclass(frozen=True)
class _Part:
    """The variants of one cell, and the cell's history, which contains their names."""

    cell: str
    history: pd.DataFrame
    blank: set[str]  # variants without finite values
    curves: Mapping[str, pd.DataFrame]  # mean and interval of the last column by epoch, for each variant
    zoomed: LastPart | None
    far: Mapping[str, Mapping[str, float]]  # for each column, variants far above it, with their largest values
    above: Mapping[str, Mapping[str, float]]  # likewise, variants with early outliers
    tops: Mapping[str, float]  # for each column, the largest value that is not an early outlier
    is_log: bool

    @classmethod
    def of(cls, cell: str, history: pd.DataFrame, columns: Sequence[str], metric: str, unit: Unit) -> "_Part":
        blank = blank_variants(history, columns)
        means = {
            column: {name: shown_curve(own, unit) for name, own in by_variant(history, column).items()}
            for column in columns
        }
        far = {
            column: {} if is_share(metric) else far_variants({name: [own["mean"]] for name, own in found.items()})
            for column, found in means.items()
        }
        tops = {column: np.inf if is_share(metric) else _top(history, column, far[column]) for column in columns}
        above = {
            column: {name: top for name, own in found.items() if (top := _largest(own)) > tops[column]}
            for column, found in means.items()
        }
        part = cls(cell, history, blank, means[columns[-1]], None, far, above, tops, is_log=False)
        is_log = any(_reach(part.near_values(column), (), metric)[2] for column in columns)
        return replace(part, is_log=is_log, zoomed=_zoom(part.near_curves(), part.values(), metric))

    def near_curves(self) -> list[pd.DataFrame]:
        """Return the curves without those of variants far above the others."""
        return [curve for name, curve in self.curves.items() if name not in [*self.far.values()][-1]]

    def values(self) -> npt.NDArray[np.float64]:
        """Return all finite values that determine the scale."""
        return np.concatenate([self.near_values(column) for column in self.far])

    def near_values(self, column: str) -> npt.NDArray[np.float64]:
        """Return the finite values of a column, without those far above the others."""
        values = _finite(_near(self.history, self.far[column])[column])
        return values[values <= self.tops[column]]

    def fits(self, styles: Mapping[str, Style], inches: float) -> bool:
        """Return whether all names fit at the ends of the curves."""
        has_ends = all(len(curve) and styles[name].shown for name, curve in self.curves.items())
        return has_ends and fit_ends([*map(shown_name, self.curves)], inches)

    def ends(self, styles: Mapping[str, Style], axes: Axes) -> list[End]:
        """Return the ends of all curves; in an enlarged part, those at the last epoch are at the edge of the panel."""
        last, edge = self.history["epoch"].max(), axes.get_xlim()[1]
        places = self.bar_places(axes, styles)
        found = []
        for name, mean in ((name, curve["mean"]) for name, curve in self.curves.items()):
            at_end = edge if self.zoomed and mean.index[-1] == last else mean.index[-1]
            found.append(End(shown_name(name), places.get(name, at_end), mean.iloc[-1], styles[name].color))
        return found

    def bar_places(self, axes: Axes, styles: Mapping[str, Style]) -> dict[str, float]:
        """Return the places of the intervals that follow the variants' last epochs in a panel with final limits."""
        step = _BAR_ROOM * float(np.ptp(axes.get_xlim()))
        return {name: self.curves[name].index[-1] + step * place for place, name in enumerate(self.barred(styles), 1)}

    def barred(self, styles: Mapping[str, Style]) -> list[str]:
        """Return the variants whose intervals follow their last epoch in the enlarged part; bands would overlap."""
        if self.zoomed is None:
            return []
        inside = self.late(self.zoomed)
        counts = inside.groupby("variant", sort=False)["position"].nunique()
        many = [str(name) for name in counts.index if styles[str(name)].shown]
        return [] if len(many) <= _MOST_BANDS or counts.min() <= FEW_RUNS else many

    def late(self, zoom: LastPart) -> pd.DataFrame:
        """Return the history of the enlarged part, of the variants whose means are in it."""
        means = {name: own["mean"].loc[zoom.first :] for name, own in self.curves.items()}
        is_inside = {name: own.between(zoom.low, zoom.high).any() for name, own in means.items()}
        late = self.history[self.history["epoch"] >= zoom.first]
        return late[late["variant"].map(is_inside).astype(bool)]


def _near(history: pd.DataFrame, far: Container[str]) -> pd.DataFrame:
    """Return the history without the variants far above the others."""
    return history[[variant not in far for variant in history["variant"]]]


def _top(history: pd.DataFrame, column: str, far: Container[str]) -> float:
    """Return the largest value that is not an early outlier, without regard to variants far above the others."""
    return early_top(_near(history, far), column)


def _largest(curve: pd.DataFrame) -> float:
    return float(curve["mean"].max())


def _zoom(curves: Sequence[pd.DataFrame], finite: npt.NDArray[np.float64], metric: str) -> LastPart | None:
    """Return the part of the curves on one scale that is to be enlarged.

    Args:
        finite: all values on that scale.
    """
    ends = [float(curve["mean"].iloc[-1]) for curve in curves if len(curve)]
    low, high, is_log = _reach(finite, ends, metric)
    return last_part(curves, low, high, log=is_log, sign=sign_of(metric) if has_direction(metric) else 0)


def _reach(finite: npt.NDArray[np.float64], ends: Sequence[float], metric: str) -> tuple[float, float, bool]:
    """Return the limits of the scale for all epochs, and whether it is logarithmic.

    Early values of a metric between 0 and 1 may lie outside the scale, but the ends of curves may not.
    """
    if not len(finite):
        return np.nan, np.nan, False
    low, high = float(finite.min()), float(finite.max())
    if is_share(metric):
        return min([float(np.quantile(finite, _EARLY)), *ends]), high, False
    return low, high, low > 0 and high > WIDE_RANGE * low


def learning_curves(
    history: pd.DataFrame,
    metric: str,
    title: str,
    styles: Mapping[str, Style],
    *,
    seeds: bool = False,
    unit: Unit = SEEDS,
    cells: Mapping[str, tuple[str, str]] | None = None,
    key: str = "",
) -> Figure:
    """Draw every variant's metric on training and validation data in adjacent panels with one scale.

    If the scale hides how the validation curves differ at their ends, an additional panel shows their last part
    (`last_part`). Each of up to six cells of a grid has a row of panels; in a narrow figure, it has only the validation
    curves, with an enlarged part only if a legend names the values. The names are at the ends of the curves if they fit
    there, otherwise in a legend. Early outliers of a loss leave the panel (`early_top`), with their largest mean in the
    corner.

    A mean ends where the shortest run ends. The other runs continue as thin lines, each with a dot at its end;
    nothing is padded. The legend marks variants without finite values.

    Args:
        history: one row per run and epoch: position (of the run), variant, epoch, and the metric with and without
            `val_`.
        styles: styles of the variants by label and, in cells, by name.
        seeds: draw every seed as a thin line from the first epoch.
        unit: unit of the runs, for the bands.
        cells: name and cell of each variant; None: one cell.
        key: title of the legend, if the names are values of this key; then all cells share one scale and one zoom.
    """
    sides = {name: side for name, side in ((metric, "training"), (f"val_{metric}", "validation")) if name in history}
    is_short = is_narrow() and len([*_by_cell(history, cells)]) > 1
    if is_short:
        sides = dict([*sides.items()][-1:])
    parts = _parts(history, [*sides], metric, unit, cells, is_common=bool(key))
    if is_short and not key:  # the names at the ends of the curves need the room
        parts = [replace(part, zoomed=None) for part in parts]
    across = len(sides) + any(part.zoomed is not None for part in parts)
    inches = _row_height(len(parts), is_grid=bool(key))
    figure, row = _rows_of_panels(len(parts), across, inches, title, is_stacked=is_narrow() and not is_short)
    counts = {*history.groupby("variant")["position"].nunique()}
    labelled = not key and len(counts) == 1 and all(part.fits(styles, inches - _LABELS) for part in parts)
    drawing = _Drawing(
        metric,
        sides,
        styles,
        unit,
        key,
        seeds=seeds,
        named=not (labelled or key),
        numbered=len(counts) > 1,
        label_width=_LABEL if len(parts) == 1 else _SHORT_LABEL,
    )
    for position, part in enumerate(parts):
        drawing.row(row[position * across : (position + 1) * across], part, inches - _LABELS if labelled else 0)
    for axes in row[:-across]:
        axes.set_xlabel("")
    if key:
        drawing.share_scale(row, across)
        drawing.name_values(row[len(sides) - 1], cells or {})
    if any(part.barred(styles) for part in parts):
        row[len(sides) - 1].plot([], [], "|", color="0.5", markersize=8, label=_BAR_NAME)
    bands = explain(row, row[len(sides) - 1], unit, f", {number_of_runs(counts)}" * (len(counts) == 1 or bool(key)))
    legend_below(figure, row[len(sides) - 1], bands, key)
    return figure


def _row_height(count: int, *, is_grid: bool) -> float:
    """Return the height in inches of each of several rows of panels."""
    if count == 1:
        return _SINGLE
    return min(_OF_GRID_STACKED if is_grid and is_narrow() else _OF_SEVERAL, _PAGE / count)


def _rows_of_panels(
    count: int, across: int, inches: float, title: str, *, is_stacked: bool
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure with rows of panels of a height, or with all panels below each other."""
    width = TWO_COLUMNS if across > 1 else ONE_COLUMN
    beside = 1 if is_stacked else across
    height = _AROUND + inches * count * (across // beside)
    return panels(across * count, title, width, height, columns=beside)


def _parts(
    history: pd.DataFrame,
    columns: Sequence[str],
    metric: str,
    unit: Unit,
    cells: Mapping[str, tuple[str, str]] | None,
    *,
    is_common: bool,
) -> list[_Part]:
    """Return the parts of the cells.

    Args:
        is_common: all cells share one scale and one zoom.
    """
    parts = [_Part.of(cell, own, columns, metric, unit) for cell, own in _by_cell(history, cells)]
    if not is_common:
        return parts
    whole = [curve for part in parts for curve in part.near_curves()]
    zoomed = _zoom(whole, np.concatenate([part.values() for part in parts]), metric)
    is_log = any(part.is_log for part in parts)
    return [replace(part, zoomed=zoomed, is_log=is_log) for part in parts]


def _by_cell(history: pd.DataFrame, cells: Mapping[str, tuple[str, str]] | None) -> list[tuple[str, pd.DataFrame]]:
    """Return the cells and their rows, with the names of the variants; one cell if there are too many."""
    found = dict.fromkeys(cell for _, cell in (cells or {}).values())
    if cells is None or not 1 < len(found) <= MOST_PANELS:
        return [("", history)]
    cell_of = history["variant"].map({variant: cell for variant, (_, cell) in cells.items()})
    named = history.assign(variant=history["variant"].map({variant: name for variant, (name, _) in cells.items()}))
    return [(cell, own) for cell in found if len(own := named[cell_of == cell])]


@dataclass(frozen=True)
class _Drawing:
    """Settings that all panels of a figure share."""

    metric: str
    sides: Mapping[str, str]  # heading of each column
    styles: Mapping[str, Style]
    unit: Unit
    key: str  # key whose values are the names; "": none
    seeds: bool
    named: bool  # whether the legend names the variants
    numbered: bool  # whether it says their numbers of runs
    label_width: int  # characters per line of the label of a vertical axis

    def row(self, row: Sequence[Axes], part: _Part, label_inches: float) -> None:
        """Draw the panels of a part.

        Args:
            label_inches: height of the names at the ends of the curves; 0: no names.
        """
        has_zoom, has_room = part.zoomed is not None, len(row) > len(self.sides)
        self.whole(row, part)
        if part.zoomed is not None:
            self.zoomed(row[-2:], part, part.zoomed)
        elif has_room:
            row[-1].set_axis_off()
        if label_inches:
            last = row[-1] if has_zoom else row[len(self.sides) - 1]
            label_ends(last, part.ends(self.styles, last), label_inches, has_room=has_room and not has_zoom)

    def share_scale(self, row: Sequence[Axes], across: int) -> None:
        """Give the panels of all rows one scale, except those of the last parts."""
        _share_scale([axes for side in range(len(self.sides)) for axes in row[side::across]], 0)

    def name_values(self, axes: Axes, cells: Mapping[str, tuple[str, str]]) -> None:
        """Add the values of the key to the legend of a panel."""
        for name in dict.fromkeys(name for name, _ in cells.values()):
            style = self.styles[name]
            axes.plot([], [], style.dash, color=style.color, label=plain(name))

    def whole(self, row: Sequence[Axes], part: _Part) -> None:
        """Draw all epochs, with a panel for each column, on one scale."""
        others = sum(not style.shown for style in self.styles.values())
        drawn = row[: len(self.sides)]
        for axes, (column, side) in zip(drawn, self.sides.items(), strict=True):
            far, top, log = part.far[column], part.tops[column], part.is_log
            self._draw(
                axes,
                part.history,
                column,
                others,
                part.blank,
                named=self.named,
                numbered=self.numbered,
                far=far,
                top=top,
                log=log,
            )
            epoch_axis(axes, stacked_ticks(_TICKS))
            scale_scores(axes, part.near_values(column), self.metric, log=log, top=top)
            name_far(axes, {**far, **part.above[column]}, self.styles)
            axes.set_ylabel(wrapped(f"{side} {axis_label(self.metric)}", self.label_width))
        _share_scale(drawn, _POINT_ROOM if len({*part.history["epoch"]}) == 1 else 0)
        if part.cell:
            blank = sorted(part.blank) if self.key else []
            heading = wrapped(short_keys(part.cell) + blank_text(blank), _HEADING)
            row[0].set_title(heading, loc="left", fontsize="medium", color=_QUIET)

    def _draw(
        self,
        axes: Axes,
        history: pd.DataFrame,
        column: str,
        others: int = 0,
        blank: Container[str] = (),
        **options: Any,
    ) -> None:
        options = {"named": False, "seeds": self.seeds, "unit": self.unit, **options}
        draw_variants(axes, history, column, self.styles, others, blank, **options)

    def zoomed(self, panels: Sequence[Axes], part: _Part, zoom: LastPart) -> None:
        """Draw the last part, and mark it in the panel to its left."""
        whole, axes = panels
        column = [*self.sides][-1]
        many = part.barred(self.styles)
        last = int(part.history["epoch"].max())
        axes.update_datalim([(zoom.first, zoom.low), (last, zoom.high)])  # although a row of a grid may have no curve
        self._draw(axes, part.late(zoom), column, far=many)
        epoch_axis(axes, stacked_ticks(_TICKS))
        axes.margins(x=0.02)
        axes.set_xlim(axes.get_xlim())
        if many:
            low, high = axes.get_xlim()
            room = _BAR_ROOM * (len(many) + 1)
            axes.set_xlim(low, high + room / (1 - room) * (high - low))
        for name, place in part.bar_places(axes, self.styles).items():
            end = part.curves[name].iloc[-1].clip(0, 1 if is_share(self.metric) else None)
            color, label = self.styles[name].color, hidden_name(name)
            if zoom.low <= end["mean"] <= zoom.high:
                axes.vlines(place, end["low"], end["high"], color=color, label=label, linewidth=1.2, alpha=0.7)
                axes.plot(place, end["mean"], ".", color=color, markersize=3, label=label)
        axes.set_ylim(zoom.low, zoom.high)
        axes.set_title(ZOOM_TITLE + ", linear" * part.is_log, loc="left", fontsize="small", color=_QUIET)
        if is_share(self.metric):
            share_ticks(axes.yaxis)
        size = last - zoom.first, zoom.high - zoom.low
        whole.add_patch(Rectangle((zoom.first, zoom.low), *size, fill=False, edgecolor=_QUIET, linewidth=0.6, zorder=4))


def scale_scores(axes: Axes, values: npt.ArrayLike, metric: str, *, log: bool = False, top: float = np.inf) -> None:
    """Scale the vertical axis of drawn curves: it may cut off early values, and is logarithmic if a loss varies a lot.

    Args:
        log: use a logarithmic axis in any case.
        top: value above which drawn curves leave the panel.
    """
    finite = _finite(values)
    lines = [ys for line in axes.lines if len(ys := _finite(line.get_ydata()))]
    low, high, is_log = _reach(finite, [ys[-1] for ys in lines], metric)
    if top < np.inf:
        axes.set_ylim(low - _TOP_ROOM * (high - low), top + _TOP_ROOM * (top - low))
    if is_log or (log and high > 0):
        axes.set_yscale("log")
        least = _LEAST * float(finite[finite > 0].min())
        axes.set_ylim(bottom=max(axes.get_ylim()[0], least))  # the lower end of a band may be close to 0
    if is_share(metric):
        share_ticks(axes.yaxis)
        bottom, upper = axes.get_ylim()
        if any(len(ys) > 1 for ys in lines):
            bottom = max(bottom, low - _EARLIER * (high - low))
        axes.set_ylim(bottom, min(upper, _TOP))


def _finite(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    numbers: npt.NDArray[np.float64] = np.asarray(values, float)
    return numbers[np.isfinite(numbers)]


def _share_scale(row: Sequence[Axes], room: float) -> None:
    """Give the panels one scale, with room at both ends as a share of the range."""
    scale = "log" if any(axes.get_yscale() == "log" for axes in row) else "linear"
    for axes in row:
        if axes.get_yscale() != scale:
            axes.set_yscale(scale)
            drawn = np.concatenate([_finite(line.get_ydata()) for line in axes.lines] or [np.empty(0)])
            if len(positive := drawn[drawn > 0]):
                axes.set_ylim(_LEAST * float(positive.min()), axes.get_ylim()[1])
    limits = [axes.get_ylim() for axes in row]  # positive on a logarithmic axis
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    space = room * (high - low)
    for axes in row:
        axes.set_ylim(low - space if low > space else low, high + space)
        if scale == "log":
            logarithmic_ticks(axes.yaxis)
