"""Curves of several variants against the epoch: means over seeds with 95% bands."""

import warnings
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from runner.core.text import counted
from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.figures.drawing.canvas import is_narrow, wrapped
from runner.reporting.figures.drawing.drawn_data import hidden_name
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.metrics import is_share
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.t_quantile import t_quantile

BAND = f"{CONFIDENCE:.0%} interval of the mean"
_NAME = 46  # characters per line of a name
SAME = 1e-3  # relative difference below which curves share a line
_FAR = 1000  # multiple of the typical largest value above which a variant does not determine the axis
FAR_TEXT = ": up to "
_MOST_NAMED, _FAR_NAME = 4, 24  # such variants with their values in a panel, and characters of a name
FEW_RUNS = 3  # largest number of a variant's runs that are drawn in place of a band
ONE_RUN = " (one run)"  # end of the label of such a run
THIN: dict[str, Any] = {"linewidth": 0.5, "alpha": 0.6}  # line of a single run
_BEHIND_TEXT: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
WIDE_RANGE = 50  # ratio of largest to smallest value above which a loss has a logarithmic axis


def blank_variants(history: pd.DataFrame, columns: Sequence[str]) -> set[str]:
    """Return the variants without a finite value in any of the columns."""
    has_value = np.isfinite(history[[*columns]].to_numpy(float)).any(axis=1)
    return set(history["variant"]) - set(history["variant"][has_value])


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
    numbered: bool = True,
    log: bool = False,
    far: Container[str] = (),
    top: float = np.inf,
    stepped: Container[str] = (),
) -> None:
    """Draw a line for each variant of the history, with its band.

    Bands end at 0 if no value is negative, and those of proportions at 1; on a logarithmic axis, they are the intervals
    of the mean's logarithm.

    Args:
        others: number of variants that are not highlighted, for the legend.
        blank: variants without finite values.
        seeds: draw every seed as a thin line.
        named: add the variants to the legend.
        numbered: add the numbers of runs to their names.
        log: whether the axis is logarithmic.
        far: variants that do not determine the limits of the axis and have no band.
        top: value above which a mean has no band.
        stepped: variants whose values hold for whole epochs, and are drawn as steps from the beginning of the first.
    """
    hidden, bounds = 0, _bounds(history[column], column)
    for variant, runs in sorted(by_variant(history, column).items(), key=lambda item: styles[item[0]].shown):
        style = styles[variant]
        notes = [f"n = {runs.curves.shape[1]}"] * numbered + ["no finite value"] * (variant in blank)
        whole = f"({': '.join(notes)})".replace(" ", "\N{NO-BREAK SPACE}") if notes else ""
        label = wrapped(f"{shown_name(variant)} {whole}".rstrip(), _NAME) if style.shown else None
        if not style.shown:
            hidden += 1
            label = None if hidden > 1 else counted(others, "other variant")
        shown = label if named and label else hidden_name(variant)
        limits = axes.dataLim.intervaly.copy()
        highest = -np.inf if variant in far else top
        is_stepped = variant in stepped
        _draw_variant(axes, runs, style, shown, unit, bounds, seeds=seeds, log=log, top=highest, is_stepped=is_stepped)
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
        rounded = float(f"{far[name]:.2g}")
        axes.annotate(
            f"{wrapped(shown_name(name), _FAR_NAME)}{FAR_TEXT}{rounded:g} \N{UPWARDS ARROW}",
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


def stacked_ticks(most: int) -> int:
    """Return the number of ticks of panels that are not side by side in narrow figures, and so have more room there."""
    return 2 * most if is_narrow() else most


def number_of_runs(counts: Collection[int]) -> str:
    """Return the numbers of runs of the variants for the legend: `n = 3`, or `n = 3 to 5`."""
    least, most = min(counts), max(counts)
    return f"n = {least}" if least == most else f"n = {least} to {most}"


def explain(panels: Sequence[Axes], axes: Axes, unit: Unit, number: str = "") -> str:
    """Add single runs to the legend of one panel, if any are drawn, and return the legend entry of bands.

    Args:
        number: the number of runs, for both.
    """
    has_bands = any(own.collections for own in panels)
    if any(str(line.get_label()).endswith(ONE_RUN) for own in panels for line in own.lines):
        axes.plot([], [], color="0.5", label=f"one {unit.noun}{number * (not has_bands)}", **THIN)
    return (BAND + number) * has_bands


def _bounds(values: "pd.Series[float]", column: str) -> tuple[float, float]:
    """Return the limits beyond which no mean can lie."""
    finite = values[np.isfinite(values)]
    highest = (
        finite.max() if column == "learning_rate" else np.inf
    )  # schedules set the rates, so none exceeds those seen
    return 0.0 if (finite >= 0).all() else -np.inf, 1.0 if is_share(column) else highest


@dataclass(frozen=True)
class Runs:
    """One column of the history of a variant's runs; a run ends where all later values are NaN."""

    epochs: npt.NDArray[np.int64]
    curves: npt.NDArray[np.float64]  # (epochs, runs)

    def from_beginning(self) -> "Runs":
        """Return the runs with the values of the first epoch also at its beginning, for steps."""
        return Runs(np.r_[self.epochs[:1] - 1, self.epochs], np.vstack([self.curves[:1], self.curves]))


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
    is_stepped: bool,
) -> None:
    runs = runs.from_beginning() if is_stepped else runs
    mean, reach = _mean_and_reach(runs, unit)
    epochs = runs.epochs[: len(mean)]
    line: dict[str, Any] = {"color": style.color, "linestyle": style.dash, "zorder": 3 if style.shown else 1}
    if is_stepped:
        line["drawstyle"] = "steps-pre"
    point: dict[str, Any] = {"marker": style.marker, "markersize": 4} if len(mean) == 1 else {}
    axes.plot(epochs, mean, label=label, **point, **line)
    if not style.shown or top == -np.inf:
        return
    low, high = (np.where(mean > top, np.nan, end) for end in _interval(mean, reach, bounds, log=log))
    is_few = 1 < runs.curves.shape[1] <= FEW_RUNS and len(mean) > 1 and bool((high - low > SAME * np.abs(mean)).any())
    if len(mean) == 1:
        axes.vlines(epochs, low, high, color=style.color, alpha=0.35, linewidth=3, label=hidden_name(label))
    elif not is_few and (high - low > SAME * np.abs(mean)).any():
        band: dict[str, Any] = {"color": style.color, "alpha": 0.18, "linewidth": 0, "label": hidden_name(label)}
        axes.fill_between(epochs, low, high, step="pre" if is_stepped else None, **band)
    first = 0 if seeds or is_few else max(0, len(mean) - 1)  # the other runs continue from the end of the mean
    if seeds or is_few or not len(mean) or len(runs.epochs) > first + 1:
        of_runs = hidden_name(f"{label}{ONE_RUN}")
        axes.plot(runs.epochs[first:], runs.curves[first:], label=of_runs if is_few else None, **THIN, **line)
        for own in runs.curves.T:
            if len(ended := np.flatnonzero(~np.isnan(own))) and ended[-1] >= len(mean):
                axes.plot(runs.epochs[ended[-1]], own[ended[-1]], ".", color=style.color, markersize=3)
