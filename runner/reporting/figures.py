"""Figures of accuracy, loss and confusion. Each function returns a figure; writing it is the caller's."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from runner.reporting.canvas import DASHES, PALETTE, canvas, epoch_axis, wrapped

_LEGEND = 36  # letters of a line


def curves(history: pd.DataFrame, metric: str, title: str) -> Figure:
    """Draw one run's metric on training and validation against the epoch.

    `history` has columns epoch, `metric` and `val_`metric, and one row an epoch.
    """
    figure, axes = canvas(title)
    for column, label, color, dash in (
        (metric, "training", PALETTE[0], "--"),
        (f"val_{metric}", "validation", PALETTE[1], "-"),
    ):
        if column in history:
            axes.plot(
                history["epoch"], history[column], color=color, linestyle=dash, marker="o", markersize=3, label=label
            )
    _label(axes, metric)
    axes.legend(frameon=False)
    return figure


def comparison(history: pd.DataFrame, metric: str, title: str) -> Figure:
    """Draw every variant's metric against the epoch: the mean over its seeds, and each seed as a thin line.

    The mean is drawn as far as all seeds of the variant go; curves of unequal length are not padded.

    `history` has columns variant, run_id, epoch and `metric`, and one row a run and epoch.
    """
    variants = list(dict.fromkeys(history["variant"]))
    figure, axes = canvas(title, height=3.6 + 0.16 * max(0, len(variants) - 12))
    for position, variant in enumerate(variants):
        color = PALETTE[position % len(PALETTE)]
        dash = DASHES[position // len(PALETTE) % len(DASHES)]
        rows = history[history["variant"] == variant]
        by_run = rows.pivot_table(index="epoch", columns="run_id", values=metric)
        mean = by_run.dropna().mean(axis="columns")
        label = wrapped(f"{variant} (n={by_run.shape[1]})", _LEGEND)
        axes.plot(
            mean.index,
            mean,
            linewidth=2,
            label=label,
            marker="o" if len(mean) == 1 else None,
            color=color,
            linestyle=dash,
        )
        if by_run.shape[1] > 1:
            axes.plot(by_run.index, by_run, linewidth=0.6, alpha=0.5, color=color, linestyle=dash)
    _label(axes, metric)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize="small")
    return figure


def confusion_matrix(
    labels: npt.NDArray[np.int32], predicted: npt.NDArray[np.int64], classes: int, title: str
) -> Figure:
    """Draw how often each true class was taken for each class, in counts.

    `labels` and `predicted` are (examples,), integers in [0, classes).
    """
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    figure, axes = canvas(title, width=4.8, height=4.4)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # The square root keeps the few errors visible beside the many right answers.
    axes.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1)
    for (true, taken), count in np.ndenumerate(counts):
        if count:
            color = "white" if share[true, taken] > 0.4 else "black"
            axes.text(taken, true, str(count), ha="center", va="center", color=color, fontsize="x-small")
    axes.set(xlabel="predicted class", ylabel="true class", xticks=range(classes), yticks=range(classes))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(False)
    return figure


def _label(axes: Axes, metric: str) -> None:
    epoch_axis(axes)
    name = metric.removeprefix("val_")
    side = "validation " if name != metric else ""
    if name == "accuracy":
        axes.set_ylabel(f"{side}accuracy (%)")
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=""))
    else:
        axes.set_ylabel(f"{side}{name}")
