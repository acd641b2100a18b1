"""Learning curves: a metric on training and validation data by epoch, with the last part enlarged if needed."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.curve_parts import BAR_ROOM, Part, by_cell, parts_of
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import (
    epoch_axis,
    is_narrow,
    legend_below,
    panels,
    plain,
    wrapped,
)
from runner.reporting.figures.drawing.curve_scale import scale_scores, share_scale
from runner.reporting.figures.drawing.curves import (
    blank_text,
    draw_variants,
    explain,
    name_far,
    number_of_runs,
    stacked_ticks,
)
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.end_labels import label_ends
from runner.reporting.figures.drawing.names import short_keys
from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.drawing.zoom import LastPart
from runner.reporting.metrics import axis_label, is_share

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
_BAR_NAME = "mean and its interval at the last epoch"


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
    is_short = is_narrow() and len([*by_cell(history, cells)]) > 1
    if is_short:
        sides = dict([*sides.items()][-1:])
    parts = parts_of(history, [*sides], metric, unit, cells, is_common=bool(key))
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
    whole = row[len(sides) - 1]
    if key:
        drawing.share_scale(row, across)
        drawing.name_values(whole, cells or {})
    if any(part.barred(styles) for part in parts):
        whole.plot([], [], "|", color="0.5", markersize=8, label=_BAR_NAME)
    number = f", {number_of_runs(counts)}" * (len(counts) == 1 or bool(key))
    legend_below(figure, whole, explain(row, whole, unit, number), key)
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

    def row(self, row: Sequence[Axes], part: Part, label_inches: float) -> None:
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
        share_scale([axes for side in range(len(self.sides)) for axes in row[side::across]], 0)

    def name_values(self, axes: Axes, cells: Mapping[str, tuple[str, str]]) -> None:
        """Add the values of the key to the legend of a panel."""
        for name in dict.fromkeys(name for name, _ in cells.values()):
            style = self.styles[name]
            axes.plot([], [], style.dash, color=style.color, label=plain(name))

    def whole(self, row: Sequence[Axes], part: Part) -> None:
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
        share_scale(drawn, _POINT_ROOM if len({*part.history["epoch"]}) == 1 else 0)
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

    def zoomed(self, panels: Sequence[Axes], part: Part, zoom: LastPart) -> None:
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
            room = BAR_ROOM * (len(many) + 1)
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
