"""Figures of one run: curves, learning rate, norms by layer."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, ScalarFormatter

from runner.reporting.figures.drawing.canvas import PALETTE, canvas, epoch_axis, legend_below, panels, plain
from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.metrics import axis_label, is_share

_WIDE_RANGE = 50  # ratio of largest to smallest value above which a diverged loss has a logarithmic axis


def curves(history: pd.DataFrame, metric: str, title: str, diverged: int | None = None) -> Figure:
    """Draw the finite values of one run's training and validation metric against the epoch.

    Args:
        history: columns epoch, `metric` and `val_`metric; one row per epoch.
        diverged: the epoch to mark, which is the first with a loss that is not finite; None if there is none.
    """
    figure, axes = canvas(title)
    history = history.replace([np.inf, -np.inf], np.nan)
    for column, label, color, dash in (
        (metric, "training", PALETTE[0], "--"),
        (f"val_{metric}", "validation", PALETTE[1], "-"),
    ):
        if column in history:
            axes.plot(
                history["epoch"], history[column], color=color, linestyle=dash, marker="o", markersize=3, label=label
            )
    _label(axes, metric)
    if diverged is not None:
        _mark_divergence(axes, history[[column for column in (metric, f"val_{metric}") if column in history]], diverged)
    axes.legend(frameon=False)
    return figure


def _mark_divergence(axes: Axes, values: pd.DataFrame, epoch: int) -> None:
    """Mark the epoch in which a run diverged; use a logarithmic axis if the loss grew a lot."""
    axes.axvline(epoch, color="black", linestyle=":", linewidth=1, label=f"diverged in epoch {epoch}")
    finite = values.to_numpy(float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        axes.set(xlim=(0.5, epoch + 0.5), yticks=[])
        axes.text(0.25, 0.5, "no finite value", transform=axes.transAxes, ha="center", va="center")
    elif finite.min() > 0 and finite.max() > _WIDE_RANGE * finite.min():
        axes.set_yscale("log")


def _label(axes: Axes, metric: str) -> None:
    epoch_axis(axes)
    axes.set_ylabel(axis_label(metric))
    if is_share(metric):
        share_ticks(axes.yaxis)


_IN_A_LEGEND = 8  # maximum number of layers in a legend; if there are more, some are named along a colour bar
_NAMED = 8  # number of layers named along a colour bar


def learning_rate(history: pd.DataFrame, title: str, steps: pd.DataFrame | None = None) -> Figure:
    """Draw the learning rate against the epoch, on a logarithmic axis if it spans more than two decades.

    The span ignores the lowest tenth of the epochs, because the last step of a cosine schedule is almost 0.

    Args:
        history: columns epoch and learning_rate (of the epoch's last step); one row per epoch.
        steps: column learning_rate; one row per step. It shows a warmup that is shorter than an epoch.
    """
    figure, axes = canvas(title)
    rates = history["learning_rate"]
    if steps is not None:
        at = len(history) * np.arange(1, len(steps) + 1) / len(steps)
        axes.plot(at, steps["learning_rate"], color=PALETTE[0], linewidth=0.8, label="every step")
    line = "" if steps is not None else "-"
    axes.plot(
        history["epoch"], rates, f"o{line}", color=PALETTE[0], markersize=3, label="last step of an epoch", zorder=3
    )
    epoch_axis(axes)
    axes.set_ylabel("learning rate")
    if rates.min() > 0 and rates.max() > 100 * rates.quantile(0.1):
        axes.set_yscale("log")
    else:
        axes.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
        axes.ticklabel_format(axis="y", scilimits=(-5, 5), useMathText=True)
    legend_below(figure, axes)
    return figure


def layer_norms(gradients: pd.DataFrame, title: str) -> Figure:
    """Draw the gradient and weight norms of every layer against the epoch, in colours by depth.

    `gradients` has one row per epoch: column epoch, then NAME.gradient and NAME.weight for every layer by depth.
    """
    layers = [column.removesuffix(".gradient") for column in gradients.columns if column.endswith(".gradient")]
    figure, (left, right) = panels(2, title)
    colors = colormaps["viridis"](np.linspace(0, 0.92, len(layers)))  # its last colours are faint on white
    for axes, kind in ((left, "gradient"), (right, "weight")):
        for layer, color in zip(layers, colors, strict=True):
            axes.plot(
                gradients["epoch"],
                gradients[f"{layer}.{kind}"],
                color=color,
                marker="o" if len(gradients) == 1 else None,
                linewidth=1.6 if len(layers) <= _IN_A_LEGEND else 1,
                label=plain(layer),
            )
        epoch_axis(axes)
        axes.set_ylabel(f"L2 norm of the {kind}{'' if kind == 'gradient' else 's'}")
        values = gradients[[f"{layer}.{kind}" for layer in layers]].to_numpy()
        if (values[np.isfinite(values)] > 0).any():
            axes.set_yscale("log", nonpositive="mask")
    right.yaxis.set_minor_formatter(_Plain())
    right.yaxis.set_major_formatter(_Plain())
    if len(layers) <= _IN_A_LEGEND:
        figure.legend(*left.get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize="small")
    else:
        _name_by_colour(figure, [left, right], layers, ListedColormap(colors))
    return figure


class _Plain(LogFormatterSciNotation):
    """Tick formatter that writes 20 instead of 2 x 10^1."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick."""
        return f"{x:g}" if super().__call__(x, pos) else ""


def _name_by_colour(figure: Figure, row: list[Axes], layers: list[str], colors: ListedColormap) -> None:
    """Add a colour bar of the layers, with the first on top and some of them named."""
    norm = BoundaryNorm(np.arange(len(layers) + 1) - 0.5, len(layers))
    bar = figure.colorbar(ScalarMappable(norm, colors), ax=row, aspect=40)
    named = np.unique(np.linspace(0, len(layers) - 1, _NAMED).round().astype(int))
    bar.set_ticks(named.tolist(), labels=[plain(layers[position]) for position in named])
    bar.ax.invert_yaxis()
    bar.ax.tick_params(labelsize="small", length=0)
    bar.minorticks_off()
    bar.outline.set_visible(False)
