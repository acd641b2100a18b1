"""Figures of accuracy, loss and confusion. Each function returns a figure; writing it is the caller's."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from runner.reporting.canvas import ONE_COLUMN, PALETTE, TWO_COLUMNS, canvas, epoch_axis, plain
from runner.reporting.direction import is_share
from runner.reporting.wording import axis_label

_WIDE_RANGE = 50  # largest to smallest, from which a loss that grew is easier to read on a logarithmic axis
_SMALL = 12  # classes whose confusion matrix fits one column of a paper
_NUMBERED = 100  # classes whose cells have room for a number
_SHORT = 3  # letters of a class's name that fit under its column
_NAME = 24  # letters of one that are shown
_LETTERS_AN_INCH = 18  # of an axis' labels
_IN_FULL = 100  # from here on a mean count is shown without its tenth


def curves(history: pd.DataFrame, metric: str, title: str, diverged: int | None = None) -> Figure:
    """Draw one run's metric on training and validation against the epoch, as far as it is finite.

    Args:
        history: columns epoch, `metric` and `val_`metric, and one row an epoch.
        diverged: the epoch in which the loss was no longer finite, which is marked; None: it always was.
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
    """Draw a line at the epoch in which a run diverged; a loss that has grown much is on a logarithmic axis."""
    axes.axvline(epoch, color="black", linestyle=":", linewidth=1, label=f"diverged in epoch {epoch}")
    finite = values.to_numpy(float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        axes.set(xlim=(0.5, epoch + 0.5), yticks=[])
        axes.text(0.25, 0.5, "no finite value", transform=axes.transAxes, ha="center", va="center")
    elif finite.min() > 0 and finite.max() > _WIDE_RANGE * finite.min():
        axes.set_yscale("log")


def confusion_matrix(counts: npt.NDArray[np.float64], title: str, names: Sequence[str] = ()) -> Figure:
    """Draw how often each true class was taken for each class.

    Args:
        counts: (classes, classes), by true class, then predicted class; means over several runs, or of one. Of many
            classes only the colours are drawn.
        names: of the classes; without one for each, their numbers are shown.
    """
    classes = len(counts)
    shown = [plain(_elided(name)) for name in names] if len(names) == classes else [str(n) for n in range(classes)]
    longest = max(map(len, shown))
    room = min(longest, _NAME) / _LETTERS_AN_INCH if longest > _SHORT else 0.0
    width, height = (ONE_COLUMN, 3.6) if classes <= _SMALL else (TWO_COLUMNS, 7.0)
    figure, axes = canvas(title, width + room, height + room)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # The square root keeps the few errors visible beside the many right answers.
    axes.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1)
    whole = np.array_equal(counts, counts.round())
    for (true, taken), count in np.ndenumerate(counts if classes <= _NUMBERED else counts[:0]):
        if count:
            color = "white" if share[true, taken] > 0.4 else "black"
            text = f"{count:.0f}" if whole or count >= _IN_FULL else f"{count:.1f}"
            axes.text(taken, true, text, ha="center", va="center", color=color, fontsize=6)
    axes.set(xlabel="predicted class", ylabel="true class")
    if classes <= _NUMBERED:
        turn = 90 if longest > _SHORT else 0
        axes.set_xticks(range(classes), labels=shown, rotation=turn)
        axes.set_yticks(range(classes), labels=shown)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    return figure


def confusion_counts(
    labels: npt.NDArray[np.int32], predicted: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.float64]:
    """Count true and predicted classes: `labels` and `predicted` are (examples,), integers in [0, classes)."""
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels, predicted), 1)
    return counts


def _elided(name: str) -> str:
    """Return a name with its middle left out where it is long: names often differ at their end."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 9]}…{name[-8:]}"


def _label(axes: Axes, metric: str) -> None:
    epoch_axis(axes)
    axes.set_ylabel(axis_label(metric))
    if is_share(metric):
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=""))
