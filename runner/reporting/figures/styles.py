"""How each variant looks: the same in every figure of a report."""

from collections.abc import Sequence
from dataclasses import dataclass

from runner.reporting.figures.canvas import DASHES, MARKERS, PALETTE

MOST_SHOWN = 12  # variants that lines can tell apart
_PICKED = 6  # of more than those


@dataclass(frozen=True)
class Style:
    """A variant's colour, dash and marker, which differ in grey print too; `shown`: it stands out, and has a name."""

    color: str
    dash: str
    marker: str
    shown: bool = True


_FAINT = Style("0.75", "-", ".", shown=False)


def variant_styles(
    variants: Sequence[str], ranked: Sequence[str], baseline: str | None, most: int = MOST_SHOWN
) -> dict[str, Style]:
    """Return the variants' styles; of more than a figure can hold, the baseline and the best ones stand out.

    Args:
        ranked: the variants by validation, the best first.
    """
    shown = list(variants)
    if len(variants) > most:
        picked = {baseline, *ranked[:_PICKED]}
        shown = [variant for variant in variants if variant in picked]
    styles = dict.fromkeys(variants, _FAINT)
    for position, variant in enumerate(shown):
        lap = position // len(PALETTE)  # a colour that comes again has another marker, and another dash
        kinds = (position % len(PALETTE), position % len(DASHES), (position + lap) % len(MARKERS))
        styles[variant] = Style(PALETTE[kinds[0]], DASHES[kinds[1]], MARKERS[kinds[2]])
    return styles
