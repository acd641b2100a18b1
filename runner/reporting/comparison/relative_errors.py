"""Errors relative to the baseline's on the same data set, which give data sets of different difficulty a common scale.

Source: Hendrycks & Dietterich 2019, "Benchmarking neural network robustness to common corruptions and perturbations"
(the mean corruption error, sec. 4), which divides by the errors of one reference model.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from runner.reporting.statistics.stratified import (
    estimate,
    interquartile_mean,
    mean_of_means,
    median_of_means,
    profile,
)
from runner.reporting.statistics.ties import Values

PERFORMANCE_COLUMNS = ["variant", "threshold", "share", "share_low", "share_high"]
RELATIVE_COLUMNS = [
    f"relative_{name}{end}" for name in ("iqm", "mean", "median") for end in ("", "_low", "_high")
]  # fmt: skip
THRESHOLDS = 101  # of a profile
_BEYOND = 1.02  # factor by which the thresholds extend beyond the smallest and the largest relative error


def errors(scores: Sequence[Values]) -> list[Values]:
    """Return 1 minus the scores on each data set; infinite for lost runs, whose score is -infinity."""
    return [1 - own for own in scores]


def has_error(own: Values) -> bool:
    """Return whether a completed run on a data set has an error, so that the baseline's errors can be the unit."""
    return bool(_completed(own).any())


def relative_aggregates(own: Sequence[Values], baseline: Sequence[Values]) -> dict[str, float]:
    """Return `RELATIVE_COLUMNS` of a variant: aggregates with their intervals by stratified bootstrap.

    A resample draws the runs of both variants; the baseline itself is divided by its own resample. The interquartile
    mean covers all runs, mean and median only completed ones; they are missing if all runs on a data set diverged.

    Args:
        own: errors of the variant's runs on each data set.
        baseline: errors of its baseline, which `has_error` on each data set.
    """
    units = [_completed(one) for one in baseline]
    completed = [_completed(one) for one in own]
    found = {"iqm": _estimate(interquartile_mean, own, units)}
    if all(map(len, completed)):
        found |= {
            "mean": _estimate(mean_of_means, completed, units),
            "median": _estimate(median_of_means, completed, units),
        }
    return {
        f"relative_{name}{end}": value
        for name, values in found.items()
        for end, value in zip(("", "_low", "_high"), values, strict=True)
    }


def relative_profiles(runs: Mapping[str, Sequence[Values]], baseline: Sequence[Values]) -> pd.DataFrame:
    """Return the share of each variant's runs whose relative error is below each threshold: `PERFORMANCE_COLUMNS`.

    Args:
        runs: errors of each variant's runs on each data set.
        baseline: errors of the baseline, which `has_error` on each data set.
    """
    units = [_completed(one).mean() for one in baseline]
    relative = {variant: [one / unit for one, unit in zip(own, units, strict=True)] for variant, own in runs.items()}
    every = np.concatenate([one for own in relative.values() for one in own])
    usable = every[np.isfinite(every) & (every > 0)]  # a logarithmic axis has no 0
    thresholds = np.geomspace(usable.min() / _BEYOND, usable.max() * _BEYOND, THRESHOLDS)
    frames = []
    for variant, own in relative.items():
        columns = (variant, thresholds, *profile([-one for one in own], -thresholds))
        frames.append(pd.DataFrame(dict(zip(PERFORMANCE_COLUMNS, columns, strict=True))))
    return pd.concat(frames, ignore_index=True)


def _completed(errors: Values) -> Values:
    return errors[np.isfinite(errors)]


def _estimate(
    aggregate: Callable[..., Values], own: Sequence[Values], units: Sequence[Values]
) -> tuple[float, float, float]:
    """Return an aggregate of relative errors with its interval.

    Args:
        own: errors of the variant's runs on each data set.
        units: errors of the baseline's completed runs; the same as `own` for a baseline of which all runs completed.
    """
    is_baseline = all(map(np.array_equal, own, units))

    def of_relative(*tasks: Values, axis: int = -1) -> Values:
        sides = zip(tasks[: len(own)], tasks[-len(own) :], strict=True)
        with np.errstate(divide="ignore", invalid="ignore"):  # a resample of runs without errors
            return aggregate(*(one / unit.mean(axis=axis, keepdims=True) for one, unit in sides), axis=axis)

    return estimate(of_relative, own if is_baseline else [*own, *units])
