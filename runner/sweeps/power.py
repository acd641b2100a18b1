"""Whether a number of seeds can show a difference at all."""

import itertools

from runner.config.plural import counted

_LEVEL = 0.05


def smallest_p(pairs: int, comparisons: int) -> float:
    """Return the smallest Holm-adjusted p that an exact two-sided sign-flip test on so many pairs can give.

    All n differences have one sign: 2 of the 2^n flips are as extreme. Holm multiplies the smallest p by the number of
    comparisons (Holm 1979, "A simple sequentially rejective multiple test procedure").
    """
    return min(1.0, 0.5 ** (pairs - 1) * comparisons)


def seeds_needed(comparisons: int) -> int:
    """Return the smallest number of seeds that can give p < 0.05."""
    return next(pairs for pairs in itertools.count(1) if smallest_p(pairs, comparisons) < _LEVEL)


def power_warning(seeds: int, comparisons: int) -> str | None:
    """Return what to tell someone whose seeds cannot reach significance, whatever comes out; None if they can."""
    if comparisons < 1 or seeds >= (needed := seeds_needed(comparisons)):
        return None
    return (
        f"{counted(seeds, 'seed')} cannot reach p < {_LEVEL} over {counted(comparisons, 'comparison')}: an exact "
        f"paired test gives p >= {smallest_p(seeds, comparisons):.3g} after Holm, whatever comes out. "
        f"{needed} seeds can (seeds={needed})."
    )
