"""What all figures have in common: their colours, frame and text, and how they become files."""

import textwrap
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from runner.records.atomic import whole_file

# Okabe & Ito (2008), a palette for all kinds of colour vision, without its yellow, which is faint on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LETTERS_AN_INCH = 11  # of a title
DASHES = ("-", "--", ":", "-.")


def canvas(title: str, width: float = 6.4, height: float = 3.6) -> tuple[Figure, Axes]:
    """Return an empty figure of one panel under a title; width and height are in inches."""
    figure, (axes,) = panels(1, "", width, height)
    axes.set_title(wrapped(title, int(_LETTERS_AN_INCH * width * 0.9)), loc="left", fontsize="medium")
    return figure, axes


def panels(count: int, title: str, width: float = 8.8, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """Return an empty figure of panels side by side under one title; width and height are in inches."""
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    if title:
        figure.suptitle(wrapped(title, int(_LETTERS_AN_INCH * width)), x=0.01, ha="left", fontsize="medium")
    row = [figure.add_subplot(1, count, position + 1) for position in range(count)]
    for axes in row:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, row


def epoch_axis(axes: Axes) -> None:
    """Label the x-axis, which counts epochs."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def plain(text: str) -> str:
    """Return text that matplotlib takes for text: between two dollar signs it would read a formula."""
    return text.replace("$", r"\$")


def wrapped(text: str, width: int) -> str:
    """Return text in lines of at most `width` letters, broken where there is a space or a comma, if it can be."""
    return plain(textwrap.fill(text.replace(",", ", ").replace(",  ", ", "), width))


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a figure in the format of the path's suffix; return the path."""
    with whole_file(path) as temporary:
        figure.savefig(temporary)
    return path
