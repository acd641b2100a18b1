"""Data of a drawn figure: its points, curves, bands, intervals and numbers, as a table."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

DATA_COLUMNS = ["panel", "heading", "kind", "series", "part", "x", "y", "low", "high"]
_HIDDEN = "_\N{ZERO WIDTH SPACE}"  # prefix of a label that no legend shows
_UNNAMED = re.compile(r"_child\d+")  # Matplotlib's label for an unnamed artist
Row = dict[str, Any]


def drawn_data(figure: Figure) -> pd.DataFrame:
    """Return the data that a figure shows, one row per point: `DATA_COLUMNS`.

    `kind` is points, line, band (low and high at x), interval (its two ends), image (y is the row, x the column, low
    the value that the colour shows) or text (series, at x and y). `series` is the name in the legend; if the vertical
    axis names rows, it is the name of the row, and `part` is the name in the legend. Numbers are in the unit of the
    axes' data: accuracies lie between 0 and 1. Lines that only guide the eye are omitted.
    """
    of_colors = _names_of_colors(figure)
    rows = [
        {"panel": number, "heading": axes.get_title(loc="left") or axes.get_ylabel(), **row}
        for number, axes in enumerate(figure.axes, start=1)
        for row in _Panel(axes, of_colors).rows()
    ]
    return pd.DataFrame(rows, columns=DATA_COLUMNS)


def hidden_name(name: str) -> str:
    """Return a label that names a series in the figure's data, but does not appear in a legend."""
    return name if name.startswith(_HIDDEN) else f"{_HIDDEN}{name}"


def _names_of_colors(figure: Figure) -> dict[str, str]:
    """Return the names of the lines in the legends by colour, for unnamed artists of the same colour."""
    lines = [line for axes in figure.axes for line in axes.lines]
    return {to_hex(line.get_color()): str(line.get_label()) for line in reversed(lines) if not _is_hidden(line)}


def _is_hidden(artist: Artist) -> bool:
    return str(artist.get_label()).startswith("_")


@dataclass(frozen=True)
class _Panel:
    axes: Axes
    names_of_colors: Mapping[str, str]

    def rows(self) -> Iterator[Row]:
        """Yield the rows of all artists that show data."""
        for artist in self.axes.get_children():
            if isinstance(artist, Line2D) and artist.get_transform().contains_branch(self.axes.transData):
                kind = "points" if str(artist.get_linestyle()) in ("None", "none", "", " ") else "line"
                yield from self._points(artist, kind, artist.get_xydata(), artist.get_color())
            elif isinstance(artist, PolyCollection):
                yield from self._band(artist)
            elif isinstance(artist, LineCollection):
                for segment, color in zip(artist.get_segments(), cycle(artist.get_colors()), strict=False):
                    yield from self._points(artist, "interval", segment, color)
            elif isinstance(artist, PathCollection):
                yield from self._points(artist, "points", artist.get_offsets(), artist.get_facecolor()[0])
            elif isinstance(artist, AxesImage):
                left, right, bottom, top = artist.get_extent()
                values = np.asarray(artist.get_array(), float)
                for (row, column), value in np.ndenumerate(values):
                    x = left + (column + 0.5) * (right - left) / values.shape[1]
                    y = top + (row + 0.5) * (bottom - top) / values.shape[0]
                    yield {"kind": "image", "x": x, "y": y, "low": value}
            elif isinstance(artist, Text) and artist.get_text() and artist.get_transform() is self.axes.transData:
                x, y = artist.get_position()
                yield {"kind": "text", "series": _plain(artist.get_text()), "x": x, "y": y}

    def _points(self, artist: Artist, kind: str, points: Any, color: Any) -> Iterator[Row]:
        name, row_names = self._name(artist, color), _row_names(self.axes)
        for x, y in np.asarray(points, float):
            row = _nearest(row_names, float(y))
            yield {"kind": kind, "series": _plain(row or name), "part": name if row else "", "x": x, "y": y}

    def _band(self, band: PolyCollection) -> Iterator[Row]:
        name = self._name(band, band.get_facecolor()[0] if len(band.get_facecolor()) else "none")
        for path in band.get_paths():
            ends = pd.DataFrame(np.asarray(path.vertices), columns=["x", "y"]).groupby("x")["y"].agg(["min", "max"])
            for x, (low, high) in zip(ends.index, ends.to_numpy(), strict=True):
                yield {"kind": "band", "series": name, "x": x, "low": low, "high": high}

    def _name(self, artist: Artist, color: Any) -> str:
        label = str(artist.get_label())
        if _UNNAMED.fullmatch(label):
            label = self.names_of_colors.get(to_hex(color), "")
        return _plain(label.removeprefix(_HIDDEN))


def _row_names(axes: Axes) -> list[tuple[float, str]]:
    """Return the positions and names of the rows, if the vertical axis names rows."""
    if not isinstance(axes.yaxis.get_major_locator(), FixedLocator):
        return []
    named = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    return [(float(place), label.get_text()) for place, label in named if label.get_text()]


def _nearest(row_names: Sequence[tuple[float, str]], place: float) -> str:
    return min(row_names, key=lambda row: abs(row[0] - place), default=(0.0, ""))[1]


def _plain(text: str) -> str:
    """Undo the wrapping and escaping of a string for Matplotlib."""
    one_line = text.replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "")
    return one_line.replace(r"\$", "$")
