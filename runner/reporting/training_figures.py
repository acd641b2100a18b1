"""Figures of what happens inside a training: its learning rate, and the norms of gradients and weights."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, ScalarFormatter

from runner.reporting.canvas import PALETTE, canvas, epoch_axis, legend_below, panels, plain

_IN_A_LEGEND = 8  # layers; more are named along a colour bar
_NAMED = 8  # layers along a colour bar


def learning_rate(history: pd.DataFrame, title: str, steps: pd.DataFrame | None = None) -> Figure:
    """Draw the learning rate against the epoch, on a logarithmic axis if it spans more than two decades.

    The lowest tenth of the epochs does not count for the span: a cosine's last step is as good as 0, and would press
    all others to the top.

    Args:
        history: columns epoch and learning_rate (of the epoch's last step); one row an epoch.
        steps: column learning_rate; one row a step. Where it is known, every step is drawn: a warm-up may be shorter
            than an epoch.
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
    """Draw each layer's gradient norm, and beside it its weight norm, against the epoch; coloured by depth.

    `gradients` has a column epoch, then NAME.gradient and NAME.weight for every layer in the order of depth, and one
    row an epoch.
    """
    layers = [column.removesuffix(".gradient") for column in gradients.columns if column.endswith(".gradient")]
    figure, (left, right) = panels(2, title)
    colors = colormaps["viridis"](np.linspace(0, 0.92, len(layers)))  # its end is faint on white
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
    """Writes 20 for 2 x 10^1, at the ticks that would have had a label."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick."""
        return f"{x:g}" if super().__call__(x, pos) else ""


def _name_by_colour(figure: Figure, row: list[Axes], layers: list[str], colors: ListedColormap) -> None:
    """Add a bar of the layers' colours, from the first on top to the last, with the names of some of them."""
    norm = BoundaryNorm(np.arange(len(layers) + 1) - 0.5, len(layers))
    bar = figure.colorbar(ScalarMappable(norm, colors), ax=row, aspect=40)
    named = np.unique(np.linspace(0, len(layers) - 1, _NAMED).round().astype(int))
    bar.set_ticks(named.tolist(), labels=[plain(layers[position]) for position in named])
    bar.ax.invert_yaxis()
    bar.ax.tick_params(labelsize="small", length=0)
    bar.minorticks_off()
    bar.outline.set_visible(False)
