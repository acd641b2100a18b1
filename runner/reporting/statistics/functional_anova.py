"""Functional analysis of variance (fANOVA): shares of a score's variance that individual factors explain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc, sobol_indices

Array = npt.NDArray[np.float64]

_TREES = 64  # the same number as in Optuna
_MOST_DRAWN = 1000  # maximum number of trials for one tree
_SAMPLE = 9  # 2^9 points of a quasi-random sample
_BITS = 30  # bits of a Sobol number


@dataclass(frozen=True)
class Factor:
    """A factor of the analysis: a number between 0 and 1, or levels, each of which has an equal share of 0 to 1."""

    levels: int = 0  # number of levels; 0 for a number
    is_ordered: bool = True  # whether the order of the levels is meaningful

    def columns(self, places: Array) -> Array:
        """Return a row per position: the number, the level's number, or a column for each level."""
        if not self.levels:
            return places[:, None]
        codes = np.clip((places * self.levels).astype(int), 0, self.levels - 1)
        columns: Array = codes[:, None].astype(float) if self.is_ordered else np.eye(self.levels)[codes]
        return columns


@dataclass(frozen=True)
class FunctionalAnova:
    """Shares of the variance of each tree in a forest; rows are trees, and columns are factors."""

    alone: Array  # the share that a factor explains alone, averaged over the others (first-order Sobol index)
    with_interactions: Array  # the share including all its interactions (total Sobol index)
    r_squared: float  # share of the variance that the forest explains in unseen trials


def functional_anova(places: Array, scores: Array, factors: Sequence[Factor], seed: int = 0) -> FunctionalAnova:
    """Fit a random forest to trials and divide the variance of its trees among the factors.

    Each tree sees a bootstrap sample of the trials, so the spread over the trees shows how much the shares depend on
    the given trials. Trees without variance are omitted.

    Args:
        places: (trials, factors), each between 0 and 1.
        scores: (trials,), finite and not all equal.
        factors: one for each column.
        seed: seed of the forest.

    Source: Hutter, Hoos & Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter Importance"; Sobol
    indices as in Saltelli et al. 2010. The shares equal those of Optuna's FanovaImportanceEvaluator.
    """
    from sklearn.ensemble import RandomForestRegressor  # takes a third of a second, and most reports do not need it

    forest = RandomForestRegressor(
        _TREES, oob_score=True, max_samples=min(len(scores), _MOST_DRAWN), random_state=seed
    ).fit(_encoded(places, factors), (scores - scores.mean()) / scores.std())
    count, size = len(factors), 2**_SAMPLE
    sample = _encoded(_sample(count), factors).astype(np.float32)
    values = np.array([tree.predict(sample, check_input=False) for tree in forest.estimators_])
    values = values[np.ptp(values, axis=1) > 0]
    first, second, mixed = np.split(values, [size, 2 * size], axis=1)
    of_factors = mixed.reshape(len(values), count, size).swapaxes(0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        indices = sobol_indices(func={"f_A": first, "f_B": second, "f_AB": of_factors}, n=size)
    # An estimated index may lie slightly outside the range.
    alone, total = (np.clip(shares, 0, 1) for shares in (indices.first_order, indices.total_order))
    known = np.isfinite(alone).all(axis=1) & np.isfinite(total).all(axis=1)
    return FunctionalAnova(alone[known], total[known], float(forest.oob_score_))


def _encoded(places: Array, factors: Sequence[Factor]) -> Array:
    return np.hstack([factor.columns(places[:, place]) for place, factor in enumerate(factors)])


def _sample(count: int) -> Array:
    """Return the points that Sobol indices need: two samples, and copies of one with one column each from the other."""
    points = qmc.Sobol(2 * count, scramble=False, bits=_BITS).random_base2(_SAMPLE) + 0.5 / 2**_SAMPLE
    first, second = points[:, :count], points[:, count:]
    mixed = [np.where(np.arange(count) == column, second, first) for column in range(count)]
    return np.concatenate([first, second, *mixed])
