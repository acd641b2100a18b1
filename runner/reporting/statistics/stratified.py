"""Scores over several tasks: aggregates, probability of improvement and performance profile, by stratified bootstrap.

The scores of a variant are one array per task, with one value per run; a lost run has an infinitely bad score. Each
resample keeps the tasks and draws new runs of every task.

Source: Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice".
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats

from runner.reporting.statistics.percentile_bootstrap import RESAMPLES, percentile_interval
from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.statistics.ties import Values, levelled
from runner.reporting.statistics.win_probability import all_won_interval, share_of_wins

Tasks = Sequence[Values]


def interquartile_mean(*tasks: Values, axis: int = -1) -> Values:
    """Return the mean of the middle half of the pooled scores of all tasks."""
    means: Values = stats.trim_mean(np.concatenate(tasks, axis=axis), 0.25, axis=axis)
    return means


def mean_of_means(*tasks: Values, axis: int = -1) -> Values:
    """Return the mean of the tasks' means."""
    means: Values = np.mean([task.mean(axis=axis) for task in tasks], axis=0)
    return means


def median_of_means(*tasks: Values, axis: int = -1) -> Values:
    """Return the median of the tasks' means."""
    medians: Values = np.median([task.mean(axis=axis) for task in tasks], axis=0)
    return medians


def estimate(statistic: Callable[..., Values], tasks: Tasks) -> tuple[float, float, float]:
    """Return a statistic and the ends of its 95% interval.

    A value is NaN if lost runs make it infinite. The ends are also NaN if a task has a single run, whose spread is
    unknown, or if the runs within each task are equal.
    """
    value = float(statistic(*tasks))
    low = high = math.nan
    if _have_spread(tasks):
        with np.errstate(invalid="ignore"):  # differences of infinities
            low, high = percentile_interval(tuple(tasks), statistic)
    first, second, third = (number if math.isfinite(number) else math.nan for number in (value, low, high))
    return first, second, third


def improvement(one: Tasks, other: Tasks) -> tuple[float, float, float]:
    """Return the probability that a run of one variant scores higher than a run of the other, with its 95% interval.

    It is the mean of `share_of_wins` over the tasks. If every pair is won, or every pair is lost, the interval is
    `all_won_interval` with the smallest number of runs as the number of pairs in each task. It covers the mean of the
    tasks' probabilities, because their geometric mean is not larger. The ends are NaN as those of `estimate`.
    """
    level = [levelled(np.concatenate(pair)) for pair in zip(one, other, strict=True)]
    own = [values[: len(task)] for values, task in zip(level, one, strict=True)]
    others = [values[len(task) :] for values, task in zip(level, one, strict=True)]
    value = float(_mean_share(*own, *others))
    if value in (0, 1):
        smallest = min(len(task) for task in (*own, *others))
        return value, *all_won_interval(smallest * len(own), has_won=value == 1)
    if not _have_spread((*own, *others)):
        return value, math.nan, math.nan
    return value, *percentile_interval((*own, *others), _mean_share)


def _have_spread(tasks: Tasks) -> bool:
    return all(len(task) > 1 for task in tasks) and any(task.min() < task.max() for task in tasks)


def _mean_share(*tasks: Values, axis: int = -1) -> Values:
    half = len(tasks) // 2
    pairs = zip(tasks[:half], tasks[half:], strict=True)
    shares: Values = np.mean([share_of_wins(one, other, axis=axis) for one, other in pairs], axis=0)
    return shares


def profile(tasks: Tasks, thresholds: Values) -> tuple[Values, Values, Values]:
    """Return the share of runs whose score is above each threshold, and the ends of its pointwise 95% intervals."""
    generator = np.random.default_rng(0)
    above = (np.concatenate(tasks)[:, None] > thresholds).astype(float)
    share: Values = above.mean(axis=0)
    sizes = [len(task) for task in tasks]
    drawn = [generator.multinomial(size, np.full(size, 1 / size), RESAMPLES) for size in sizes]
    shares = np.concatenate(drawn, axis=1).astype(float) @ above / len(above)
    low, high = np.quantile(shares, [LEVEL / 2, 1 - LEVEL / 2], axis=0)
    return share, low, high
