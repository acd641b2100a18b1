"""Power of a plan: the differences that its seeds can detect, and a warning if they can detect none."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runner.core.text import counted
from runner.records.design import CORRECTION_NAMES, Correction, Looks
from runner.reporting.comparison.decision import least_text
from runner.reporting.metrics import detectable_text
from runner.reporting.statistics.power import POWER, Design, detectable
from runner.reporting.statistics.significance.attainability import (
    LEVEL,
    seeds_needed,
    smallest_equivalence_p,
    smallest_p,
)


@dataclass(frozen=True)
class Planned:
    """The design of a plan's tests."""

    seeds: int
    comparisons: int
    correction: Correction = "max_t"
    looks: Looks | None = None
    has_margin: bool = False  # whether the study also tests for equivalence
    datasets: Mapping[str, str] = field(default_factory=dict)  # data set of each compared variant; empty: one for all

    @property
    def tests(self) -> int:
        """The factor of the smallest p value in the correction: 1 for joint flips, for any number of comparisons."""
        return 1 if self.correction == "max_t" else self.comparisons

    @property
    def over(self) -> str:
        """The size of the family in words."""
        return f" over {counted(self.comparisons, 'comparison')}"


@dataclass(frozen=True)
class Pilot:
    """Earlier runs of the planned variants."""

    metric: str
    differences: Mapping[str, Mapping[int, float]] = field(default_factory=dict)  # differences of each variant, by seed


def power_warning(plan: Planned) -> str | None:
    """Return a warning if the seeds cannot reach significance, whatever the results, else None."""
    if plan.comparisons < 1 or (smallest := smallest_p(plan.seeds, plan.tests)) < LEVEL:
        return None
    needed = seeds_needed(plan.tests)
    is_possible = plan.seeds >= seeds_needed(1) and smallest_equivalence_p(plan.seeds, plan.tests) < LEVEL
    equivalence = " They can show equivalence." if is_possible else " Nor can they show equivalence."
    after = f" by {CORRECTION_NAMES[plan.correction]}" if plan.comparisons > 1 else ""
    return (
        f"{counted(plan.seeds, 'seed')} cannot reach p < {LEVEL}{plan.over}: a paired test gives "
        f"{least_text(smallest)}{after}, whatever the results. {needed} seeds can (seeds={needed})."
        f"{equivalence * plan.has_margin}"
    )


def power_lines(plan: Planned, pilot: Pilot) -> Iterator[str]:
    """Return sentences about the differences that the seeds can detect, and about looks that can detect none."""
    if plan.comparisons < 1 or smallest_p(plan.seeds, plan.tests) >= LEVEL:
        return
    known = {variant: own for variant, own in pilot.differences.items() if not math.isnan(_spread(own))}
    found = _detectable(plan, known)
    varies = known or max(map(len, pilot.differences.values()), default=0) < 2
    if varies and not any(map(math.isnan, found)):
        if known:
            spreads, _ = _span([_spread(own) for own in known.values()], pilot.metric)
            pairs = counted(min(map(len, known.values())), "earlier seed")
            about = f" (std of the paired difference {spreads}, from {pairs})"
            shown = _by_dataset([plan.datasets.get(variant, "") for variant in known], found, pilot.metric)
        else:
            shown, about = f"{found[0]:.2g} standard deviations of a paired difference", ""
        seeds = counted(plan.seeds, "seed")
        yield f"with {seeds}{plan.over}, differences of at least {shown} can be detected with {POWER:.0%} power{about}"
    if idle := idle_looks(plan):
        looks = f"the look{'s' * (len(idle) > 1)} at {' and '.join(map(str, idle))} seeds"
        never = "with so few seeds, p is never below the error that may be spent by then"
        yield f"{looks} cannot detect any difference: {never}"


def idle_looks(plan: Planned) -> list[int]:
    """Return the sizes of the planned looks that cannot detect any difference, whatever the results."""
    if plan.looks is None:
        return []
    sizes = plan.looks.sizes
    level = LEVEL / plan.tests
    return [size for look, size in enumerate(sizes) if smallest_p(size, 1) >= plan.looks.spent(look, level)]


def _detectable(plan: Planned, known: Mapping[str, Mapping[int, float]]) -> list[float]:
    """Return the smallest detectable difference of each known comparison.

    If none is known, return that of the comparison with the least power, in standard deviations.
    """
    joint = plan.correction == "max_t"
    level = LEVEL / plan.tests
    differences = [*known.values()]
    # With looks, simulating each comparison would take seconds.
    if len(known) == plan.comparisons and plan.looks is None:
        if not joint:
            return [detectable(Design.of([own], level), 0, plan.seeds) for own in differences]
        design = Design.of(differences, level, datasets=[plan.datasets.get(variant, "") for variant in known])
        return [detectable(design, place, plan.seeds) for place in range(plan.comparisons)]
    datasets = [*plan.datasets.values()] if joint else []
    design = Design.normal(plan.comparisons if joint else 1, level, plan.looks, datasets)
    of_sizes = {len(places): int(places[0]) for places in design.groups}  # data sets with as many comparisons are alike
    factors = {size: detectable(design, place, plan.seeds) for size, place in of_sizes.items()}
    if not known:
        return [max(factors.values())]
    sizes = [datasets.count(plan.datasets[variant]) if datasets else len(design.spreads) for variant in known]
    return [factors[size] * _spread(own) for size, own in zip(sizes, differences, strict=True)]


def _spread(differences: Mapping[int, float]) -> float:
    """Return the standard deviation of a comparison's differences; NaN if it is unknown."""
    return float(Design.of([differences]).spreads[0])


def _by_dataset(datasets: Sequence[str], values: Sequence[float], metric: str) -> str:
    """Return the range of differences in words, for each data set if there are several."""
    own: dict[str, list[float]] = {}
    for dataset, value in zip(datasets, values, strict=True):
        own.setdefault(dataset, []).append(value)
    spans = {dataset: " ".join(_span(found, metric)).rstrip() for dataset, found in own.items()}
    return ", ".join(f"{span}{f' on {dataset}' * (len(spans) > 1)}" for dataset, span in spans.items())


def _span(values: list[float], metric: str) -> tuple[str, str]:
    """Return the range of some sizes, such as "0.11 to 0.18", and their unit."""
    ends = [detectable_text(end, metric).partition(" ") for end in (min(values), max(values))]
    return " to ".join(dict.fromkeys(end for end, _, _ in ends)), ends[0][2]
