"""Equivalence: tests of a difference against a margin."""

import math
from collections.abc import Callable

from runner.reporting.statistics.ties import Values

HigherP = Callable[[Values, Values], float]  # one-sided p value for the claim that the first sample is higher


def equivalence_p(higher_p: HigherP, one: Values, other: Values, margin: float) -> float:
    """Return the p value for a difference within the margin: above -margin and below it (two one-sided tests).

    Each one-sided test shifts one sample by the margin. Both tests must be significant, so the larger p value counts.

    Source: Schuirmann 1987, "A comparison of the two one-sided tests procedure and the power approach for assessing
    the equivalence of average bioavailability".

    Args:
        higher_p: the one-sided test.
        one: one value per run; infinite for a diverged run, which stays infinite when shifted.
        other: values of the other sample.
        margin: margin in the unit of the values, above 0.
    """
    sides = higher_p(one + margin, other), higher_p(other + margin, one)
    return math.nan if any(map(math.isnan, sides)) else max(sides)


def beyond_p(higher_p: HigherP, one: Values, other: Values, margin: float) -> float:
    """Return the two-sided p value for a difference beyond the margin, on either side; arguments as for equivalence.

    It is twice the smaller p value of two one-sided tests. With a margin of 0, it would be the p value for a
    difference.
    """
    sides = higher_p(one - margin, other), higher_p(other - margin, one)
    return math.nan if any(map(math.isnan, sides)) else min(1.0, 2 * min(sides))


def against_margin(higher_p: HigherP, one: Values, other: Values, margin: float | None) -> dict[str, float]:
    """Return both p values by name, as fields of a comparison; empty without a margin."""
    tests = {"p_equivalence": equivalence_p, "p_beyond": beyond_p}
    return {} if margin is None else {name: test(higher_p, one, other, margin) for name, test in tests.items()}
