"""Figure files: drawing in the program's own style; a figure that fails is left out."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from matplotlib.figure import Figure

from runner.core.errors import EnvironmentFault, machine_faults
from runner.core.omissions import LeftOut
from runner.reporting.figures.drawing.appearance import Look, own_style
from runner.reporting.figures.drawing.canvas import save_figure
from runner.reporting.figures.drawing.fonts import fit_letters, legible

_LOG = logging.getLogger(__name__)
Value = TypeVar("Value")
Draw = Callable[[], Figure]
Named = Iterable[tuple[str, Draw]]  # file name or stem, and the function that draws the figure


def write_figures(
    directory: Path,
    figures: Named,
    left_out: LeftOut,
    suffixes: Sequence[str] = ("png",),
    look: Look | None = None,
) -> list[Path]:
    """Write each figure into a directory, in one or several formats; return the files written.

    Raises:
        EnvironmentFault: if the machine refuses to write. Any other error leaves out only that figure.
    """

    def write(name: str, figure: Figure) -> list[Path]:
        return [save_figure(figure, (directory / name).with_suffix(f".{suffix}")) for suffix in suffixes]

    return [path for written in drawn(figures, write, left_out, look) for path in written]


def drawn(
    figures: Named, write: Callable[[str, Figure], Value], left_out: LeftOut, look: Look | None = None
) -> Iterator[Value]:
    """Draw each figure and yield the result of `write`; a figure that fails is left out.

    An error in listing the figures leaves out all figures after the last one listed.

    Raises:
        EnvironmentFault: if the machine refuses to write.
    """
    waiting = iter(figures)
    lacking: set[str] = set()  # characters that no font has
    rest = "figures"  # mentioned if listing the figures fails
    while (named := _unless_failed(lambda: next(waiting, None), rest, left_out)) is not None:
        name, draw = named
        rest = f"all figures after {name}"
        if (written := _unless_failed(partial(_written, name, draw, write, lacking, look), name, left_out)) is not None:
            yield written
    if lacking:
        letters = "".join(sorted(lacking))
        left_out.add(
            f"characters {letters}: no installed font has them, so figures show character codes "
            f"({legible(letters[0])}); install a font that has them (such as Noto Sans CJK) and write the report again"
        )


def _written(
    name: str, draw: Draw, write: Callable[[str, Figure], Value], lacking: set[str], look: Look | None
) -> Value:
    with own_style(look):
        figure = draw()
        lacking |= fit_letters(figure)
        return write(name, figure)


def _unless_failed(function: Callable[[], Value | None], name: str, left_out: LeftOut) -> Value | None:
    """Return the result of a function; None if it fails, with a note. A training must not depend on its figures."""
    try:
        with machine_faults():
            return function()
    except EnvironmentFault:
        raise
    except Exception as error:  # any error: of Matplotlib, a font or unforeseen data
        _LOG.info("%s could not be drawn", name, exc_info=True)
        left_out.add(f"{name}: could not be drawn ({type(error).__name__}: {' '.join(str(error).split())})")
        return None
