"""What all figures have in common: their colours, frame and text, and how they become files."""

import io
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backend_bases import get_registered_canvas_class
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from runner.records.atomic import write_bytes

# Okabe & Ito (2008), a palette for all kinds of colour vision, without its yellow, which is faint on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0  # inches: what a paper's column takes, and what both take
_LETTERS_AN_INCH = 16  # of a title or a legend
_LONGEST = 500  # letters
_TITLE_LINE, _LEGEND_LINE = 0.17, 0.15  # inches
_FURTHER_LINE = 0.7  # rows that each further line of a name takes
_DOTS_AN_INCH = 200
# Text is as large as a paper's captions; SVG files come out the same for the same runs.
_STYLE: Any = {"font.size": 8, "axes.titlesize": "medium", "lines.linewidth": 1.3}
_FILES: Any = {"svg.hashsalt": "runner", "pdf.fonttype": 42}
_NO_DATE = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def canvas(title: str, width: float = TWO_COLUMNS, height: float = 3.0) -> tuple[Figure, Axes]:
    """Return an empty figure of one panel under a title; width and height are in inches."""
    figure, (axes,) = panels(1, title, width, height)
    return figure, axes


def panels(count: int, title: str, width: float = TWO_COLUMNS, height: float = 3.0) -> tuple[Figure, list[Axes]]:
    """Return an empty figure of panels side by side under one title; width and height are in inches.

    The height is that with a title of one line; the figure grows by its further ones.
    """
    shown = wrapped(title, int(_LETTERS_AN_INCH * width))
    with mpl.rc_context(_STYLE):
        size = (width, height + _TITLE_LINE * shown.count("\n"))
        figure = Figure(figsize=size, dpi=_DOTS_AN_INCH, layout="constrained")
        if title:
            figure.suptitle(shown, x=0.01, ha="left", fontsize="medium")
        row = [figure.add_subplot(1, count, position + 1) for position in range(count)]
    for axes in row:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, row


def epoch_axis(axes: Axes) -> None:
    """Label the x-axis, which counts epochs."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def legend_below(figure: Figure, axes: Axes) -> None:
    """Put the legend under the panels, in as many columns as there is room for; the figure grows by its height."""
    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return
    lines = [str(label).splitlines() for label in labels]
    longest = max(len(line) for label in lines for line in label)
    columns = min(max(1, int(figure.get_figwidth() * _LETTERS_AN_INCH // (longest + 7))), len(labels))
    rows = -(-len(labels) // columns) * max(len(label) for label in lines)
    figure.set_figheight(figure.get_figheight() + _LEGEND_LINE * rows)
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=7)


def row_places(*columns: Sequence[str]) -> tuple[npt.NDArray[np.float64], float]:
    """Return where the rows of a figure have their middle, and the height of all, in rows of one line.

    Args:
        columns: what is written beside the rows; a row is as high as its longest text.
    """
    further = [max(text.count("\n") for text in row) for row in zip(*columns, strict=True)]
    heights = 1 + _FURTHER_LINE * np.array(further, float)
    ends = np.cumsum(heights)
    return ends - heights / 2, float(ends[-1])


def plain(text: str) -> str:
    """Return text that matplotlib takes for text.

    Between two dollar signs it would read a formula, and what begins with an underscore it leaves out of a legend.
    """
    shown = text.replace("$", r"\$")
    return f"\N{ZERO WIDTH SPACE}{shown}" if shown.startswith("_") else shown


def wrapped(text: str, width: int) -> str:
    """Return text in lines of at most `width` letters, broken where there is a space or a comma, if it can be.

    Of text without end only the beginning has a place in a figure.
    """
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return plain(textwrap.fill(shown.replace(",", ", ").replace(",  ", ", "), width))


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a figure in the format of the path's suffix (png, svg or pdf), without a date; return the path."""
    write_bytes(path, _drawn(figure, path.suffix))
    return path


def as_svg(figure: Figure) -> bytes:
    """Return a figure as SVG, the same bytes for the same figure."""
    return _drawn(figure, ".svg")


def _drawn(figure: Figure, suffix: str) -> bytes:
    kind, dots = suffix.removeprefix("."), figure.dpi
    stream = io.BytesIO()
    with mpl.rc_context(_FILES), warnings.catch_warnings():
        # A name that the font has no letters for, or that is too long for its panel, is shown as well as it can be.
        warnings.filterwarnings("ignore", "Glyph|constrained_layout not applied", UserWarning)
        if isinstance(layout := figure.get_layout_engine(), ConstrainedLayoutEngine):  # once for all formats
            layout.execute(figure)
            figure.set_layout_engine("none")
        # Not `savefig`, which draws everything twice.
        canvas = get_registered_canvas_class(kind)(figure)
        getattr(canvas, f"print_{kind}")(stream, metadata=_NO_DATE.get(suffix))
    figure.dpi = dots  # of which SVG and PDF have 72
    return stream.getvalue()
