"""Canvas of all figures: colours, panels, text and file output."""

import io
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backend_bases import get_registered_canvas_class
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Transform, offset_copy

from runner.core.errors import UserError
from runner.core.text import counted
from runner.core.write import write_bytes
from runner.reporting.figures.drawing.appearance import NARROW, ONE_COLUMN, TWO_COLUMNS, look_in_force, own_style
from runner.reporting.figures.drawing.fonts import legible
from runner.reporting.figures.drawing.line_breaks import even_lines, wrap_headings

# Okabe & Ito (2008), a palette for all kinds of colour vision, without yellow, which is faint on white; a dark red in
# place of black, which is too close to the baseline's grey.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#661100")
BASELINE_COLOR = "#404040"
DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_LETTERS_AN_INCH = 16  # average number of characters per inch in titles and legends
_LONGEST = 500  # characters of a string
_FEWEST_LETTERS = 18  # minimum number of characters in a line
_HANDLE = 7  # characters that fit beside a name in a legend, in the place of its line and the gap
_TITLE_LINE, _LEGEND_LINE = 0.17, 0.15  # heights in inches
_FURTHER_LINE = 0.7  # rows taken by each additional line of a name
_NEAR = 0.6  # smallest distance from a tick to the first or last one, as a share of the tick spacing
_FEW_EPOCHS = 3  # multiple of the number of ticks up to which ticks begin at the first number
_SMALL_STEP = 2  # distance of ticks at which the first or the last may be missing
_EDGE = 0.01  # left margin of a title that is too wide to align with the axes, as a share of the width
_GIVEN: ContextVar[tuple[str, Sequence[Axes]] | None] = ContextVar("given", default=None)  # figure's name, axes
_NO_DATE = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def canvas(title: str, width: float = TWO_COLUMNS, height: float = 3.0) -> tuple[Figure, Axes]:
    """Return an empty figure with one panel and a title; width and height are in inches."""
    figure, (axes,) = panels(1, title, width, height)
    return figure, axes


def panels(
    count: int,
    title: str,
    width: float = TWO_COLUMNS,
    height: float = 3.0,
    columns: int | None = None,
    heights: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure with panels and one title; width and height are in inches.

    The current look replaces the widths `ONE_COLUMN` and `TWO_COLUMNS` with its own, and may omit titles. The height
    includes one title line; additional title lines increase it.

    Args:
        columns: number of panels side by side; None: all.
        heights: relative heights of the rows of panels; None: equal.
    """
    given = _GIVEN.get()
    figure, row = _new_panels(count, title, width, height, columns, heights) if given is None else _taken(count, *given)
    for axes in row:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, row


def balanced(count: int, most: int) -> int:
    """Return the number of panels side by side, at most `most`, that leaves the fewest empty places in the last row."""
    rows = -(-count // most)
    return -(-count // rows)


def fitting(count: int, most: int) -> int:
    """Return the number of panels side by side, at most `most` in a figure of the usual width; fewer in narrow ones."""
    return balanced(count, max(1, round(most * _room())))


def _new_panels(
    count: int, title: str, width: float, height: float, columns: int | None, heights: Sequence[float] | None
) -> tuple[Figure, list[Axes]]:
    look = look_in_force()
    inches = look.width if width >= TWO_COLUMNS else width - ONE_COLUMN + look.column
    shown = _folded(title, int(_LETTERS_AN_INCH * inches)) if look.titles else ""
    with own_style():
        size = (inches, height + _TITLE_LINE * shown.count("\n"))
        figure = Figure(figsize=size, dpi=look.dots_an_inch, layout="constrained")
        if shown:
            figure.suptitle(shown, x=0.01, ha="left", fontsize="medium")
        across = columns or count
        grid = figure.add_gridspec(-(-count // across), across, height_ratios=heights)
        row = [figure.add_subplot(grid[divmod(position, across)]) for position in range(count)]
    return figure, row


def _taken(count: int, name: str, row: Sequence[Axes]) -> tuple[Figure, list[Axes]]:
    """Return the given axes as the panels of a figure.

    Raises:
        UserError: if their number differs from the number of panels.
    """
    if len(row) != count:
        raise UserError(
            f"{name}: has {counted(count, 'panel')}, but ax contains {len(row)} Axes; pass one for each panel, as from "
            f"matplotlib.pyplot.subplots(1, {count})"
        )
    figure = row[0].get_figure(root=True)
    assert figure is not None  # only removed axes have no figure
    return figure, [*row]


@contextmanager
def into_axes(row: Sequence[Axes], name: str) -> Iterator[None]:
    """Draw the panels of a figure on the given axes within the block, without a title.

    Args:
        name: name of the figure, for errors.
    """
    token = _GIVEN.set((name, row))
    try:
        yield
    finally:
        _GIVEN.reset(token)


def has_given_axes() -> bool:
    """Return whether figures are drawn on given axes, which keep their positions."""
    return _GIVEN.get() is not None


class _WholeNumbers(MaxNLocator):
    """Tick locator for integers at equal distances, with the first and the last if possible."""

    def __init__(self, most: int) -> None:
        self._most = most
        super().__init__(nbins=most, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return the ticks of the data between two limits."""
        first, last = self.axis.get_data_interval() if self.axis else (vmin, vmax)
        if not np.isfinite([first, last]).all():
            return super().tick_values(vmin, vmax)
        first, last = np.ceil(first), np.floor(last)
        span = int(last - first)
        steps = [step for step in range(1, span // 2 + 1) if not span % step]
        even = [step for step in steps if self._most / 2 - 1 <= span / step <= self._most]
        if even and span <= _FEW_EPOCHS * self._most:
            return np.arange(first, last + 1, even[0])
        usual = super().tick_values(first, last)
        step = float(np.diff(usual).min(initial=last - first))
        if step <= _SMALL_STEP:  # without the first or last number, rather than with a hole beside it
            return usual[(usual >= first) & (usual <= last)]
        between = [tick for tick in usual if first + _NEAR * step < tick < last - _NEAR * step]
        return np.unique([first, *between, last])


def count_axis(axes: Axes, label: str, most: int = 8) -> None:
    """Label an x-axis of integers, such as epochs, with about `most` ticks, and fewer in narrow figures."""
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(_WholeNumbers(max(2, int(most * _room()))))


def epoch_axis(axes: Axes, most: int = 8) -> None:
    """Label the x-axis as epochs, with about `most` ticks."""
    count_axis(axes, "epoch", most)


def legend_below(figure: Figure, axes: Axes, bands: str = "", title: str = "") -> None:
    """Add the legend below the panels, in as many columns as fit; the figure grows by the height of the legend.

    Args:
        bands: legend entry of the bands, if there are any.
        title: title of the legend; "": none.
    """
    handles, labels = axes.get_legend_handles_labels()
    if bands and axes.collections:
        handles, labels = [*handles, Patch(color="0.6", alpha=0.4, linewidth=0)], [*labels, bands]
    if not labels:
        return
    if _GIVEN.get() is not None:
        _own_legend(axes, handles, labels, title)
        return
    lines = [str(label).splitlines() for label in labels]
    widths = [max(map(len, label)) + _HANDLE for label in lines]
    columns = _most_columns(widths, figure.get_figwidth() * _LETTERS_AN_INCH)
    rows = -(-len(labels) // columns) * max(len(label) for label in lines)
    figure.set_figheight(figure.get_figheight() + _LEGEND_LINE * (rows + bool(title)))
    looks: dict[str, Any] = {"title": plain(title), "title_fontsize": 7} if title else {}
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=7, **looks)


def _most_columns(widths: Sequence[int], room: float) -> int:
    """Return the number of columns of a legend with the fewest rows that fit into a number of characters.

    Args:
        widths: characters of the entries, which fill one column after the other, the first ones with one row more.
    """
    for rows in range(1, len(widths)):
        columns = -(-len(widths) // rows)
        parts = np.array_split(np.asarray(widths), columns)
        if sum(int(part.max()) for part in parts) <= room:
            return columns
    return 1


def _own_legend(axes: Axes, handles: Sequence[Any], labels: Sequence[str], title: str) -> None:
    """Add a legend below the panel and its axis label."""
    letter = mpl.rcParams["font.size"]
    below = -letter * (2.5 + 1.4 * (1 + axes.get_xlabel().count("\n")))
    place = offset_copy(axes.transAxes, axes.get_figure(root=True), y=below, units="points")
    looks: dict[str, Any] = {"frameon": False, "fontsize": "small", "borderaxespad": 0, "title": plain(title) or None}
    axes.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=place, **looks)


def sideways(axes: Axes, points: float) -> Transform:
    """Return the transform of a panel's data, shifted sideways so that equal values do not cover each other."""
    return offset_copy(axes.transData, axes.get_figure(root=True), x=points, units="points")


def label_rows(figure: Figure, row: Sequence[Axes], label: str) -> None:
    """Add one label for the vertical axes of all panels."""
    if _GIVEN.get() is None:
        figure.supylabel(label, fontsize="medium", multialignment="center")
    else:
        row[0].set_ylabel(label)


def row_places(*columns: Sequence[str]) -> tuple[npt.NDArray[np.float64], float]:
    """Return the vertical centres of a figure's rows and their total height, in units of a one-line row.

    Args:
        columns: texts next to the rows; the text with the most lines sets the height of a row.
    """
    further = [max(text.count("\n") for text in row) for row in zip(*columns, strict=True)]
    heights = 1 + _FURTHER_LINE * np.array(further, float)
    ends = np.cumsum(heights)
    return ends - heights / 2, float(ends[-1])


def plain(text: str) -> str:
    """Escape text for Matplotlib.

    Otherwise, Matplotlib would render text between dollar signs as a formula, and omit names that begin with an
    underscore from a legend.
    """
    shown = legible(text).replace("$", r"\$")
    return f"\N{ZERO WIDTH SPACE}{shown}" if shown.startswith("_") else shown


def is_narrow() -> bool:
    """Return whether full-width figures are so narrow that only a few columns fit."""
    return look_in_force().width < NARROW


def wrapped(text: str, width: int) -> str:
    """Wrap text to lines of at most `width` characters, at spaces and commas; fewer in narrow figures.

    Only the beginning of very long text is shown.
    """
    return _folded(text, max(min(width, _FEWEST_LETTERS), int(width * _room())))


def _room() -> float:
    """Return the width of a figure divided by the default width, at most 1."""
    return min(1.0, look_in_force().width / TWO_COLUMNS)


def _folded(text: str, width: int) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    shown = legible(shown)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in shown)  # such characters are twice as wide
    width = max(1, width * len(shown) // (len(shown) + wide)) if wide else width
    return plain("\n".join(even_lines(shown.replace(",", ", ").replace(",  ", ", "), width)))


def key_lines(key: str, width: int) -> str:
    """Wrap a key of the configuration to lines of at most `width` characters, at its dots if possible."""
    return wrapped(key.replace(".", ". "), width).replace(". ", ".")


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a figure in the format given by the path's suffix (png, svg or pdf), without a date; return the path."""
    write_bytes(path, _drawn(figure, path.suffix))
    return path


def as_svg(figure: Figure) -> bytes:
    """Return a figure as SVG; the same figure always gives the same bytes."""
    return _drawn(figure, ".svg")


def _drawn(figure: Figure, suffix: str) -> bytes:
    kind, dots = suffix.removeprefix("."), figure.dpi
    stream = io.BytesIO()
    with own_style(), warnings.catch_warnings():
        # Missing glyphs, and names that are too long for their panel, are accepted.
        warnings.filterwarnings("ignore", "Glyph|constrained_layout not applied", UserWarning)
        if isinstance(layout := figure.get_layout_engine(), ConstrainedLayoutEngine):  # once for all formats
            layout.execute(figure)
            if wrap_headings(figure):
                layout.execute(figure)
            figure.set_layout_engine("none")
            _align_title(figure)
            _align_row_label(figure)
        # `savefig` would draw everything twice.
        canvas = get_registered_canvas_class(kind)(figure)
        getattr(canvas, f"print_{kind}")(stream, metadata=_NO_DATE.get(suffix))
    figure.dpi = dots  # SVG and PDF output sets it to 72
    return stream.getvalue()


def _align_title(figure: Figure) -> None:
    """Align the title with the leftmost axes if there is room."""
    if not figure.get_suptitle():
        return
    title = figure.texts[0]
    begins = min((axes.get_position().x0 for axes in figure.axes), default=_EDGE)
    width = title.get_window_extent().width / figure.bbox.width
    title.set_x(max(_EDGE, min(begins, 1 - _EDGE - width)))


def _align_row_label(figure: Figure) -> None:
    """Centre the label of all rows on the panels, which do not reach the legend."""
    if label := figure.get_supylabel():
        places = [axes.get_position() for axes in figure.axes]
        middle = (min(place.y0 for place in places) + max(place.y1 for place in places)) / 2
        next(text for text in figure.texts if text.get_text() == label).set_y(middle)
