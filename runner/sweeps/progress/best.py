"""Best variant so far, by validation, while other variants are still training."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Self

from runner.records.job import Job
from runner.records.record import DONE
from runner.reporting.statistics.ties import best_first, places
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.study import Chosen

_LONG_NUMBER = re.compile(r"\b\d+\.\d{7,}(?:e[+-]?\d+)?\b")


@dataclass(frozen=True)
class Best:
    """The best variant and its mean."""

    variant: str
    metric: str
    mean: float
    seeds: int  # number of completed runs
    dataset: str | None = None  # the data set, if there are several

    @classmethod
    def of(cls, ended: Iterable[tuple[str, Outcome]], chosen: Chosen) -> Self | None:
        """Return the variant with the best mean over its completed runs; in a tie, the first.

        A diverged run counts as lost: a variant with a larger share of such runs ranks below one with a smaller share.
        Return None if no run completed, or fewer than two variants have ended.

        Args:
            ended: names of variants, each with the outcome of a run, in any order.
            chosen: the metric, and whether higher or lower values of it are better.
        """
        scores: dict[str, list[float]] = {}
        diverged: Counter[str] = Counter()
        for variant, outcome in ended:
            score = outcome.validation.get(chosen.metric)
            if outcome.status == "completed" and score is not None:
                scores.setdefault(variant, []).append(score)
            diverged[variant] += outcome.status == "diverged"
        if not scores or len(scores.keys() | +diverged) < 2:
            return None
        means = [fmean(values) for values in scores.values()]
        shares = [diverged[variant] / (diverged[variant] + len(values)) for variant, values in scores.items()]
        best = best_first([*scores], places(means, shares, chosen.sign))[0]
        return cls(best, chosen.metric, fmean(scores[best]), len(scores[best]))

    @classmethod
    def of_each_dataset(cls, ended: Iterable[tuple[str, Outcome]], chosen: Chosen) -> list[Self]:
        """Return the best variant on each data set, because values on different data sets cannot be compared."""
        by_dataset: dict[str | None, list[tuple[str, Outcome]]] = {}
        for variant, outcome in ended:
            if outcome.status in DONE:
                by_dataset.setdefault(outcome.dataset, []).append((variant, outcome))
        found = {dataset: cls.of(own, chosen) for dataset, own in by_dataset.items()}
        several = len(found) > 1
        return [replace(best, dataset=dataset) if several else best for dataset, best in found.items() if best]

    def __str__(self) -> str:
        on = f" on {self.dataset}" if self.dataset else ""
        return f"best by validation so far{on}: {rounded(self.variant)}, {self.metric} {self.mean:.4f} (n={self.seeds})"


def variant_name(job: Job) -> str:
    """Return the name of a job's runs, without the seed: the variant and its tuning point."""
    return " ".join([job.variant, *job.point])


def shown_name(job: Job) -> str:
    """Return a job's variant name for display, with rounded numbers."""
    return rounded(variant_name(job))


def rounded(text: str) -> str:
    """Round long numbers in a text, such as a rate drawn by a search, to six significant digits."""
    return _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.6g}", text)
