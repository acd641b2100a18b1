"""Curves of several variants against the epoch: means over seeds with 95% bands."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from scipy import stats

from runner.core.text import counted
from runner.reporting.figures.canvas import ONE_COLUMN, TWO_COLUMNS, epoch_axis, legend_below, panels, wrapped
from runner.reporting.figures.styles import Style
from runner.reporting.folds import SEEDS, Unit
from runner.reporting.metrics import axis_label, is_share
from runner.reporting.statistics.attainability import CONFIDENCE

BAND = f"{CONFIDENCE:.0%} interval of the mean"
_NAME = 46  # letters per line
WIDE_RANGE = 50  # ratio of largest to smallest from which a loss is drawn on a logarithmic axis


def learning_curves(
    history: pd.DataFrame,
    metric: str,
    title: str,
    styles: Mapping[str, Style],
    *,
    seeds: bool = False,
    unit: Unit = SEEDS,
) -> Figure:
    """Draw every variant's metric on training and validation data, side by side on one scale.

    A mean stops where the shortest seed stops. The other seeds continue as thin lines, each with a dot at its end;
    nothing is padded. The legend names variants without any finite value.

    Args:
        history: one row per run and epoch: position (of the run), variant, epoch, and the metric with and without
            `val_`.
        seeds: draw every seed as a thin line from the first epoch.
        unit: what a run is one of, for the bands.
    """
    sides = [
        (name, label) for name, label in ((metric, "training"), (f"val_{metric}", "validation")) if name in history
    ]
    figure, row = panels(len(sides), title, TWO_COLUMNS if len(sides) > 1 else ONE_COLUMN, 2.9)
    has_value = np.isfinite(history[[column for column, _ in sides]].to_numpy(float)).any(axis=1)
    blank = set(history["variant"]) - set(history["variant"][has_value])
    others = sum(not style.shown for style in styles.values())
    for axes, (column, label) in zip(row, sides, strict=True):
        _draw_variants(axes, history, column, styles, others, blank, seeds=seeds, unit=unit)
        epoch_axis(axes)
        _scale(axes, history[column], metric)
        axes.set_ylabel(f"{label} {axis_label(metric)}")
    _share_scale(row)
    legend_below(figure, row[-1], BAND)
    return figure


def variant_curves(
    history: pd.DataFrame,
    column: str,
    label: str,
    title: str,
    styles: Mapping[str, Style],
    unit: Unit = SEEDS,
) -> Figure:
    """Draw one column of the history for every variant; variants with equal curves share a line and a name.

    The axis is logarithmic if the column has a wide range.
    """
    merged = _merged(history, column)
    named = _named(styles, merged)
    figure, (axes,) = panels(1, title, ONE_COLUMN, 2.9)
    others = sum(not named[name].shown for name in merged.values())
    _draw_variants(axes, history.assign(variant=history["variant"].map(merged)), column, named, others, unit=unit)
    epoch_axis(axes)
    values = history[column][history[column] > 0]
    if len(values) and values.max() > WIDE_RANGE * values.quantile(0.1):
        axes.set_yscale("log")
    axes.set_ylabel(label)
    legend_below(figure, axes, BAND)
    return figure


def _draw_variants(
    axes: Axes,
    history: pd.DataFrame,
    column: str,
    styles: Mapping[str, Style],
    others: int,
    blank: Container[str] = (),
    *,
    seeds: bool = False,
    unit: Unit = SEEDS,
) -> None:
    """Draw a line for each name in the history; the legend counts the `others` that do not stand out."""
    history = history.replace({column: {np.inf: np.nan, -np.inf: np.nan}})  # a curve ends where it becomes infinite
    hidden = 0
    for variant, rows in sorted(history.groupby("variant", sort=False), key=lambda item: styles[str(item[0])].shown):
        style = styles[str(variant)]
        by_run = rows.pivot_table(index="epoch", columns="position", values=column, dropna=False)
        count = f"(n = {by_run.shape[1]}{': no finite value' if variant in blank else ''})"
        whole = count.replace(" ", "\N{NO-BREAK SPACE}")
        label = wrapped(f"{variant} {whole}", _NAME) if style.shown else None
        if not style.shown:
            hidden += 1
            label = None if hidden > 1 else counted(others, "other variant")
        _draw_variant(axes, by_run, style, label, unit, seeds=seeds)


def _draw_variant(
    axes: Axes, by_run: pd.DataFrame, style: Style, label: str | None, unit: Unit, *, seeds: bool
) -> None:
    lengths = by_run.notna().sum()
    common = by_run.iloc[: lengths.min()]
    mean = common.mean(axis="columns")
    line: dict[str, Any] = {"color": style.color, "linestyle": style.dash, "zorder": 3 if style.shown else 1}
    axes.plot(mean.index, mean, label=label, marker=style.marker if len(mean) == 1 else None, **line)
    n = by_run.shape[1]
    if style.shown and n > 1:
        error = common.std(axis="columns") / np.sqrt(n / (1 + n * unit.overlap))
        reach = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * error
        if (reach > 0).any():
            axes.fill_between(mean.index, mean - reach, mean + reach, color=style.color, alpha=0.18, linewidth=0)
    thin = by_run if seeds else by_run.loc[mean.index[-1] :] if len(mean) else by_run
    if style.shown and (seeds or mean.empty or len(thin) > 1):
        axes.plot(thin.index, thin, linewidth=0.5, alpha=0.6, **line)
        for _, curve in by_run.items():
            if len(ended := curve.dropna()) and (mean.empty or ended.index[-1] > mean.index[-1]):
                axes.plot(ended.index[-1], ended.iloc[-1], ".", color=style.color, markersize=3)


def _scale(axes: Axes, values: "pd.Series[float]", metric: str) -> None:
    finite = _finite(values)
    if is_share(metric):
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=""))
    if not len(finite):
        return
    if is_share(metric):
        # Clip early epochs that are far below, but never the final values.
        ends = [ys[-1] for line in axes.lines if len(ys := _finite(line.get_ydata()))]
        low = min([float(np.quantile(finite, 0.05)), *ends])
        bottom, top = axes.get_ylim()
        axes.set_ylim(max(bottom, low - 0.1 * (float(finite.max()) - low)), min(top, 1.005))  # no band above 100%
    elif finite.min() > 0 and finite.max() > WIDE_RANGE * finite.min():
        axes.set_yscale("log")


def _finite(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    numbers: npt.NDArray[np.float64] = np.asarray(values, float)
    return numbers[np.isfinite(numbers)]


def _share_scale(row: Sequence[Axes]) -> None:
    scale = "log" if any(axes.get_yscale() == "log" for axes in row) else "linear"
    for axes in row:
        if axes.get_yscale() != scale:
            axes.set_yscale(scale)
    limits = [axes.get_ylim() for axes in row]  # positive on a logarithmic axis
    for axes in row:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def _merged(history: pd.DataFrame, column: str) -> dict[str, str]:
    """Map each variant to a common name of all variants with the same mean curve."""
    names: dict[bytes, list[str]] = {}
    for variant, rows in history.groupby("variant", sort=False):
        curve = rows.groupby("epoch")[column].mean().to_numpy(float)
        names.setdefault(np.round(curve, 12).tobytes(), []).append(str(variant))
    return {variant: _several(alike) for alike in names.values() for variant in alike}


def _several(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} more"


def _named(styles: Mapping[str, Style], merged: Mapping[str, str]) -> dict[str, Style]:
    named: dict[str, Style] = {}
    for variant, name in merged.items():
        if name not in named or styles[variant].shown:
            named.setdefault(name, styles[variant])
            if styles[variant].shown and not named[name].shown:
                named[name] = styles[variant]
    return named
