"""Small multiples of a grid: a panel for each value of one key or two, with a line for each value of the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from runner.reporting.figures.drawing.axes import LEARNING_RATE, varying_axes
from runner.reporting.figures.drawing.names import key_names, shown_value
from runner.reporting.figures.drawing.styles import MOST_SHOWN

MOST_PANELS = 6
_MOST_KEYS = 3
_TOGETHER = 6  # maximum number of variants that share one panel


@dataclass(frozen=True)
class GridPanels:
    """Name of the key that distinguishes the lines and, for each variant, the key's value and the panel.

    Value and panel are, for example, ("0.1", "model.units=8"). The variants are in the order of the panels, and then of
    the values.
    """

    key: str
    cells: dict[str, tuple[str, str]]

    @property
    def named_cells(self) -> dict[str, tuple[str, str]]:
        """The cells, with the key in the heading of the panel: ("0.1", "model.units=8, by learning rate")."""
        return {variant: (value, f"{cell}, by {self.key}") for variant, (value, cell) in self.cells.items()}


def grid_panels(overrides: pd.DataFrame, variants: Sequence[str]) -> GridPanels | None:
    """Return the panels of a complete grid of two or three keys.

    The result is None if the variants do not form such a grid, are too few, or do not fit.

    The lines are the values of the key with the most values; if two keys have equally many, the lines are the learning
    rates. The panels are the values of the other key, or the combinations of the other two.

    Args:
        overrides: result of `overrides_frame`.
        variants: variant of each of its rows.
    """
    axes = varying_axes(overrides)
    varied = {key for key in overrides if len(overrides[key].unique()) > 1}
    if not 2 <= len(axes) <= _MOST_KEYS or varied != {axis.key for axis in axes}:
        return None
    *panel, line = sorted(axes, key=lambda axis: (len(axis.levels), axis.key == LEARNING_RATE))
    cells = [*product(*(axis.levels for axis in panel))]
    pairs = [(*cell, name) for cell in cells for name in line.levels]
    found = {*zip(*(overrides[axis.key] for axis in panel), overrides[line.key], variants, strict=True)}
    variant_of = {tuple(pair): variant for *pair, variant in found}
    is_complete = len(pairs) == len(found) == len(variant_of) == len({*variant_of.values()})
    fits = len(pairs) > _TOGETHER and len(cells) <= MOST_PANELS and len(line.levels) <= MOST_SHOWN
    short = [axis.key.rpartition(".")[2] for axis in axes]
    if not is_complete or not fits or len({*short}) < len(short):
        return None
    named = {pair: ",".join(f"{axis.key}={level}" for axis, level in zip(panel, pair, strict=False)) for pair in pairs}
    values = {level: shown_value(level) for level in line.levels}
    if len({*values.values()}) < len(values):
        values = {level: level for level in line.levels}
    found_cells = {variant_of[pair]: (values[pair[-1]], named[pair]) for pair in pairs}
    return GridPanels(key_names([line.key])[line.key], found_cells)
