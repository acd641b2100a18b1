"""Power of a cross-validated plan, by the corrected resampled t-test."""

from collections.abc import Iterator, Sequence

from runner.core.text import counted
from runner.records.job import Job
from runner.reporting.statistics.power import POWER, detectable_by_t
from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.statistics.significance.corrected_t import interval_reach


def fold_lines(jobs: Sequence[Job], comparisons: int) -> Iterator[str]:
    """Return sentences about the differences that a plan's folds can detect, and about folds that several seeds share.

    Args:
        jobs: jobs of all variants, which share their folds.
    """
    drawn = [job.config["dataset"] for job in jobs if job.fold is not None]
    folds, units = drawn[0]["folds"], len({(dataset["split_seed"], dataset["fold"]) for dataset in drawn})
    seeds = len({job.seed for job in jobs})
    if units < folds * seeds:
        yield f"dataset.split_seed fixes the folds, so the {seeds} seeds of a fold count as one value, their mean"
    if comparisons:
        reach = interval_reach(units, folds)
        smallest = detectable_by_t(reach, units, LEVEL / comparisons, POWER)
        yield (
            f"with {units} folds over {counted(comparisons, 'comparison')}, the corrected resampled t-test can detect "
            f"differences of at least {smallest:.2g} standard deviations over folds with {POWER:.0%} power"
        )
