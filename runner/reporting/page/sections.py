"""Sections of the page: their order, their requirements, and the section of each figure."""

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass, replace

from runner.reporting.sentences.captions import TUNING_CAPTIONS

SECTIONS = {
    "verdict": "Verdict", "charts": "Charts", "variants": "Variants", "in-full": "Verdicts in full",
    "settings": "Configuration", "data-sets": "Data sets", "effects": "Effects", "tuning": "Tuning", "looks": "Looks",
    "variance": "Sources of variance", "runs": "Runs", "figures": "Figures", "failures": "Failures",
    "left-out": "Left out", "environment": "Environment", "again": "Reproduce",
}  # fmt: skip
NEEDS = {
    "in-full": "verdicts", "charts": "chart_data", "settings": "settings", "data-sets": "tasks", "effects": "effects",
    "tuning": "is_tuned", "looks": "looks", "variance": "variance", "failures": "failures", "left-out": "left_out",
}  # fmt: skip
"""Content without which a section is absent; the others are always there."""
REPLACED = (
    "forest", "difference_over_time", "accuracy", "loss", "negative_log_likelihood", "learning_rate",
)  # fmt: skip
"""Figures that a chart replaces."""
_PLACES = {
    **dict.fromkeys([*TUNING_CAPTIONS, "sensitivity"], "tuning"), "interaction": "effects", "heat_map": "verdict",
    "critical_difference": "data-sets", "performance_profile": "data-sets", "aggregate_scores": "data-sets",
    "probability_of_improvement": "data-sets", "score_by_time": "data-sets", "variance_sources": "variance",
}  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """A figure of the page; `address` is its SVG as a data URL."""

    stem: str
    caption: str
    address: str
    wide: bool
    alt: str
    alone: bool = False  # whether its caption fills the rest of its row, because no other figure does


def placed(
    drawings: Sequence[Drawing], sections: Container[str], replaced: Collection[str]
) -> dict[str, list[Drawing]]:
    """Return the figures of each section; figures of an absent section are in the section Figures.

    Args:
        replaced: figures that charts replace.
    """
    places: dict[str, list[Drawing]] = {anchor: [] for anchor in SECTIONS}
    for figure in drawings:
        own = _PLACES.get(figure.stem, "figures")
        places[own if own in sections else "figures"].append(figure)
    return {anchor: _with_full_rows(figures, replaced) for anchor, figures in places.items()}


def _with_full_rows(figures: Sequence[Drawing], replaced: Collection[str]) -> list[Drawing]:
    """Mark figures without a neighbour: a narrow figure stands next to a wide one, and three narrow ones in a row."""
    shown = [figure for figure in figures if figure.stem not in replaced]
    wide = [figure for figure in shown if figure.wide]
    alone = shown if len(shown) == 1 else wide[len(shown) - len(wide) :]
    return [replace(figure, alone=figure in alone) for figure in figures]
