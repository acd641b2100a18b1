"""Learning rates and gradient norms by epoch: a curve for each variant, or a panel for each cell of a grid."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import (
    epoch_axis,
    fitting,
    label_rows,
    legend_below,
    panels,
    plain,
    wrapped,
)
from runner.reporting.figures.drawing.curves import (
    SAME,
    WIDE_RANGE,
    blank_text,
    blank_variants,
    by_variant,
    draw_variants,
    explain,
    mean_curve,
    name_far,
    number_of_runs,
    stacked_ticks,
)
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.drawing.styles import Style

_TOGETHER = 6  # maximum number of different curves of a grid in one panel
_ACROSS, _TICKS, _HEADING = 3, 6, 34  # panels side by side, ticks, characters per line of a heading
_TICKS_ALONE = 8  # ticks of a single panel
_FRAME, _PANEL = 0.8, 1.7  # heights in inches: the frame, each row of panels
_LINE = 0.012  # approximate width of a line, as a share of the axis
_STRIPE = 4.0  # length of the dashes of lines that cover each other, in line widths
_MOST_TOGETHER = 6  # maximum number of names that share a line
_LEARNING_RATE = "learning_rate"
_WIDE_NORMS = 10  # ratio of largest to smallest gradient norm above which the axis is logarithmic
_TYPICAL = 0.75  # quantile of the values
_FAR = 100  # multiple of the typical value above which a value does not determine the axis
_ROOM = 0.05  # room at either end of the axis, as a share of the range


def variant_curves(
    history: pd.DataFrame,
    column: str,
    label: str,
    title: str,
    styles: Mapping[str, Style],
    unit: Unit = SEEDS,
    cells: Mapping[str, tuple[str, str]] | None = None,
    key: str = "",
    stepped: Container[str] = (),
) -> Figure:
    """Draw one column of the history for every variant; variants with identical curves share a line and a legend entry.

    The axis is logarithmic if the column has a wide range. A linear axis of learning rates begins at 0. Curves with
    values far above all others, usually of diverged runs, leave the panel: their largest mean is written there.

    Args:
        styles: styles of the variants by label and, in cells, by name.
        cells: name and cell of each variant of a grid; each cell has a panel if the curves are too many for one.
        key: the names are values of this key; the title of the legend.
        stepped: variants whose values hold for whole epochs, and are drawn as steps.
    """
    merged = _merged(history, column)
    blank = blank_variants(history, [column])
    if cells and len({*merged.values()}) > _TOGETHER:
        return _curves_by_cell(history, column, label, title, styles, unit, cells, key, blank, stepped)
    by_value = _by_value(merged, cells or {})
    named = {line: styles[value] for line, value in by_value.values()} or _named(styles, merged)
    merged = {variant: line for variant, (line, _) in by_value.items()} or merged
    figure, (axes,) = panels(1, title, ONE_COLUMN, 2.9)
    others = sum(not named[name].shown for name in merged.values())
    shown = history.assign(variant=history["variant"].map(merged))
    top = _top(history, column)
    scale = _scale(history, column, top)
    lacking = {merged[name] for name in blank}
    counts = {*shown.groupby("variant")["position"].nunique()}
    smooth = {line for variant, line in merged.items() if variant not in stepped}
    options: dict[str, Any] = {
        "stepped": {*merged.values()} - smooth,
        "unit": unit,
        "numbered": len(counts) > 1,
        "log": scale == "log",
        "top": top,
    }
    draw_variants(axes, shown, column, named, others, lacking, **options)
    epoch_axis(axes, stacked_ticks(_TICKS_ALONE))
    _set_range(axes, history[column], scale, top)
    name_far(axes, _above(shown, column, unit, top), named)
    axes.set_ylabel(label)
    legend_below(
        figure,
        axes,
        explain([axes], axes, unit, f", {number_of_runs(counts)}" * (len(counts) == 1)),
        key if by_value else "",
    )
    return figure


def _by_value(merged: Mapping[str, str], cells: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return a name of each variant's line, and the value of the key that all variants of the line share.

    The result is empty if the lines do not differ in the value.

    Args:
        merged: common name of the variants of each line.
        cells: value and cell of each variant.
    """
    shared = {(merged[variant], value) for variant, (value, _) in cells.items() if variant in merged}
    counts = Counter(value for _, value in shared)
    lines = Counter(merged.values())
    if not shared or not len(shared) == len(counts) == len(lines) < len(merged):
        return {}
    values = dict(shared)
    names = {line: f"{value}: {counted(lines[line], 'variant')}" for line, value in values.items()}
    return {variant: (names[line], values[line]) for variant, line in merged.items()}


def _scale(history: pd.DataFrame, column: str, top: float) -> str:
    """Return the scale of an axis: logarithmic for a wide range of values, or of learning rates before their decay."""
    is_rate = column == _LEARNING_RATE
    values = history.groupby("variant")[column].max() if is_rate else history[column]
    positive = values[(values > 0) & (values <= top)]
    wide = WIDE_RANGE if is_rate else _WIDE_NORMS
    return "log" if len(positive) and positive.max() > wide * positive.quantile(0.1) else "linear"


def _top(history: pd.DataFrame, column: str) -> float:
    """Return the value above which curves may leave the panel; learning rates never do."""
    return np.inf if column == _LEARNING_RATE else _near_top(history[column])


def _above(history: pd.DataFrame, column: str, unit: Unit, top: float) -> dict[str, float]:
    """Return the largest mean of each variant whose mean curve rises above a value."""
    means = {name: mean_curve(runs, unit)["mean"].max() for name, runs in by_variant(history, column).items()}
    return {name: float(mean) for name, mean in means.items() if mean > top}


def _set_range(axes: Axes, values: "pd.Series[float]", scale: str, top: float) -> None:
    axes.set_yscale(scale)
    _limit_to_near(axes, values, top)
    if values.name == _LEARNING_RATE:
        _from_zero(axes)


def _near_top(values: npt.ArrayLike) -> float:
    """Return the largest value that is not far above the others; infinity if there are no positive values."""
    numbers = np.asarray(values, float)
    positive = numbers[np.isfinite(numbers) & (numbers > 0)]
    if not len(positive):
        return np.inf
    return float(positive[positive <= _FAR * np.quantile(positive, _TYPICAL, method="lower")].max())


def _limit_to_near(axes: Axes, values: npt.ArrayLike, top: float) -> None:
    """Limit the axis to the values up to the largest near one, if there are others."""
    numbers = np.asarray(values, float)
    numbers = numbers[np.isfinite(numbers)]
    if not (numbers > top).any():
        return
    if axes.get_yscale() == "log":
        low = float(numbers[numbers > 0].min())
        room = (top / low) ** _ROOM
        axes.set_ylim(low / room, top * room)
    else:
        low = float(numbers.min())
        room = _ROOM * (top - low) or _ROOM * abs(top)
        axes.set_ylim(low - room, top + room)


def _from_zero(axes: Axes) -> None:
    """Begin a linear axis of positive values at 0, so that small changes look small."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "linear" and low > 0:
        axes.set_ylim(0, (1 + _ROOM) * high)


def _curves_by_cell(
    history: pd.DataFrame,
    column: str,
    label: str,
    title: str,
    styles: Mapping[str, Style],
    unit: Unit,
    cells: Mapping[str, tuple[str, str]],
    key: str,
    blank: Container[str],
    stepped: Container[str],
) -> Figure:
    """Draw a panel for each cell of a grid, with a line for each value of the key, on a common scale.

    Args:
        blank: variants without finite values.
        stepped: variants that are drawn as steps.
    """
    variants = {*history["variant"]}
    named = {variant: place for variant, place in cells.items() if variant in variants}
    found = list(dict.fromkeys(cell for _, cell in named.values()))
    across = fitting(len(found), _ACROSS)
    width = TWO_COLUMNS if across > 1 else ONE_COLUMN
    figure, row = panels(len(found), title, width, _FRAME + _PANEL * -(-len(found) // across), columns=across)
    top = _top(history, column)
    scale = _scale(history, column, top)
    for axes, cell in zip(row, found, strict=True):
        names = {variant: name for variant, (name, own) in named.items() if own == cell}
        lacking = sorted(name for variant, name in names.items() if variant in blank)
        shown = history[history["variant"].isin([*names])]
        shown = shown.assign(variant=shown["variant"].map(names))
        steps = {name for variant, name in names.items() if variant in stepped}
        options: dict[str, Any] = {"stepped": steps, "unit": unit, "log": scale == "log", "top": top}
        draw_variants(axes, shown, column, styles, 0, named=False, **options)
        _stripe(axes, _merged(shown, column, _LINE if scale == "linear" else 0))
        epoch_axis(axes, _TICKS)
        _set_range(axes, history[column], scale, top)
        name_far(axes, _above(shown, column, unit, top), styles)
        heading = wrapped(short_keys(cell) + blank_text(lacking), _HEADING)
        axes.set_title(heading, loc="left", fontsize="medium", color="0.35")
    for axes in row[:-across]:
        axes.set_xlabel("")
    limits = [axes.get_ylim() for axes in row]
    for place, axes in enumerate(row):
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
        axes.tick_params(labelleft=not place % across)
    for name in dict.fromkeys(name for name, _ in named.values()):
        row[0].plot([], [], styles[name].dash, color=styles[name].color, label=plain(name))
    label_rows(figure, row, label)
    counts = {*history.groupby("variant")["position"].nunique()}
    legend_below(figure, row[0], explain(row, row[0], unit, f", {number_of_runs(counts)}"), key)
    return figure


def _merged(history: pd.DataFrame, column: str, width: float = 0) -> dict[str, str]:
    """Map each variant to a common name of all variants whose mean curves cannot be told apart.

    Args:
        width: width of a line, as a share of the largest value.
    """
    apart = width * float(history[column].replace(np.inf, np.nan).max()) if width else 0.0
    groups: list[tuple[npt.NDArray[np.float64], list[str]]] = []  # first curve and variants
    for variant, rows in history.groupby("variant", sort=False):
        curve = rows.groupby("epoch")[column].mean().to_numpy(float)
        alike = (names for first, names in groups if _is_same(first, curve, apart))
        if (names := next(alike, None)) is None:
            groups.append((curve, [str(variant)]))
        else:
            names.append(str(variant))
    return {variant: _several(names) for _, names in groups for variant in names}


def _stripe(axes: Axes, merged: Mapping[str, str]) -> None:
    """Draw overlapping lines as alternating dashes, so that all of them are visible."""
    for shared in {*merged.values()}:
        labels = [hidden_name(name) for name, own in merged.items() if own == shared]
        if len(labels) > 1:
            for line in (line for line in axes.lines if line.get_label() in labels):
                place = labels.index(str(line.get_label()))
                line.set_linestyle((place * _STRIPE, (_STRIPE, (len(labels) - 1) * _STRIPE)))


def _is_same(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64], apart: float) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=SAME, atol=apart, equal_nan=True)


def _several(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    shown = [*map(shown_name, names)]
    return ", ".join(shown) if len(shown) <= _MOST_TOGETHER else f"{shown[0]} and {len(shown) - 1} more"


def _named(styles: Mapping[str, Style], merged: Mapping[str, str]) -> dict[str, Style]:
    named: dict[str, Style] = {}
    for variant, name in merged.items():
        if name not in named or styles[variant].shown:
            named.setdefault(name, styles[variant])
            if styles[variant].shown and not named[name].shown:
                named[name] = styles[variant]
    return named
