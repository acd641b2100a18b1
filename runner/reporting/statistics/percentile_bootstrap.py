"""Percentile bootstrap: the 95% interval of a statistic of one or several samples."""

from scipy import stats

from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.statistics.ties import Values

RESAMPLES = 2_000
_AT_ONCE = 2**22  # number of values to resample at once, to save memory

Interval = tuple[float, float]


def percentile_interval(samples: tuple[Values, ...], statistic: object, *, paired: bool = False) -> Interval:
    """Return the 95% percentile bootstrap interval of a vectorized statistic.

    Args:
        samples: samples, which are resampled separately.
        statistic: a function of the samples and of `axis`.
        paired: resample the samples together.
    """
    found = stats.bootstrap(
        samples,
        statistic,
        paired=paired,
        vectorized=True,
        method="percentile",
        confidence_level=1 - LEVEL,
        n_resamples=RESAMPLES,
        batch=max(1, _AT_ONCE // sum(map(len, samples))),
        rng=0,
    ).confidence_interval
    return float(found.low), float(found.high)
