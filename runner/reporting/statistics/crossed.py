"""Crossed variance: the error of a mean over seeds and test examples, with respect to new seeds and new examples."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.ties import Values


@dataclass(frozen=True)
class Sample:
    """Values of the given seeds on the same test examples, accumulated one seed at a time."""

    seeds: int
    mean: float
    from_seeds: float  # variance of the mean, from the spread of the seeds
    from_examples: float  # variance of the mean, from the spread of the examples
    one_seed: float  # variance of one seed's value, from the spread of the examples; mean over the seeds
    parts: Values  # means over the seeds

    @classmethod
    def of(cls, values: Sequence[float], parts: Iterable[Values], *, is_mean: bool) -> Self:
        """Accumulate two or more seeds.

        Args:
            values: one per seed.
            parts: for each seed its values by example, or its values in bootstrap resamples of the examples that all
                seeds share.
            is_mean: whether a seed's value is the mean of its parts; its variance is then the variance of the parts
                divided by their number. Resamples show the variance of the value itself.
        """
        total, one_seed = np.zeros(()), 0.0
        for own in parts:
            total = total + own
            one_seed += variance_of_parts(own, is_mean=is_mean) / len(values)
        mean = total / len(values)
        return cls(
            seeds=len(values),
            mean=float(np.mean(values)),
            from_seeds=float(np.var(values, ddof=1)) / len(values),
            from_examples=variance_of_parts(mean, is_mean=is_mean),
            one_seed=one_seed,
            parts=mean,
        )

    @property
    def residual(self) -> float:
        """The residual mean square / (seeds x examples): the part of both variances that no main effect explains."""
        return max(0.0, (self.one_seed - self.from_examples) / (self.seeds - 1))


@dataclass(frozen=True)
class Crossed:
    """Variance of an estimate over new seeds and new test examples, which are crossed.

    Every seed is evaluated on every example. The spread of the seeds contains their main effect and the residual; the
    spread of the examples contains theirs and the residual. The sum counts the residual twice, so it is subtracted
    once. The result is at least the larger of the two.

    Sources: Searle, Casella & McCulloch 1992, "Variance Components", ch. 4; Owen 2007, "The pigeonhole bootstrap"
    (bootstraps of both factors count the residual three times).
    """

    from_seeds: float
    from_examples: float
    residual: float
    seeds_freedom: float
    examples_freedom: float

    @classmethod
    def paired(cls, differences: Sample, examples: int) -> Self:
        """Return the variance of the paired differences of two variants."""
        return cls(
            from_seeds=differences.from_seeds,
            from_examples=differences.from_examples,
            residual=differences.residual,
            seeds_freedom=differences.seeds - 1,
            examples_freedom=examples - 1,
        )

    @classmethod
    def unpaired(cls, one: Sample, other: Sample, examples: int, *, is_mean: bool) -> Self:
        """Return the variance of the difference of two variants with different seeds and common test examples."""
        sides = one, other
        from_seeds = sum(side.from_seeds for side in sides)
        freedom = _satterthwaite(from_seeds, [(side.from_seeds, side.seeds - 1) for side in sides])
        return cls(
            from_seeds=from_seeds,
            from_examples=variance_of_parts(one.parts - other.parts, is_mean=is_mean),
            residual=sum(side.residual for side in sides),
            seeds_freedom=freedom,
            examples_freedom=examples - 1,
        )

    @property
    def variance(self) -> float:
        """Variance over new seeds and new examples."""
        return max(self.from_seeds + self.from_examples - self.residual, self.from_seeds, self.from_examples)

    @property
    def test_set_share(self) -> float:
        """Share of the variance from the test set, which additional seeds do not reduce; NaN without a variance."""
        return 1 - self.from_seeds / self.variance if self.variance else math.nan

    @property
    def reach(self) -> float:
        """Half-width of the 95% t-interval; NaN if nothing varies.

        The degrees of freedom are Satterthwaite's approximation (1946). The interval is kept at least as wide as the
        intervals over seeds or examples alone; otherwise, its larger degrees of freedom could make it narrower.
        """
        known = [(self.from_seeds, self.seeds_freedom), (self.from_examples, self.examples_freedom)]
        terms = [*known, (self.residual, self.seeds_freedom * self.examples_freedom)]
        freedom = _satterthwaite(self.variance, terms)
        if self.variance == self.from_seeds:
            freedom = self.seeds_freedom
        elif self.variance == self.from_examples:
            freedom = self.examples_freedom
        return max(_reach(variance, own) for variance, own in [*known, (self.variance, freedom)]) or math.nan


def variance_of_parts(parts: Values, *, is_mean: bool) -> float:
    """Return the variance of a value from its parts by example or in resamples (see `Sample.of`)."""
    return float(np.var(parts, ddof=1)) / (len(parts) if is_mean else 1)


def _satterthwaite(variance: float, terms: Sequence[tuple[float, float]]) -> float:
    """Return the degrees of freedom of a sum of variances with their own degrees of freedom; NaN for a sum of 0."""
    scale = sum(own**2 / freedom for own, freedom in terms)
    return variance**2 / scale if scale else math.nan


def _reach(variance: float, freedom: float) -> float:
    if not variance:
        return 0.0
    return float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * math.sqrt(variance)
