"""Difference of a variant from its baseline, with its seeds, intervals and wording, for figures and the page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_VISIBLE = 0.005  # smallest visible increase of an interval's width


@dataclass(frozen=True)
class Difference:
    """A variant's difference from its baseline; numbers are in the metric's unit, NaN where unknown."""

    variant: str
    name: str  # name of the variant without its cell of a grid and its data set
    cell: str  # cell of the grid, and data set; "" if all variants have one baseline
    baseline: str  # name of the baseline, without its cell but with its chosen values
    note: str  # chosen values, and runs that count as lost
    word: str  # verdict: better, worse, equivalent, undecided, or training
    places: tuple[Sequence[int], Sequence[int]]  # compared runs in the summary: variant, baseline
    is_paired: bool
    by_seed: Mapping[Any, float]  # differences by seed or fold; without pairs, from the baseline's mean
    estimate: float  # mean difference; median for paired times
    low: float  # lower end of the 95% interval for these test examples
    high: float
    new_low: float  # lower end of the 95% interval that also covers new test examples
    new_high: float
    text: str  # the estimate and its interval in the displayed unit: "+0.20 [+0.05, +0.35]"
    beyond: str = ""  # whether a difference is shown to exceed the margin; "" without a margin or a difference
    why: str = ""  # basis of the verdict: "p = 0.080", "too few seeds"; see `short_reason`

    @property
    def is_known(self) -> bool:
        """Whether any seed or fold has a difference."""
        return any(map(math.isfinite, self.by_seed.values()))

    @property
    def is_wider_for_new(self) -> bool:
        """Whether the interval that also covers new test examples is visibly wider than the one for these."""
        return self.new_high - self.new_low > (1 + _VISIBLE) * (self.high - self.low)
