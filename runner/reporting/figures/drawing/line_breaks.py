"""Line breaks of text in figures: at spaces, and inside a word only if it is longer than a line."""

import re
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

_SPACE = "\N{NO-BREAK SPACE}"
_ENDS = re.compile(rf"(?<=[=_/{_SPACE}])|(?<=[^\W\d]-)(?=[^\W\d])")  # ends of the parts of a word
_BROKEN = re.compile(rf"(?<=[=_/{_SPACE}])\n")  # a line break inside a word
_GAP = 8  # pixels between a heading and the next panel
_NUMBER = re.compile(r"[+\N{MINUS SIGN}-]?\d[\d.]*(e[+-]?\d+)?\W*")


def even_lines(text: str, width: int) -> list[str]:
    """Wrap text to the fewest lines of at most `width` characters, of about the same length.

    A word that is longer than a line is broken, if possible at a no-break space or after `=`, `_`, `/` or `-`. A number
    is never broken, so its line may be longer.
    """
    parts = [part for word in re.split(r"[ \t\n]+", text) if word for part in _fitting(word, width)]
    parts[:1] = [f"{text[: len(text) - len(text.lstrip(' '))]}{part}" for part in parts[:1]]  # names may differ in it
    lines = _filled(parts, width)
    least, most = min(width, max((len(part.rstrip()) for part in parts), default=1)), width
    while least < most:  # bisection: a wider line never gives more lines
        middle = (least + most) // 2
        if len(narrower := _filled(parts, middle)) > len(lines):
            least = middle + 1
        else:
            lines, most = narrower, middle
    return lines


def _fitting(word: str, width: int) -> list[str]:
    """Return a word and the space after it, in parts that fit on a line."""
    if len(word) <= width:
        return [f"{word} "]
    parts = [part for part in _ENDS.split(word) if part]
    whole = [len(part.rstrip()) <= width or _NUMBER.fullmatch(part) for part in parts]
    cut = [[part] if fits else re.findall(f".{{1,{width}}}", part) for part, fits in zip(parts, whole, strict=True)]
    *first, last = _filled([piece for pieces in cut for piece in pieces], width, strip=False)
    return [*first, f"{last} "]


def _filled(parts: Sequence[str], width: int, *, strip: bool = True) -> list[str]:
    """Return lines with as many adjacent parts as fit."""
    lines = [""]
    for part in parts:
        if lines[-1] and len(f"{lines[-1]}{part}".rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return [line.rstrip() for line in lines] if strip else lines


def wrap_headings(figure: Figure) -> bool:
    """Wrap the left titles that reach the next panel or leave the figure; return whether there are any.

    Args:
        figure: figure whose panels have their final positions.
    """
    wide = [(axes, heading) for axes in figure.axes if (heading := _heading(axes)) and _room(axes, heading) < 1]
    for axes, heading in wide:
        text = _BROKEN.sub("", heading.get_text()).replace("\n", " ")
        longest = max(map(len, heading.get_text().splitlines()))
        heading.set_text("\n".join(even_lines(text, max(1, int(_room(axes, heading) * longest)))))
    return bool(wide)


def _heading(axes: Axes) -> Text | None:
    text = axes.get_title(loc="left")
    found = (child for child in axes.get_children() if isinstance(child, Text) and child.get_text() == text)
    return next(found, None) if text else None


def _room(axes: Axes, heading: Text) -> float:
    """Return the distance from a heading's left edge to the next panel, as a share of the heading's width."""
    figure, own = axes.get_figure(root=True), axes.get_subplotspec()
    if figure is None or own is None:
        return 1.0
    others = ((other, place) for other in figure.axes if (place := other.get_subplotspec()))
    ends = [
        other.bbox.x0 - _GAP
        for other, place in others
        if place.rowspan.start == own.rowspan.start and place.colspan.start > own.colspan.start
    ]
    extent = heading.get_window_extent()
    return float((min([*ends, figure.bbox.x1]) - extent.x0) / extent.width)
