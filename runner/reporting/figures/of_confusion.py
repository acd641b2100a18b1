"""Confusion matrices: the share of each true class predicted as each class, with a panel for each data set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import canvas, fitting, panels, plain, wrapped

SCALE = "share of the true class (%), square-root scale"
_SMALL = 12  # maximum number of classes that fit one column of a paper
_NUMBERED = 100  # maximum number of classes with a number in each cell
_COUNTED = 4  # maximum number of classes with a count below each share
_TENTHS = 20  # maximum number of classes whose shares have a decimal
_SHORT = 3  # characters of a name that fit below its column
_NAME = 24  # characters of a name that are shown
_LETTERS_AN_INCH = 18  # average number of characters per inch in axis labels
_IN_FULL = 100  # larger mean counts are shown without decimals
_MOST, _ACROSS = 6, 2  # panels, and panels side by side
_PANEL = 3.4  # height of a row of panels, in inches
_HEADING = 42  # characters per line of a panel's heading
_TICKS = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 1)


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix with its heading."""

    counts: npt.NDArray[np.float64]  # (true class, predicted class), of one run or averaged over several runs
    heading: str
    names: Sequence[str] = ()  # of the classes; numbers are shown unless each class has a name

    @property
    def shown(self) -> list[str]:
        """The printed names of the classes."""
        if len(self.names) == len(self.counts):
            return [plain(_elided(name)) for name in self.names]
        return [str(number) for number in range(len(self.counts))]

    @property
    def room(self) -> float:
        """Room for long names of classes, in inches."""
        longest = max(map(len, self.shown))
        return min(longest, _NAME) / _LETTERS_AN_INCH if longest > _SHORT else 0.0


def confusion_matrix(counts: npt.NDArray[np.float64], title: str, names: Sequence[str] = ()) -> Figure:
    """Draw a confusion matrix; see `Confusion` for the arguments. With many classes, only the colours are drawn."""
    one = Confusion(counts, title, names)
    width, height = (ONE_COLUMN, 3.9) if len(counts) <= _SMALL else (TWO_COLUMNS, 7.0)
    figure, axes = canvas(title, width + one.room, height + one.room)
    _add_scale(figure, [axes], _draw(axes, one))
    return figure


def confusion_matrices(found: Sequence[Confusion], title: str) -> Figure:
    """Draw the confusion matrices of up to six data sets, each in its panel below its heading."""
    found = found[:_MOST]
    across = fitting(len(found), _ACROSS)
    rows = -(-len(found) // across)
    figure, row = panels(len(found), title, TWO_COLUMNS, 0.5 + _PANEL * rows, columns=across)
    for axes, one in zip(row, found, strict=True):
        image = _draw(axes, one)
        axes.set_title(wrapped(one.heading, _HEADING), loc="left", fontsize="medium", color="0.35")
    _add_scale(figure, row, image)
    return figure


def _draw(axes: Axes, one: Confusion) -> AxesImage:
    """Draw the cells with their shares, and the names of the classes; the square root makes rare errors visible."""
    counts, classes = one.counts, len(one.counts)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(share, cmap="Blues", norm=PowerNorm(0.5, 0, 1))
    for (true, taken), count in np.ndenumerate(counts if classes <= _NUMBERED else counts[:0]):
        if count:
            color = "white" if share[true, taken] > 0.4 else "black"
            text = _text(float(share[true, taken]), float(count), classes)
            axes.text(taken, true, text, ha="center", va="center", color=color, fontsize=6)
    axes.set(xlabel="predicted class", ylabel="true class")
    if classes <= _NUMBERED:
        turn = 90 if one.room else 0
        axes.set_xticks(range(classes), labels=one.shown, rotation=turn)
        axes.set_yticks(range(classes), labels=one.shown)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    return image


def _text(share: float, count: float, classes: int) -> str:
    """Return the share in percent and, with few classes, the count in parentheses."""
    digits = 1 if classes <= _TENTHS and share < 1 else 0
    least: float = 10.0**-digits
    percent = f"{100 * share:.{digits}f}" if 100 * share >= least / 2 else f"<{least:g}"
    if classes > _COUNTED:
        return percent
    is_whole = count == round(count) or count >= _IN_FULL
    return f"{percent}%\n({count:.{0 if is_whole else 1}f})"


def _add_scale(figure: Figure, row: Sequence[Axes], image: AxesImage) -> None:
    """Add the colour bar below all panels."""
    bar = figure.colorbar(image, ax=row, location="bottom", aspect=40)
    bar.set_label(SCALE, fontsize="small")
    bar.set_ticks(list(_TICKS), labels=[f"{100 * tick:g}" for tick in _TICKS])
    bar.ax.tick_params(labelsize="small", length=2)
    bar.minorticks_off()
    bar.outline.set_visible(False)


def confusion_counts(
    labels: npt.NDArray[np.int32], predicted: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.float64]:
    """Count examples by true and predicted class; both arguments are (examples,), integers in [0, classes)."""
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels, predicted), 1)
    return counts


def _elided(name: str) -> str:
    """Shorten a long name in the middle, because names often differ at their ends."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 9]}…{name[-8:]}"
