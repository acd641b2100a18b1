"""Difference of a variant from its baseline, with its seeds, intervals and words, for figures and page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """A variant's difference from its baseline; numbers are in the metric's unit, NaN where unknown."""

    variant: str
    name: str  # without its cell of a grid and its data set
    cell: str  # of the grid, and the data set; "" if all variants have one baseline
    baseline: str  # without its cell, too; with its chosen values
    note: str  # chosen values, and runs that count as lost
    word: str  # the verdict: better, worse, equivalent or undecided; or training
    places: tuple[Sequence[int], Sequence[int]]  # of the compared runs in the summary: the variant's, the baseline's
    is_paired: bool
    by_seed: Mapping[Any, float]  # or by fold; without pairs, the difference from the baseline's mean
    estimate: float  # the mean; of paired times the median
    low: float  # of the 95% interval for these test examples
    high: float
    new_low: float  # of the 95% interval that also covers new test examples
    new_high: float
    text: str  # the estimate and its interval in words, in the unit that is shown: "+0.20 [+0.05, +0.35]"
