"""Power warning: too few seeds for any difference to be significant."""

from runner.core.text import counted
from runner.reporting.statistics.attainability import (
    LEVEL,
    least_text,
    seeds_needed,
    smallest_equivalence_p,
    smallest_p,
)


def power_warning(seeds: int, comparisons: int, *, has_margin: bool = False) -> str | None:
    """Return a warning if the seeds cannot reach significance, whatever the results, else None.

    Args:
        has_margin: whether the study asks for equivalence, too, which the warning then covers.
    """
    if comparisons < 1 or (smallest := smallest_p(seeds, comparisons)) < LEVEL:
        return None
    needed = seeds_needed(comparisons)
    is_possible = seeds >= seeds_needed(1) and smallest_equivalence_p(seeds, comparisons) < LEVEL
    equivalence = " They can show equivalence." if is_possible else " Nor can they show equivalence."
    return (
        f"{counted(seeds, 'seed')} cannot reach p < {LEVEL} over {counted(comparisons, 'comparison')}: a paired test "
        f"gives {least_text(smallest)} after Holm, whatever the results. {needed} seeds can (seeds={needed})."
        f"{equivalence * has_margin}"
    )
