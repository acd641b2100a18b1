"""Attainable significance: the smallest p value that a design can reach whatever the results."""

import itertools

LEVEL = 0.05  # level of significance, after Holm's correction
CONFIDENCE = 0.95  # level of confidence of intervals
EXACT_PAIRS = 30  # maximum number of pairs for which all 2^n flips are enumerated
FLIPS = 99_999  # number of random flips for more pairs


def smallest_p(pairs: int, comparisons: int) -> float:
    """Return the smallest Holm-adjusted p value that a two-sided sign-flip or signed-rank test can reach.

    If all n differences have one sign, 2 of the 2^n flips are as extreme as the observed one. Random flips include the
    observed one, so p is at least 1 / (FLIPS + 1). Holm's method multiplies the smallest p value by the number of
    comparisons.

    Sources: Holm 1979, "A simple sequentially rejective multiple test procedure"; Phipson & Smyth 2010, "Permutation
    p-values should never be zero".
    """
    smallest = 0.5 ** (pairs - 1) if pairs <= EXACT_PAIRS else 1 / (FLIPS + 1)
    return min(1.0, smallest * comparisons)


def smallest_equivalence_p(pairs: int, comparisons: int) -> float:
    """Return the smallest Holm-adjusted p value that two one-sided tests for equivalence can reach.

    If all shifted differences have one sign, 1 of the 2^n flips is as extreme as the observed one.
    """
    return min(1.0, comparisons * (0.5**pairs if pairs <= EXACT_PAIRS else 1 / (FLIPS + 1)))


def seeds_needed(comparisons: int) -> int:
    """Return the smallest number of seeds that can reach p < 0.05."""
    return next(pairs for pairs in itertools.count(1) if smallest_p(pairs, comparisons) < LEVEL)


FEWEST_SEEDS = seeds_needed(1)  # 6: an exact two-sided test on 5 pairs gives p of at least 2 / 2^5 = 0.0625
FEWEST_FOLDS = 2
