"""Attainability: the smallest p value that a design can give, whatever comes out."""

import itertools

from runner.core.text import counted

LEVEL = 0.05  # of significance, after Holm
EXACT_PAIRS = 30  # up to here all 2^n flips count
FLIPS = 99_999  # drawn ones, beyond that


def smallest_p(pairs: int, comparisons: int) -> float:
    """Return the smallest Holm-adjusted p that a two-sided sign-flip or signed-rank test on so many pairs can give.

    All n differences have one sign: 2 of the 2^n flips are as extreme. Where flips are drawn, the observed one counts
    among them, so p is at least 1 / (drawn + 1). Holm multiplies the smallest p by the number of comparisons.

    Sources: Holm 1979, "A simple sequentially rejective multiple test procedure"; Phipson & Smyth 2010, "Permutation
    p-values should never be zero".
    """
    smallest = 0.5 ** (pairs - 1) if pairs <= EXACT_PAIRS else 1 / (FLIPS + 1)
    return min(1.0, smallest * comparisons)


def least_text(smallest: float) -> str:
    """Return what every p is, whose smallest is known: "p >= 0.0312"; there is none above 1."""
    return f"p >= {smallest:.3g}" if smallest < 1 else "p = 1"


def seeds_needed(comparisons: int) -> int:
    """Return the smallest number of seeds that can give p < 0.05."""
    return next(pairs for pairs in itertools.count(1) if smallest_p(pairs, comparisons) < LEVEL)


def cannot_decide(seeds: int, comparisons: int) -> str:
    """Return the sentence for a design that cannot reach significance: "6 seeds cannot decide over 3 comparisons"."""
    family = f" over {counted(comparisons, 'comparison')}" if comparisons > 1 else ""
    return f"{counted(seeds, 'seed')} cannot decide{family} ({seeds_needed(comparisons)} can)"
