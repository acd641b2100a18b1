"""Figure files, drawn in the program's own style; a figure that cannot be drawn is omitted."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from matplotlib.figure import Figure

from runner.core.errors import EnvironmentFault, machine_faults
from runner.core.forks import in_processes
from runner.core.omissions import LeftOut
from runner.reporting.figures.drawing.appearance import Look, own_style
from runner.reporting.figures.drawing.canvas import save_figure
from runner.reporting.figures.drawing.fonts import fit_letters, legible

_LOG = logging.getLogger(__name__)
Value = TypeVar("Value")
Draw = Callable[[], Figure]
Named = Iterable[tuple[str, Draw]]  # file name or stem, and the function that draws the figure


def write_figures(directory: Path, figures: Named, left_out: LeftOut, suffixes: Sequence[str] = ("png",)) -> list[Path]:
    """Write each figure into a directory, in one or several formats; return the files written.

    Raises:
        EnvironmentFault: if a file cannot be written. After any other error, only that figure is omitted.
    """

    def write(name: str, figure: Figure) -> list[Path]:
        return [save_figure(figure, (directory / name).with_suffix(f".{suffix}")) for suffix in suffixes]

    return [path for written in drawn(figures, write, left_out) for path in written]


def drawn(
    figures: Named,
    write: Callable[[str, Figure], Value],
    left_out: LeftOut,
    look: Look | None = None,
    processes: int = 1,
) -> Iterator[Value]:
    """Draw each figure and yield the result of `write`; a figure that cannot be drawn is omitted.

    If listing the figures fails, all figures after the last one listed are omitted.

    Args:
        processes: number of processes; if it is above 1, forked processes draw the figures (`in_processes`).

    Raises:
        EnvironmentFault: if the operating system refuses to write.
    """
    lacking: set[str] = set()  # characters that no font has
    attempts = [
        partial(_attempted, partial(_written, name, draw, write, look), name)
        for name, draw in listed(figures, left_out)
    ]
    drawings = in_processes(attempts, processes) if processes > 1 else (attempt() for attempt in attempts)
    for found in drawings:
        lacking |= found.lacking
        if found.reason:
            left_out.add(found.reason)
        elif found.value is not None:
            yield found.value
    if lacking:
        letters = "".join(sorted(lacking))
        left_out.add(
            f"characters {letters}: no installed font has them, so figures show character codes "
            f"({legible(letters[0])}); install a font that has them (such as Noto Sans CJK) and write the report again"
        )


def listed(figures: Iterable[tuple[str, Value]], left_out: LeftOut) -> list[tuple[str, Value]]:
    """Return the figures as a list; if listing them fails, all figures after the last one listed are omitted."""
    waiting, found = iter(figures), list[tuple[str, Value]]()

    def following() -> _Attempt[tuple[str, Value]]:
        return _Attempt(next(waiting, None))

    while (one := _attempted(following, f"all figures after {found[-1][0]}" if found else "figures")).value is not None:
        found.append(one.value)
    if one.reason:
        left_out.add(one.reason)
    return found


@dataclass(frozen=True)
class _Attempt(Generic[Value]):
    """Result of `write` for a figure, or the reason why there is none."""

    value: Value | None = None
    lacking: frozenset[str] = frozenset()
    reason: str = ""


def _written(name: str, draw: Draw, write: Callable[[str, Figure], Value], look: Look | None) -> _Attempt[Value]:
    with own_style(look):
        figure = draw()
        lacking = fit_letters(figure)
        return _Attempt(write(name, figure), lacking)


def _attempted(function: Callable[[], _Attempt[Value]], name: str) -> _Attempt[Value]:
    """Return the result of a function, or the reason for its failure. A figure must never make training fail."""
    try:
        with machine_faults():
            return function()
    except EnvironmentFault:
        raise
    except Exception as error:  # any error: in Matplotlib, a font or unforeseen data
        _LOG.info("%s could not be drawn", name, exc_info=True)
        reason = f"{name}: could not be drawn ({type(error).__name__}: {' '.join(str(error).split())})"
        return _Attempt(reason=reason)
