"""Curves of several variants against the epoch: means over seeds with 95% bands."""

import warnings
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
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import short_keys, shown_name
from runner.reporting.figures.drawing.near_range import from_zero, limit_to_near, near_top
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.metrics import is_share
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.t_quantile import t_quantile

BAND = f"{CONFIDENCE:.0%} interval of the mean"
_NAME = 46  # characters per line of a name
_TOGETHER = 6  # maximum number of different curves of a grid in one panel
_ACROSS, _TICKS, _HEADING = 3, 6, 34  # panels side by side, ticks, characters per line of a heading
_FRAME, _PANEL = 0.8, 1.7  # heights in inches: the frame, each row of panels
_SAME = 1e-3  # relative difference below which curves share a line
_FAR = 1000  # multiple of the typical largest value above which a variant does not determine the axis
FAR_TEXT = ": up to "
_LINE = 0.012  # approximate width of a line, as a share of the axis
_STRIPE = 4.0  # length of the dashes of lines that cover each other, in line widths
_MOST_TOGETHER = 6  # maximum number of names that share a line
_MOST_NAMED, _FAR_NAME = 4, 24  # such variants with their values in a panel, and characters of a name
LEARNING_RATE = "learning_rate"
FEW_RUNS = 3  # largest number of a variant's runs that are drawn in place of a band
ONE_RUN = " (one run)"  # end of the label of such a run
_THIN: dict[str, Any] = {"linewidth": 0.5, "alpha": 0.6}
_BEHIND_TEXT: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
WIDE_RANGE = 50  # ratio of largest to smallest value above which a loss has a logarithmic axis
_WIDE_NORMS = 10  # the same ratio for gradient norms


def variant_curves(
    history: pd.DataFrame,
    column: str,
    label: str,
    title: str,
    styles: Mapping[str, Style],
    unit: Unit = SEEDS,
    cells: Mapping[str, tuple[str, str]] | None = None,
    key: str = "",
) -> Figure:
    """Draw one column of the history for every variant; variants with identical curves share a line and a legend entry.

    The axis is logarithmic if the column has a wide range. A linear axis of learning rates begins at 0. Curves with
    values far above all others, usually of diverged runs, leave the panel: their largest mean is written there.

    Args:
        styles: styles of the variants by label and, in cells, by name.
        cells: name and cell of each variant of a grid; each cell has a panel if the curves are too many for one.
        key: the names are values of this key; the title of the legend.
    """
    merged = _merged(history, column)
    blank = blank_variants(history, [column])
    if cells and len({*merged.values()}) > _TOGETHER:
        return _curves_by_cell(history, column, label, title, styles, unit, cells, key, blank)
    named = _named(styles, merged)
    figure, (axes,) = panels(1, title, ONE_COLUMN, 2.9)
    others = sum(not named[name].shown for name in merged.values())
    shown = history.assign(variant=history["variant"].map(merged))
    top = _top(history, column)
    scale = _scale(history, column, top)
    lacking = {merged[name] for name in blank}
    draw_variants(axes, shown, column, named, others, lacking, unit=unit, log=scale == "log", top=top)
    epoch_axis(axes)
    _set_range(axes, history[column], scale, top)
    name_far(axes, _above(shown, column, unit, top), named)
    axes.set_ylabel(label)
    legend_below(figure, axes, explain([axes], axes, unit))
    return figure


def blank_variants(history: pd.DataFrame, columns: Sequence[str]) -> set[str]:
    """Return the variants without a finite value in any of the columns."""
    has_value = np.isfinite(history[[*columns]].to_numpy(float)).any(axis=1)
    return set(history["variant"]) - set(history["variant"][has_value])


def _scale(history: pd.DataFrame, column: str, top: float) -> str:
    """Return the scale of an axis: logarithmic for a wide range of values, or of learning rates before their decay."""
    is_rate = column == LEARNING_RATE
    values = history.groupby("variant")[column].max() if is_rate else history[column]
    positive = values[(values > 0) & (values <= top)]
    wide = WIDE_RANGE if is_rate else _WIDE_NORMS
    return "log" if len(positive) and positive.max() > wide * positive.quantile(0.1) else "linear"


def _top(history: pd.DataFrame, column: str) -> float:
    """Return the value above which curves may leave the panel; learning rates never do."""
    return np.inf if column == LEARNING_RATE else near_top(history[column])


def _above(history: pd.DataFrame, column: str, unit: Unit, top: float) -> dict[str, float]:
    """Return the largest mean of each variant whose mean curve rises above a value."""
    means = {name: mean_curve(runs, unit)["mean"].max() for name, runs in by_variant(history, column).items()}
    return {name: float(mean) for name, mean in means.items() if mean > top}


def _set_range(axes: Axes, values: "pd.Series[float]", scale: str, top: float) -> None:
    axes.set_yscale(scale)
    limit_to_near(axes, values, top)
    if values.name == LEARNING_RATE:
        from_zero(axes)


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
) -> Figure:
    """Draw a panel for each cell of a grid, with a line for each value of the key, on a common scale.

    Args:
        blank: variants without finite values.
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
        draw_variants(axes, shown, column, styles, 0, unit=unit, named=False, log=scale == "log", top=top)
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
    number = f"n = {max(counts)}" if len(counts) == 1 else f"n = {min(counts)} to {max(counts)}"
    legend_below(figure, row[0], explain(row, row[0], unit, f", {number}"), key)
    return figure


def blank_text(names: Sequence[str]) -> str:
    """Return the end of a panel's heading that names the values without a curve; "" if there are none."""
    return f" (no finite value: {', '.join(names)})" if names else ""


def draw_variants(
    axes: Axes,
    history: pd.DataFrame,
    column: str,
    styles: Mapping[str, Style],
    others: int,
    blank: Container[str] = (),
    *,
    seeds: bool = False,
    unit: Unit = SEEDS,
    named: bool = True,
    log: bool = False,
    far: Container[str] = (),
    top: float = np.inf,
) -> None:
    """Draw a line for each variant of the history, with its band.

    Bands end at 0 if no value is negative, and those of proportions at 1; on a logarithmic axis, they are the intervals
    of the mean's logarithm.

    Args:
        others: number of variants that are not highlighted, for the legend.
        blank: variants without finite values.
        seeds: draw every seed as a thin line.
        named: add the variants to the legend.
        log: whether the axis is logarithmic.
        far: variants that do not determine the limits of the axis and have no band.
        top: value above which a mean has no band.
    """
    hidden, bounds = 0, _bounds(history[column], column)
    for variant, runs in sorted(by_variant(history, column).items(), key=lambda item: styles[item[0]].shown):
        style = styles[variant]
        count = f"(n = {runs.curves.shape[1]}{': no finite value' if variant in blank else ''})"
        whole = count.replace(" ", "\N{NO-BREAK SPACE}")
        label = wrapped(f"{shown_name(variant)} {whole}", _NAME) if style.shown else None
        if not style.shown:
            hidden += 1
            label = None if hidden > 1 else counted(others, "other variant")
        shown = label if named and label else hidden_name(variant)
        limits = axes.dataLim.intervaly.copy()
        _draw_variant(
            axes, runs, style, shown, unit, bounds, seeds=seeds, log=log, top=-np.inf if variant in far else top
        )
        if variant in far:
            axes.dataLim.intervaly = limits


def far_variants(curves: Mapping[str, Sequence[npt.ArrayLike]]) -> dict[str, float]:
    """Return the largest value of each variant whose mean curves extend far above those of most others.

    Such a variant, which usually diverged, would hide the differences between the others.

    Args:
        curves: mean curves of each variant.
    """
    tops = {}
    for name, own in curves.items():
        values = np.concatenate([np.asarray(curve, float) for curve in own] or [np.empty(0)])
        if len(finite := values[np.isfinite(values)]):
            tops[name] = float(finite.max())
    usual = float(np.quantile([*tops.values()], 0.5, method="lower")) if tops else 0.0
    return {name: top for name, top in tops.items() if top > _FAR * usual > 0}


def name_far(axes: Axes, far: Mapping[str, float], styles: Mapping[str, Style]) -> None:
    """Write the largest values of variants far above the panel into its upper right corner."""
    shown = [name for name in far if styles[name].shown][:_MOST_NAMED]
    for line, name in enumerate(shown):
        axes.annotate(
            f"{wrapped(shown_name(name), _FAR_NAME)}{FAR_TEXT}{far[name]:.2g} \N{UPWARDS ARROW}",
            (1, 1),
            (-2, -2 - 9 * line),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=7,
            color=styles[name].color,
            bbox=_BEHIND_TEXT,
        )


def explain(panels: Sequence[Axes], axes: Axes, unit: Unit, number: str = "") -> str:
    """Add single runs to the legend of one panel, if any are drawn, and return the legend entry of bands.

    Args:
        number: the number of runs, for both.
    """
    has_bands = any(own.collections for own in panels)
    if any(str(line.get_label()).endswith(ONE_RUN) for own in panels for line in own.lines):
        axes.plot([], [], color="0.5", label=f"one {unit.noun}{number * (not has_bands)}", **_THIN)
    return (BAND + number) * has_bands


def _bounds(values: "pd.Series[float]", column: str) -> tuple[float, float]:
    """Return the limits beyond which no mean can lie."""
    finite = values[np.isfinite(values)]
    return 0.0 if (finite >= 0).all() else -np.inf, 1.0 if is_share(column) else np.inf


@dataclass(frozen=True)
class Runs:
    """One column of the history of a variant's runs; a run ends where all later values are NaN."""

    epochs: npt.NDArray[np.int64]
    curves: npt.NDArray[np.float64]  # (epochs, runs)


def by_variant(history: pd.DataFrame, column: str) -> dict[str, Runs]:
    """Return the runs of each variant; a curve ends where it becomes infinite."""
    epochs, positions, values = (history[name].to_numpy() for name in ("epoch", "position", column))
    finite = np.where(np.isfinite(values), values, np.nan)
    found = {}
    for variant, rows in history.groupby("variant", sort=False).indices.items():
        own, row = np.unique(epochs[rows], return_inverse=True)
        runs, run = np.unique(positions[rows], return_inverse=True)
        grid = np.full((len(own), len(runs)), np.nan)
        grid[row, run] = finite[rows]
        found[str(variant)] = Runs(own, grid)
    return found


def mean_curve(runs: Runs, unit: Unit) -> pd.DataFrame:
    """Return the mean over the runs by epoch and its 95% interval, up to the end of the shortest run.

    The columns are mean, low and high; without an interval, low and high are NaN.
    """
    mean, reach = _mean_and_reach(runs, unit)
    return pd.DataFrame({"mean": mean, "low": mean - reach, "high": mean + reach}, index=runs.epochs[: len(mean)])


def shown_curve(runs: Runs, unit: Unit) -> pd.DataFrame:
    """Return the mean by epoch with its interval, or with the range of the runs if there are only a few."""
    curve = mean_curve(runs, unit)
    if 1 < runs.curves.shape[1] <= FEW_RUNS and len(curve) > 1:
        common = pd.DataFrame(runs.curves[: len(curve)], curve.index)
        return curve.assign(low=common.min(axis="columns"), high=common.max(axis="columns"))
    return curve


def _mean_and_reach(runs: Runs, unit: Unit) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the mean over the runs and half the width of its interval, up to the end of the shortest run."""
    values = runs.curves
    common, n = values[: (~np.isnan(values)).sum(axis=0).min()], values.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an epoch without any value
        mean, std = np.nanmean(common, axis=1), np.nanstd(common, axis=1, ddof=1)
    reach = t_quantile(n - 1) * std / np.sqrt(n / (1 + n * unit.overlap)) if n > 1 else np.full(len(mean), np.nan)
    return mean, reach


def _interval(
    mean: npt.NDArray[np.float64], reach: npt.NDArray[np.float64], bounds: tuple[float, float], *, log: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the ends of the intervals of a mean; on a logarithmic axis, those of its logarithm (delta method)."""
    if log and (mean[np.isfinite(mean)] > 0).all():
        factor = np.exp(reach / mean)
        return mean / factor, mean * factor
    return np.clip(mean - reach, *bounds), np.clip(mean + reach, *bounds)


def _draw_variant(
    axes: Axes,
    runs: Runs,
    style: Style,
    label: str,
    unit: Unit,
    bounds: tuple[float, float],
    *,
    seeds: bool,
    log: bool,
    top: float,
) -> None:
    mean, reach = _mean_and_reach(runs, unit)
    epochs = runs.epochs[: len(mean)]
    line: dict[str, Any] = {"color": style.color, "linestyle": style.dash, "zorder": 3 if style.shown else 1}
    point: dict[str, Any] = {"marker": style.marker, "markersize": 4} if len(mean) == 1 else {}
    axes.plot(epochs, mean, label=label, **point, **line)
    if not style.shown or top == -np.inf:
        return
    low, high = (np.where(mean > top, np.nan, end) for end in _interval(mean, reach, bounds, log=log))
    is_few = 1 < runs.curves.shape[1] <= FEW_RUNS and len(mean) > 1 and bool((high - low > _SAME * np.abs(mean)).any())
    if len(mean) == 1:
        axes.vlines(epochs, low, high, color=style.color, alpha=0.35, linewidth=3, label=hidden_name(label))
    elif not is_few and (high - low > _SAME * np.abs(mean)).any():
        axes.fill_between(epochs, low, high, color=style.color, alpha=0.18, linewidth=0, label=hidden_name(label))
    first = 0 if seeds or is_few else max(0, len(mean) - 1)  # the other runs continue from the end of the mean
    if seeds or is_few or not len(mean) or len(runs.epochs) > first + 1:
        of_runs = hidden_name(f"{label}{ONE_RUN}")
        axes.plot(runs.epochs[first:], runs.curves[first:], label=of_runs if is_few else None, **_THIN, **line)
        for own in runs.curves.T:
            if len(ended := np.flatnonzero(~np.isnan(own))) and ended[-1] >= len(mean):
                axes.plot(runs.epochs[ended[-1]], own[ended[-1]], ".", color=style.color, markersize=3)


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
    return one.shape == other.shape and np.allclose(one, other, rtol=_SAME, atol=apart, equal_nan=True)


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
