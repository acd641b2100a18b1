"""Confusion matrices: the share of each true class predicted as each class, with a panel for each data set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS, look_in_force
from runner.reporting.figures.drawing.canvas import canvas, has_given_axes, panels, plain, wrapped

SCALE = "share of the true class (%), square-root scale"
_SMALL = 12  # maximum number of classes that fit one column of a paper
_NUMBERED = 100  # maximum number of classes with a number in each cell
_COUNTED = 4  # maximum number of classes with a count below each share
_TENTHS = 20  # maximum number of classes whose shares have a decimal
_SHORT = 3  # characters of a name that fit below its column
_NAME = 24  # characters of a name that are shown
_LETTERS_AN_INCH = 18  # average number of characters per inch in axis labels
_IN_FULL = 100  # larger mean counts are shown without decimals
_MOST = 6  # panels
# Inches: width of a cell, of one with a count, of the smallest with a count, and with a number.
_CELL, _COUNT_CELL, _LEAST_COUNT_CELL, _READABLE = 0.22, 0.48, 0.38, 0.14
# Inches: left edge, gap between panels, room for an axis label, for numbers of classes, for a line of a heading.
_EDGE, _GAP, _AXIS_LABEL, _NUMBERS, _HEADING_LINE = 0.08, 0.2, 0.2, 0.2, 0.16
_TITLE_ROOM, _TITLE_LINE = 0.3, 0.17  # inches above the first heading, and for each further line of the title
_BAR, _BAR_ROOM, _BAR_WIDTH = 0.09, 0.55, 4.0  # inches: height of the colour bar, room for it, its largest width
_HALF_LABEL = 0.12  # inches: the part of the last tick label beyond the end of the colour bar
_HEADING_LETTERS, _SHORTEST_HEADING = 15, 16  # characters per inch, and fewest per line, of a heading
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

    @property
    def label_room(self) -> float:
        """Room for the names or numbers of classes, in inches."""
        return max(self.room, _NUMBERS)


def confusion_matrix(counts: npt.NDArray[np.float64], title: str, names: Sequence[str] = ()) -> Figure:
    """Draw a confusion matrix; see `Confusion` for the arguments. With many classes, only the colours are drawn."""
    one = Confusion(counts, title, names)
    width, height = (ONE_COLUMN, 3.9) if len(counts) <= _SMALL else (TWO_COLUMNS, 7.0)
    figure, axes = canvas(title, width + one.room, height + one.room)
    _add_scale(figure, [axes], _draw(axes, one))
    return figure


def confusion_matrices(found: Sequence[Confusion], title: str) -> Figure:
    """Draw the confusion matrices of up to six data sets, each in its panel below its heading.

    Cells have the same size in all panels, except those with counts and those of very many classes.
    """
    look = look_in_force()
    placed = _packed(found[:_MOST])
    width = max(ONE_COLUMN, *(own.right for own in placed)) + _EDGE
    size = TWO_COLUMNS if width >= look.width else width + ONE_COLUMN - look.column  # `panels` undoes this
    figure, row = panels(len(placed), title, size)
    for axes, own in zip(row, placed, strict=True):
        image = _draw(axes, own.one, numbered=own.cell >= _READABLE)
        left = 0 if has_given_axes() else -own.one.label_room / own.side
        axes.set_title(own.heading, loc="left", fontsize="medium", color="0.35", x=left)
        axes.set_ylabel("true class" if own.is_first else "")
    _add_scale(figure, row, image, None if has_given_axes() else _arrange(figure, row, placed))
    return figure


@dataclass(frozen=True)
class _Panel:
    """A panel and its place in a figure, in inches."""

    one: Confusion
    row: int
    left: float
    is_first: bool  # in its row

    @property
    def cell(self) -> float:
        """Width of a cell."""
        usual = _COUNT_CELL if len(self.one.counts) <= _COUNTED else _CELL
        return min(usual, (look_in_force().width - self.left - _EDGE) / len(self.one.counts))

    @property
    def fits(self) -> bool:
        """True if the cells have about their usual width."""
        return self.cell >= (_LEAST_COUNT_CELL if len(self.one.counts) <= _COUNTED else _CELL)

    @property
    def side(self) -> float:
        """Width and height of the matrix."""
        return self.cell * len(self.one.counts)

    @property
    def heading(self) -> str:
        """The heading in lines that fit above the panel and its names."""
        return wrapped(
            self.one.heading, max(_SHORTEST_HEADING, int((self.one.label_room + self.side) * _HEADING_LETTERS))
        )

    @property
    def right(self) -> float:
        """Right end of the matrix and its heading."""
        longest = max(map(len, self.heading.splitlines()), default=0)
        return max(self.left + self.side, self.left - self.one.label_room + longest / _HEADING_LETTERS)

    @property
    def above(self) -> float:
        """Room for the heading."""
        return _HEADING_LINE * (1 + self.heading.count("\n"))

    @property
    def below(self) -> float:
        """Room for the names of the classes and the axis label."""
        return self.one.label_room + _AXIS_LABEL


def _packed(found: Sequence[Confusion]) -> list[_Panel]:
    """Place the matrices in their order, in rows of at most the width of a figure."""
    placed: list[_Panel] = []
    for one in found:
        if placed:
            last = placed[-1]
            beside = _Panel(one, last.row, last.left + last.side + _GAP + one.label_room, is_first=False)
            if beside.fits:
                placed.append(beside)
                continue
        row = placed[-1].row + 1 if placed else 0
        placed.append(_Panel(one, row, _EDGE + _AXIS_LABEL + one.label_room, is_first=True))
    return placed


def _arrange(figure: Figure, row: Sequence[Axes], placed: Sequence[_Panel]) -> Axes:
    """Set the height of the figure and the positions of its panels; return axes for the colour bar."""
    title = figure.get_suptitle()
    tops, below = [], _TITLE_ROOM + _TITLE_LINE * title.count("\n") if title else _EDGE
    for number in range(placed[-1].row + 1):
        own = [panel for panel in placed if panel.row == number]
        tops.append(below + max(panel.above for panel in own))
        below = tops[-1] + max(panel.side + panel.below for panel in own) + _GAP
    width, height = figure.get_figwidth(), below + _BAR_ROOM
    figure.set_figheight(height)
    figure.set_layout_engine("none")
    if title:
        figure.suptitle(title, x=_EDGE / width, y=1 - _EDGE / height, ha="left", va="top", fontsize="medium")
    for axes, panel in zip(row, placed, strict=True):
        top = tops[panel.row]
        axes.set_position(
            (panel.left / width, 1 - (top + panel.side) / height, panel.side / width, panel.side / height)
        )
    left = placed[0].left
    long = min(_BAR_WIDTH, width - left - _EDGE - _HALF_LABEL)
    return figure.add_axes((left / width, 1 - (below + _BAR) / height, long / width, _BAR / height))


def _draw(axes: Axes, one: Confusion, *, numbered: bool = True) -> AxesImage:
    """Draw the cells with their shares, and the names of the classes; the square root makes rare errors visible."""
    counts, classes = one.counts, len(one.counts)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(share, cmap="Blues", norm=PowerNorm(0.5, 0, 1))
    for (true, taken), count in np.ndenumerate(counts if numbered and classes <= _NUMBERED else counts[:0]):
        if count:
            color = "white" if share[true, taken] > 0.4 else "black"
            text = _text(float(share[true, taken]), float(count), classes)
            axes.text(taken, true, text, ha="center", va="center", color=color, fontsize=6)
    axes.set(xlabel="predicted class", ylabel="true class")
    if numbered and classes <= _NUMBERED:
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


def _add_scale(figure: Figure, row: Sequence[Axes], image: AxesImage, own: Axes | None = None) -> None:
    """Add the colour bar below all panels, or into its own axes."""
    if own is None:
        bar = figure.colorbar(image, ax=row, location="bottom", aspect=40)
    else:
        bar = figure.colorbar(image, cax=own, orientation="horizontal")
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
