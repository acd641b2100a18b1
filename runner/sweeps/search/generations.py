"""Generations of an evolution strategy: their size, and the axes that it searches."""

import math
from collections.abc import Mapping

from runner.sweeps.planning.axis import Axis


def dimensions(axes: Mapping[str, Axis]) -> list[str]:
    """Return the axes that CMA-ES searches; values of the others are drawn at random."""
    return [key for key, axis in axes.items() if axis.is_ordered and axis.when is None]


def population(axes: Mapping[str, Axis]) -> int:
    """Return the number of trials in a generation (Hansen 2016, "The CMA Evolution Strategy: A Tutorial", eq. 48)."""
    return 4 + math.floor(3 * math.log(max(2, len(dimensions(axes)))))
