"""Variant: one arm of a study, or one cell of a grid, with the points at which it is tuned."""

from dataclasses import dataclass, field

from runner.sweeps.planning.axis import Axis


@dataclass(frozen=True)
class Variant:
    """One arm of a study, or one cell of a grid."""

    name: str
    overrides: list[str]
    points: list[list[str]]  # the overrides of each tuning point; empty: nothing is tuned
    named: bool = False  # by the study; reports use this name
    axes: dict[str, Axis] = field(default_factory=dict)  # that are tuned
    arm: str = ""  # the name in the study, without the cell of the grid
    source: str = ""  # of the variance that is measured, if the runs are not compared with other variants
    folds: int | None = None  # on each of which every seed runs
