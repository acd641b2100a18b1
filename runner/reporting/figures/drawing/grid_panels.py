"""Small multiples of a grid: a panel for each value of one key, with a line for each value of the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from runner.reporting.figures.drawing.axes import LEARNING_RATE, is_grid, varying_axes
from runner.reporting.figures.drawing.styles import MOST_SHOWN

MOST_PANELS = 6
_TOGETHER = 6  # maximum number of variants that share one panel


@dataclass(frozen=True)
class GridPanels:
    """Short form of the key that distinguishes the lines and, for each variant, the key's value and the panel.

    Value and panel are, for example, ("0.1", "model.units=8"). The variants are in the order of the panels, and then of
    the values.
    """

    key: str
    cells: dict[str, tuple[str, str]]

    @property
    def named_cells(self) -> dict[str, tuple[str, str]]:
        """The cells, with the key included in the variant's name: ("learning_rate=0.1", "model.units=8")."""
        return {variant: (f"{self.key}={value}", cell) for variant, (value, cell) in self.cells.items()}


def grid_panels(overrides: pd.DataFrame, variants: Sequence[str]) -> GridPanels | None:
    """Return the panels of a complete grid of two keys.

    The result is None if the variants do not form such a grid, are too few, or do not fit.

    The panels are the values of the key with fewer values; if both keys have equally many, the lines are the learning
    rates.

    Args:
        overrides: result of `overrides_frame`.
        variants: variant of each of its rows.
    """
    axes = varying_axes(overrides)
    if not is_grid(axes, overrides):
        return None
    panel, line = sorted(axes, key=lambda axis: (len(axis.levels), axis.key == LEARNING_RATE))
    pairs = [(cell, name) for cell in panel.levels for name in line.levels]
    found = {*zip(overrides[panel.key], overrides[line.key], variants, strict=True)}
    variant_of = {(cell, name): variant for cell, name, variant in found}
    is_complete = len(pairs) == len(found) == len(variant_of) == len({*variant_of.values()})
    fits = len(pairs) > _TOGETHER and len(panel.levels) <= MOST_PANELS and len(line.levels) <= MOST_SHOWN
    short = [axis.key.rpartition(".")[2] for axis in (panel, line)]
    if not is_complete or not fits or short[0] == short[1]:
        return None
    return GridPanels(short[1], {variant_of[pair]: (pair[1], f"{panel.key}={pair[0]}") for pair in pairs})
