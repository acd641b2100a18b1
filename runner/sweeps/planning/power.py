"""Power warning: too few seeds for any difference to be significant."""

from runner.core.text import counted
from runner.reporting.statistics.attainability import LEVEL, least_text, seeds_needed, smallest_p


def power_warning(seeds: int, comparisons: int) -> str | None:
    """Return a warning if the seeds cannot reach significance, whatever the results, else None."""
    if comparisons < 1 or (smallest := smallest_p(seeds, comparisons)) < LEVEL:
        return None
    needed = seeds_needed(comparisons)
    return (
        f"{counted(seeds, 'seed')} cannot reach p < {LEVEL} over {counted(comparisons, 'comparison')}: a paired test "
        f"gives {least_text(smallest)} after Holm, whatever the results. {needed} seeds can (seeds={needed})."
    )
