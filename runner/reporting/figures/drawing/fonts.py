r"""Fonts for characters that Matplotlib's own font lacks; without such a font, they become character codes (\u5b9e)."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

_USUAL = "sans-serif"
_LAST_RESORT = "last resort"  # a font that claims to contain every character but draws boxes
_UPRIGHT = ("normal", "roman")
_REGULAR = (400, "normal", "regular", "book")
_NUMBER = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8}))")


def legible(text: str) -> str:
    """Replace characters that no installed font has with their character codes."""
    missing = _missing([text])
    if not missing:
        return text
    _, lacking = _families(missing)
    return "".join(_number(letter) if letter in lacking else letter for letter in text)


def fit_letters(figure: Figure) -> frozenset[str]:
    """Choose fonts for all characters of a figure; return the characters that it shows as character codes."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_locator(), FixedLocator):  # an axis with named ticks
                axis.get_ticklabels()  # updates the tick labels
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    if missing := _missing(text.get_text() for text in texts):
        families, _ = _families(missing)
        for text in texts:
            if not missing.isdisjoint(text.get_text()):
                text.set_fontfamily([_USUAL, *families])
    numbers = [found for text in texts for found in _NUMBER.findall(text.get_text().replace("\n", ""))]
    shown = frozenset(chr(int(short or long, 16)) for short, long in numbers if int(short or long, 16) <= 0x10FFFF)
    return _families(shown)[1] if shown else shown


def keep_font(figure: Figure, families: Sequence[str]) -> None:
    """Make a figure keep its font even if it is drawn under different Matplotlib settings."""
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_fontfamily() == [_USUAL]:
            text.set_fontfamily([*families])
    for axes in figure.axes:
        axes.tick_params(labelfontfamily=[*families])


def _number(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _missing(texts: Iterable[str]) -> frozenset[str]:
    """Return the characters that the usual font lacks."""
    letters = {letter for text in texts if not text.isascii() for letter in text if letter.isprintable()}
    if not letters:
        return frozenset()
    usual = FT2Font(findfont(FontProperties(family=[_USUAL])))
    return frozenset(letter for letter in letters if not usual.get_char_index(ord(letter)))


@cache
def _families(letters: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return a few installed font families that cover these characters, and the characters that none covers."""
    held = {entry.name: _held(entry, letters) for entry in sorted(fontManager.ttflist, key=_rank, reverse=True)}
    chosen, left = [], letters
    while best := max(sorted(held), key=lambda name: len(held[name] & left), default=None):
        if not held[best] & left:
            break
        chosen.append(best)
        left -= held[best]
    return tuple(chosen), left


def _held(entry: FontEntry, letters: frozenset[str]) -> frozenset[str]:
    if _LAST_RESORT in entry.name.lower():
        return frozenset()
    try:
        font = FT2Font(entry.fname)
    except (OSError, RuntimeError):  # the font was removed or is damaged
        return frozenset()
    return frozenset(letter for letter in letters if font.get_char_index(ord(letter)))


def _rank(entry: FontEntry) -> tuple[bool, bool]:
    """Rank a font by its distance from the regular upright font of its family."""
    return entry.style not in _UPRIGHT, entry.weight not in _REGULAR
