"""Variant: one arm of a study, or one cell of a grid, with its tuning points."""

from dataclasses import dataclass, field

from runner.sweeps.planning.axis import Axis


@dataclass(frozen=True)
class Variant:
    """One arm of a study, or one cell of a grid."""

    name: str
    overrides: list[str]
    points: list[list[str]]  # overrides of each tuning point; empty if nothing is tuned
    named: bool = False  # whether the study names it; reports then use this name
    axes: dict[str, Axis] = field(default_factory=dict)  # axes that are tuned
    arm: str = ""  # its name in the study, without the cell of the grid
    source: str = ""  # source of variance that its runs measure; they are then not compared with other variants
    folds: int | None = None  # number of folds; every seed runs on each
