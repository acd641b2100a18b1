"""Appearance of figures: style (for a paper, slides or a screen), width and font."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import matplotlib as mpl
from matplotlib.font_manager import findSystemFonts, fontManager

from runner.core.errors import UserError
from runner.core.text import did_you_mean
from runner.reporting.formats import STYLES, Style

ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0  # width in inches of one column of a paper, and of both
NARROW = 4.5  # inches; a narrower figure has room for only a few columns
_GAP = 0.2  # inches between two columns
_MILLIMETRES = 25.4  # millimetres per inch
_LEAST, _MOST = 60, 400  # allowed width in millimetres
_FALLBACK = "DejaVu Sans"  # Matplotlib's own font
# Font families by their usual names in papers, the preferred one first. STIXGeneral ships with Matplotlib.
_FAMILIES: Mapping[str, Sequence[str]] = {
    "latex": ("Latin Modern Roman", "CMU Serif"),
    "times": ("Times New Roman", "TeX Gyre Termes", "Nimbus Roman", "STIXGeneral"),
}
_SOURCES = {"latex": "; install it (on Debian and Ubuntu: apt-get install fonts-lmodern)"}
_MATH = {"latex": "cm", "times": "stix"}
# The font size fits a paper's captions. The fixed salt makes SVG files reproducible.
_SETTINGS: Mapping[str, Any] = {
    "font.size": 8,
    "axes.titlesize": "medium",
    "svg.hashsalt": "runner",
    "pdf.fonttype": 42,
    # Dashes that differ clearly on short lines, as in a legend.
    "lines.dashed_pattern": (4.5, 2.0),
    "lines.dotted_pattern": (1.0, 1.3),
    "lines.dashdot_pattern": (5.5, 1.5, 1.0, 1.5),
}


@dataclass(frozen=True)
class Look:
    """Sizes in inches and points, and the font, for all figures of a report."""

    width: float = TWO_COLUMNS  # width of a full-width figure
    column: float = ONE_COLUMN  # width of a smaller figure
    titles: bool = True  # in a paper, captions replace them
    line: float = 1.3  # points
    dots_an_inch: int = 200
    families: tuple[str, ...] = (_FALLBACK,)
    math: str = "dejavusans"  # font set for formulas

    def settings(self) -> Any:
        """Return the appearance as Matplotlib settings."""
        return {
            **_SETTINGS,
            "lines.linewidth": self.line,
            "font.sans-serif": [*dict.fromkeys([*self.families, _FALLBACK])],
            "mathtext.fontset": self.math,
        }


_STYLES: Mapping[Style, Look] = {
    "screen": Look(),
    "paper": Look(titles=False, dots_an_inch=300),
    "slides": Look(width=5.0, column=5.0, line=2.0, dots_an_inch=400),
}
_IN_FORCE: ContextVar[Look] = ContextVar("look", default=_STYLES["screen"])


def look_of(style: str | None = None, width: float | None = None, font: str | None = None) -> Look:
    """Return the appearance that a user requested.

    Args:
        style: one of `STYLES`; None: screen.
        width: width of a full-width figure in millimetres; None: the style's.
        font: `latex` (Latin Modern), `times`, or any installed family; None: Matplotlib's own.

    Raises:
        UserError: if there is no such style, if the width is not allowed, or if the font is not installed.
    """
    known = next((name for name in STYLES if name == (style or "screen")), None)
    if known is None:
        raise UserError(f"--style {style}: no such style{did_you_mean(str(style), STYLES)}")
    look = _STYLES[known]
    if width is not None:
        try:
            is_allowed = _LEAST <= width <= _MOST
        except TypeError:  # from Python, which does not check annotations
            raise UserError(f"width={width!r}: must be a number of millimetres") from None
        if not is_allowed:
            raise UserError(f"--width {width:g}: must be {_LEAST} to {_MOST} millimetres; 178 spans both columns")
        inches = width / _MILLIMETRES
        of_half = (inches - _GAP) / 2
        is_single = look.column == look.width or inches < NARROW
        look = replace(look, width=inches, column=inches if is_single else of_half)
    if font is not None:
        look = replace(look, families=(_installed(font),), math=_MATH.get(font, look.math))
    return look


def _installed(font: str) -> str:
    """Return the installed family for a name."""
    wanted = _FAMILIES.get(font, (font,))
    found = _known(wanted)
    if found is None:
        _find_new_fonts()
        found = _known(wanted)
    if found is None:
        hint = _SOURCES.get(font) or did_you_mean(font, [*_FAMILIES, *fontManager.get_font_names()])
        named = f" ({' or '.join(wanted)})" if font in _FAMILIES else ""
        raise UserError(f"--font {font}: this font{named} is not installed{hint}")
    return found


def _known(wanted: Sequence[str]) -> str | None:
    """Return the first of the given families that Matplotlib knows, in Matplotlib's spelling."""
    known = {name.casefold(): name for name in fontManager.get_font_names()}
    return next((known[name.casefold()] for name in wanted if name.casefold() in known), None)


def _find_new_fonts() -> None:
    """Add the fonts that were installed after Matplotlib built its font list."""
    listed = {entry.fname for entry in fontManager.ttflist}
    for path in {*findSystemFonts()} - listed:
        with suppress(OSError, RuntimeError):  # a font that Matplotlib cannot read
            fontManager.addfont(path)


def look_in_force() -> Look:
    """Return the appearance of the figures that are being drawn."""
    return _IN_FORCE.get()


@contextmanager
def own_style(look: Look | None = None) -> Iterator[None]:
    """Apply an appearance to all figures drawn within the block, overriding the user's matplotlibrc.

    Args:
        look: the look; None: the current one.
    """
    chosen = look or _IN_FORCE.get()
    token = _IN_FORCE.set(chosen)
    try:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(chosen.settings())
            yield
    finally:
        _IN_FORCE.reset(token)
