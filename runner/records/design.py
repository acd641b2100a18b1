"""Design of a study's comparisons: the correction of p values, and planned looks at a growing number of seeds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from runner.config.ranges import TwoOrMore

Correction = Literal["max_t", "holm"]
CORRECTIONS: tuple[Correction, ...] = get_args(Correction)
CORRECTION_NAMES: dict[Correction, str] = {"max_t": "max-T", "holm": "Holm"}  # shown in tables
Spending = Literal["pocock", "obrien_fleming"]
MOST_SEEDS = 10_000
MOST_FOLDS = 1_000
Folds = Annotated[TwoOrMore, Field(le=MOST_FOLDS)]  # number of folds of cross-validation


def _increasing(sizes: list[int]) -> list[int]:
    if sizes != sorted({*sizes}):
        raise ValueError("must increase")
    return sizes


Sizes = Annotated[
    list[Annotated[int, Field(ge=2, le=MOST_SEEDS)]], Field(min_length=1, max_length=100), AfterValidator(_increasing)
]


@dataclass(frozen=True)
class Looks:
    """Planned looks at the seeds 0, 1, 2, ...: the number of seeds for each, and the error-spending function.

    Source of the spending functions, which approximate the designs of Pocock and of O'Brien and Fleming: Lan & DeMets
    1983, "Discrete sequential boundaries for clinical trials".
    """

    sizes: Sizes  # numbers of seeds; the last one is all seeds of the plan
    spending: Spending = "pocock"

    def spent(self, look: int, level: float) -> float:
        """Return the error that may be spent up to a look, counted from 0; all of the level at the last one.

        Error that a look cannot spend, because the p values of few seeds are coarse, remains for the next look.
        """
        if look == len(self.sizes) - 1:
            return level
        return SPENDING[self.spending](level, self.sizes[look] / self.sizes[-1])


def _pocock(level: float, share: float) -> float:
    return level * math.log1p((math.e - 1) * share)


def _obrien_fleming(level: float, share: float) -> float:
    # Half of the level on each side; erfc(x / sqrt(2)) is twice the normal tail beyond x.
    return 2 * math.erfc(-NormalDist().inv_cdf(level / 4) / math.sqrt(2 * share))


SPENDING: dict[Spending, Callable[[float, float], float]] = {"pocock": _pocock, "obrien_fleming": _obrien_fleming}


Sampler = Literal["grid", "random", "sobol", "tpe", "cmaes", "gp"]
LEARNING: tuple[Sampler, ...] = ("tpe", "cmaes", "gp")  # samplers that choose points based on earlier results
