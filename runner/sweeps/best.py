"""The best variant so far, by validation, while others are still being trained."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Self

from runner.reporting.ties import best_first, places
from runner.sweeps.job import Job
from runner.sweeps.outcome import Outcome
from runner.sweeps.study import Chosen


@dataclass(frozen=True)
class Best:
    """A variant, and the mean that puts it before the others."""

    variant: str
    metric: str
    mean: float
    seeds: int  # completed ones

    @classmethod
    def of(cls, ended: Iterable[tuple[str, Outcome]], chosen: Chosen) -> Self | None:
        """Return the variant with the best mean over its completed runs; the first of equals, None where there is none.

        A run that diverged lost: a variant with a larger share of such runs comes after one with a smaller share.

        Args:
            ended: runs under their variants' names, in any order.
            chosen: the metric, and which way it is better.
        """
        scores: dict[str, list[float]] = {}
        diverged: Counter[str] = Counter()
        for variant, outcome in ended:
            score = outcome.validation.get(chosen.metric)
            if outcome.status == "completed" and score is not None:
                scores.setdefault(variant, []).append(score)
            diverged[variant] += outcome.status == "diverged"
        if not scores:
            return None
        means = [fmean(values) for values in scores.values()]
        shares = [diverged[variant] / (diverged[variant] + len(values)) for variant, values in scores.items()]
        best = best_first([*scores], places(means, shares, chosen.sign))[0]
        return cls(best, chosen.metric, fmean(scores[best]), len(scores[best]))

    def __str__(self) -> str:
        return f"best by validation so far: {self.variant}, {self.metric} {self.mean:.4f} (n={self.seeds})"


def variant_name(job: Job) -> str:
    """Return what a job's runs go by, whatever the seed: the variant, and the point at which it is tried."""
    return " ".join([job.variant, *job.point])
