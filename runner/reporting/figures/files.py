"""Figures as files: each is drawn in the program's own style, and one that fails is left out."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from matplotlib.figure import Figure

from runner.core.errors import EnvironmentFault, machine_faults
from runner.reporting.figures.canvas import own_style, save_figure
from runner.reporting.figures.fonts import fit_letters, legible
from runner.reporting.omissions import LeftOut

_LOG = logging.getLogger(__name__)
Value = TypeVar("Value")
Draw = Callable[[], Figure]
Named = Iterable[tuple[str, Draw]]  # the file's name, or its stem, and the function that draws the figure


def write_figures(directory: Path, figures: Named, left_out: LeftOut, suffixes: Sequence[str] = ("png",)) -> list[Path]:
    """Write each figure under its name in a directory, in one or several formats; return the files written.

    Raises:
        EnvironmentFault: if the machine refuses to write. Any other error is noted, and costs that figure alone.
    """

    def write(name: str, figure: Figure) -> list[Path]:
        return [save_figure(figure, (directory / name).with_suffix(f".{suffix}")) for suffix in suffixes]

    return [path for written in drawn(figures, write, left_out) for path in written]


def drawn(figures: Named, write: Callable[[str, Figure], Value], left_out: LeftOut) -> Iterator[Value]:
    """Draw each figure and yield what `write` makes of it; what fails is noted, and the others are drawn.

    An error in listing the figures costs all after the last one listed, and the note says so.

    Raises:
        EnvironmentFault: if the machine refuses to write.
    """
    waiting = iter(figures)
    lacking: set[str] = set()  # letters that no font has
    rest = "figures"  # an error in listing them ends the list
    while (named := _unless_failed(lambda: next(waiting, None), rest, left_out)) is not None:
        name, draw = named
        rest = f"all figures after {name}"
        if (written := _unless_failed(partial(_written, name, draw, write, lacking), name, left_out)) is not None:
            yield written
    if lacking:
        letters = "".join(sorted(lacking))
        left_out.add(
            f"letters {letters}: no installed font has them, so figures show their numbers ({legible(letters[0])}); "
            "install one that has them (Noto Sans CJK, say) and report again"
        )


def _written(name: str, draw: Draw, write: Callable[[str, Figure], Value], lacking: set[str]) -> Value:
    with own_style():
        figure = draw()
        lacking |= fit_letters(figure)
        return write(name, figure)


def _unless_failed(function: Callable[[], Value | None], name: str, left_out: LeftOut) -> Value | None:
    """Return what a function returns; None where it fails, which is noted. Nothing that is trained depends on it."""
    try:
        with machine_faults():
            return function()
    except EnvironmentFault:
        raise
    except Exception as error:  # any: of Matplotlib, of a font, of data that nobody thought of
        _LOG.info("%s could not be drawn", name, exc_info=True)
        left_out.add(f"{name}: could not be drawn ({type(error).__name__}: {' '.join(str(error).split())})")
        return None
