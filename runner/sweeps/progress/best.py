"""The best variant so far, by validation, while others are still being trained."""

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
    """A variant, and the mean that puts it before the others."""

    variant: str
    metric: str
    mean: float
    seeds: int  # completed ones
    dataset: str | None = None  # where there are several

    @classmethod
    def of(cls, ended: Iterable[tuple[str, Outcome]], chosen: Chosen) -> Self | None:
        """Return the variant with the best mean over its completed runs; the first of equals.

        A run that diverged lost: a variant with a larger share of such runs comes after one with a smaller share.
        None where no run completed, or fewer than two variants have ended: there is no best of one.

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
        if not scores or len(scores.keys() | +diverged) < 2:
            return None
        means = [fmean(values) for values in scores.values()]
        shares = [diverged[variant] / (diverged[variant] + len(values)) for variant, values in scores.items()]
        best = best_first([*scores], places(means, shares, chosen.sign))[0]
        return cls(best, chosen.metric, fmean(scores[best]), len(scores[best]))

    @classmethod
    def of_each_dataset(cls, ended: Iterable[tuple[str, Outcome]], chosen: Chosen) -> list[Self]:
        """Return the best variant on each data set, each as `of` does: figures of two data sets cannot be compared."""
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
    """Return what a job's runs go by, whatever the seed: the variant, and the point at which it is tried."""
    return " ".join([job.variant, *job.point])


def shown_name(job: Job) -> str:
    """Return the same for people, with its numbers rounded."""
    return rounded(variant_name(job))


def rounded(text: str) -> str:
    """Return a text whose numbers of many digits (a rate that a search drew) are rounded to six significant ones."""
    return _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.6g}", text)
