"""Comparison of variants over several data sets: aggregates, probability of improvement, and tests."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from runner.reporting.comparison.decision import BETTER, NOT_SIGNIFICANT, UNDECIDED, WORSE, cannot_decide
from runner.reporting.comparison.lost_runs import is_lost, is_scored
from runner.reporting.comparison.relative_errors import (
    PERFORMANCE_COLUMNS,
    RELATIVE_COLUMNS,
    THRESHOLDS,
    errors,
    has_error,
    relative_aggregates,
    relative_profiles,
)
from runner.reporting.metrics import is_share, sign_of
from runner.reporting.statistics.paired_values import signed_ranks
from runner.reporting.statistics.significance.attainability import LEVEL, smallest_p
from runner.reporting.statistics.significance.dataset_tests import bayesian_signed_rank, signed_rank_p
from runner.reporting.statistics.significance.holm import holm
from runner.reporting.statistics.stratified import (
    estimate,
    improvement,
    interquartile_mean,
    mean_of_means,
    median_of_means,
    profile,
)
from runner.reporting.statistics.ties import Values, rounding_of

FEWEST_DATASETS = 3
TASK_COLUMNS = [
    "variant", "metric", "datasets", "runs", "lost", "iqm", "iqm_low", "iqm_high", "mean", "mean_low", "mean_high",
    "median", "median_low", "median_high", "baseline", "improvement", "improvement_low", "improvement_high",
    "wilcoxon_p", "wilcoxon_holm", "verdict", "reason", "rope", "p_worse", "p_within", "p_better", *RELATIVE_COLUMNS,
]  # fmt: skip
_OTHERS = ("variant", "metric", "datasets", "runs", "lost", "baseline", "verdict", "reason")
_NUMBERS = [name for name in TASK_COLUMNS if name not in _OTHERS]
_MARGIN = 0.02  # share of the score range by which the lowest threshold lies below it

Runs = Mapping[str, Sequence[Values]]  # scores of each variant on every data set


@dataclass(frozen=True)
class Tasks:
    """Comparison over the data sets on which every variant has results.

    `frame`: one row per variant, `TASK_COLUMNS`. `profile`: one row per variant and threshold, `PERFORMANCE_COLUMNS`;
    empty unless the metric is a proportion. `relative_profile`: the same for relative errors; empty unless all variants
    have one baseline, with errors on each data set; `notes` name the data sets without errors.
    """

    frame: pd.DataFrame
    profile: pd.DataFrame
    relative_profile: pd.DataFrame
    notes: Sequence[str] = ()

    @property
    def profiles(self) -> pd.DataFrame:
        """Both profiles side by side: for each variant, the nth threshold of the one beside the nth of the other.

        The columns of relative errors are missing values if there is no such profile.
        """
        columns = ["relative_error", *(f"relative_{name}" for name in PERFORMANCE_COLUMNS[2:])]
        relative = self.relative_profile[PERFORMANCE_COLUMNS[1:]].set_axis(columns, axis="columns")
        return self.profile.join(relative)


def compare_over_datasets(
    summary: pd.DataFrame, datasets: Sequence[str], metric: str, baselines: Mapping[str, str], rope: float | None = None
) -> Tasks | None:
    """Compare the variants over data sets; None for fewer than `FEWEST_DATASETS` data sets or two variants.

    A diverged run counts as lost, as in `comparison_frame`. IQM, mean, median and profiles exist only for proportions;
    for other metrics, which have no common scale, these columns are NaN. Mean and median cover completed runs only.

    Args:
        summary: one row per run: arm (the variant without its data set's name), dataset, status and the metric.
        datasets: the data sets on which every arm has completed or diverged runs.
        baselines: the baselines of the compared arms.
        rope: half-width of the region of practical equivalence of the Bayesian test, in the metric's unit.
    """
    runs = _oriented(summary, datasets, metric)
    if len(datasets) < FEWEST_DATASETS or len(runs) < 2:
        return None
    relative, relative_profile = _relative_errors(runs, metric, {*baselines.values()})
    rows = []
    for arm, own in runs.items():
        baseline = baselines.get(arm)
        others = runs[baseline] if baseline != arm and baseline in runs else None
        row = {"variant": arm, "metric": metric, "datasets": len(datasets), "rope": rope, "verdict": "", "reason": ""}
        row["baseline"] = "" if others is None else baseline
        row |= _counts(own) | _aggregates(own, metric) | relative.get(arm, {})
        rows.append(row | _against(own, others, rope))
    _decide([row for row in rows if row["baseline"]], len(datasets))
    frame = pd.DataFrame(rows, columns=TASK_COLUMNS).astype(dict.fromkeys(_NUMBERS, float))
    profile = _profiles(runs) if is_share(metric) else pd.DataFrame(columns=PERFORMANCE_COLUMNS)
    return Tasks(frame, profile, relative_profile, _without_errors(runs, metric, {*baselines.values()}, datasets))


def arm_baselines(summary: pd.DataFrame, baselines: Mapping[str, str]) -> dict[str, str]:
    """Return the baseline of each arm whose baseline is the same on all data sets.

    Args:
        summary: one row per run: variant and arm.
        baselines: the baseline of each variant, on the same data set.
    """
    arms = dict(zip(summary["variant"], summary["arm"], strict=True))
    found: dict[str, set[str]] = {}
    for variant, baseline in baselines.items():
        if baseline in arms:
            found.setdefault(arms[variant], set()).add(arms[baseline])
    return {arm: own.pop() for arm, own in found.items() if len(own) == 1}


def _oriented(summary: pd.DataFrame, datasets: Sequence[str], metric: str) -> dict[str, list[Values]]:
    """Return the scores of each arm on every data set; higher is better, and a lost run has -infinity."""
    lost = is_lost(summary, metric)
    scores = (sign_of(metric) * summary[metric].astype(float)).mask(lost, -np.inf)
    known = summary.assign(score=scores)[lost | is_scored(summary, metric)]
    by_place = {place: own.to_numpy(float) for place, own in known.groupby(["arm", "dataset"], sort=False)["score"]}
    arms = [arm for arm in dict.fromkeys(summary["arm"]) if all((arm, dataset) in by_place for dataset in datasets)]
    return {arm: [by_place[arm, dataset] for dataset in datasets] for arm in arms}


def _counts(tasks: Sequence[Values]) -> dict[str, int]:
    return {"runs": sum(map(len, tasks)), "lost": int(sum(np.isneginf(task).sum() for task in tasks))}


def _aggregates(tasks: Sequence[Values], metric: str) -> dict[str, float]:
    if not is_share(metric):
        return {}
    completed = [task[np.isfinite(task)] for task in tasks]
    found = _named("iqm", estimate(interquartile_mean, tasks))
    if all(map(len, completed)):
        found |= _named("mean", estimate(mean_of_means, completed))
        found |= _named("median", estimate(median_of_means, completed))
    return found


def _relative_errors(
    runs: Runs, metric: str, baselines: Container[str]
) -> tuple[dict[str, dict[str, float]], pd.DataFrame]:
    """Return `RELATIVE_COLUMNS` of each variant, and the profiles of the relative errors; empty without a scale."""
    wrong = {arm: errors(own) for arm, own in runs.items()}
    units = [own for arm, own in wrong.items() if arm in baselines]
    if not is_share(metric) or len(units) != 1 or not all(map(has_error, units[0])):
        return {}, pd.DataFrame(columns=PERFORMANCE_COLUMNS)
    found = {arm: relative_aggregates(own, units[0]) for arm, own in wrong.items()}
    return found, relative_profiles(wrong, units[0])


def _without_errors(runs: Runs, metric: str, baselines: Container[str], datasets: Sequence[str]) -> list[str]:
    """Return a note if a single baseline has no errors on a data set, so that there are no relative errors."""
    units = [(arm, errors(own)) for arm, own in runs.items() if arm in baselines]
    if not is_share(metric) or len(units) != 1:
        return []
    baseline, own = units[0]
    perfect = [dataset for dataset, wrong in zip(datasets, own, strict=True) if not has_error(wrong)]
    why = f"no completed run of the baseline {baseline} makes an error on {', '.join(map(str, perfect))}"
    return [f"the report has no relative errors over the data sets, because {why}."] if perfect else []


def _named(name: str, values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _against(own: Sequence[Values], others: Sequence[Values] | None, rope: float | None) -> dict[str, float]:
    if others is None:
        return {}
    differences = _differences(own, others)
    found = _named("improvement", improvement(own, others)) | {"wilcoxon_p": signed_rank_p(differences)}
    found["direction"] = float(signed_ranks(differences).sum())
    if rope is not None:
        regions = ("p_worse", "p_within", "p_better")
        found |= dict(zip(regions, bayesian_signed_rank(differences, rope), strict=True))
    return found


def _differences(own: Sequence[Values], others: Sequence[Values]) -> Values:
    """Return the difference of the means on each data set; infinite if the shares of lost runs differ."""
    return np.array([_difference(one, other) for one, other in zip(own, others, strict=True)])


def _difference(one: Values, other: Values) -> float:
    lost = float(np.isneginf(other).mean() - np.isneginf(one).mean())
    if lost:
        return math.copysign(math.inf, lost)
    sides = [side[np.isfinite(side)] for side in (one, other)]
    if not all(map(len, sides)):
        return 0.0
    means = [float(side.mean()) for side in sides]
    difference = means[0] - means[1]
    return difference if abs(difference) > rounding_of(means) else 0.0


def _decide(rows: Sequence[dict[str, Any]], datasets: int) -> None:
    """Adjust the p values of the comparisons, and add the verdicts."""
    can_decide = smallest_p(datasets, len(rows)) < LEVEL
    for row, p_value in zip(rows, holm([row["wilcoxon_p"] for row in rows]), strict=True):
        reason = NOT_SIGNIFICANT if can_decide else cannot_decide(datasets, len(rows), unit="data set")
        row |= {"wilcoxon_holm": p_value, "verdict": UNDECIDED, "reason": reason}
        if p_value < LEVEL and row["direction"]:
            row |= {"verdict": BETTER if row["direction"] > 0 else WORSE, "reason": ""}


def _profiles(runs: Runs) -> pd.DataFrame:
    scores = np.concatenate([task for own in runs.values() for task in own])
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return pd.DataFrame(columns=PERFORMANCE_COLUMNS)
    low, high = float(finite.min()), float(finite.max())
    thresholds = np.linspace(low - _MARGIN * (high - low or 1), high, THRESHOLDS)
    frames = []
    for arm, own in runs.items():
        columns = (arm, thresholds, *profile(own, thresholds))
        frames.append(pd.DataFrame(dict(zip(PERFORMANCE_COLUMNS, columns, strict=True))))
    return pd.concat(frames, ignore_index=True)
