"""Styles of variants, the same in every figure of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex

from runner.reporting.figures.drawing.canvas import BASELINE_COLOR, DASHES, MARKERS, PALETTE

MOST_SHOWN = 12  # maximum number of distinguishable lines
_PICKED = 6  # number of best variants that are highlighted if there are more than MOST_SHOWN
STAR: dict[str, Any] = {"markersize": 9, "markeredgecolor": "black", "markeredgewidth": 0.6}  # marks a chosen value


@dataclass(frozen=True)
class Style:
    """Colour, dash pattern and marker of a variant; if `shown`, the variant is highlighted and named in the legend."""

    color: str
    dash: str
    marker: str
    shown: bool = True


_LIGHTEST = 0.82  # part of the colour map that is dark enough for lines
_FAINT = Style("0.75", "-", ".", shown=False)


def variant_styles(
    variants: Sequence[str], ranked: Sequence[str], baseline: str | None, most: int = MOST_SHOWN
) -> dict[str, Style]:
    """Return the variants' styles: the baseline is dark grey, and the others have colours.

    With more than `most` variants, only the baseline and the best are highlighted.

    Args:
        ranked: the variants by validation, best first.
    """
    shown = list(variants)
    if len(variants) > most:
        picked = {baseline, *ranked[:_PICKED]}
        shown = [variant for variant in variants if variant in picked]
    styles = dict.fromkeys(variants, _FAINT)
    if baseline in styles:
        styles[baseline] = Style(BASELINE_COLOR, DASHES[0], MARKERS[0])
    for position, variant in enumerate(variant for variant in shown if variant != baseline):
        lap = position // len(PALETTE)  # a repeated colour gets a different marker and dash pattern
        kinds = (position % len(PALETTE), lap % len(DASHES), (position + lap) % len(MARKERS))
        styles[variant] = Style(PALETTE[kinds[0]], DASHES[kinds[1]], MARKERS[kinds[2]])
    return styles


def ordered_styles(values: Sequence[str]) -> dict[str, Style]:
    """Return the styles of numbers, with colours from dark to light in ascending order."""
    colors = mpl.colormaps["viridis"](np.linspace(0, _LIGHTEST, len(values)))
    in_order = sorted(values, key=float)
    return {
        value: Style(to_hex(color), DASHES[0], MARKERS[place % len(MARKERS)])
        for place, (value, color) in enumerate(zip(in_order, colors, strict=True))
    }
