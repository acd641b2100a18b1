"""Performance profile of the times to a target over workloads: data sets, cells of a grid, or seeds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.of_times import profile_curves
from runner.reporting.metrics import WARM_SECONDS, quantity
from runner.reporting.statistics.performance_profiles import profile, profile_score, ratios_to_fastest
from runner.reporting.targets import is_time, without_lost_times

PROFILE_COLUMNS = ["variant", "metric", "dataset", "cell", "seed", "runs", "time", "ratio", "score"]
_FEWEST_VARIANTS, _FEWEST_WORKLOADS = 2, 3


@dataclass(frozen=True)
class TimeProfile:
    """Times of the variants on each workload, from whose ratios the profiles are computed."""

    frame: pd.DataFrame  # one row per variant and workload: `PROFILE_COLUMNS`
    workloads: int
    is_by_seed: bool  # true if the workloads are seeds; otherwise, they are data sets or cells of a grid

    @property
    def metric(self) -> str:
        """The time that is compared: a column of the summary."""
        return str(self.frame["metric"].iloc[0])

    @property
    def scores(self) -> dict[str, float]:
        """The score of each variant."""
        return {str(name): score for name, score in self.frame.groupby("variant", sort=False)["score"].first().items()}

    @property
    def workload(self) -> str:
        """The kind of the workloads: seed, cell or data set."""
        if self.is_by_seed:
            return "seed"
        return "cell" if self.frame["cell"].astype(bool).any() else "data set"

    def draw(self, title: str, baseline: str | None = None) -> Figure:
        """Draw the profile of every variant; if there are many, the baseline and the best are highlighted."""
        ranked = sorted(self.scores, key=lambda name: -self.scores[name])
        curves = {str(name): profile(own["ratio"]) for name, own in self.frame.groupby("variant", sort=False)}
        labels = f"{quantity(self.metric)}, relative to the fastest variant's", f"share of {self.workload}s (%)"
        return profile_curves(curves, self.scores, variant_styles([*curves], ranked, baseline), labels, title)


def time_profile(summary: pd.DataFrame, metric: str) -> TimeProfile | None:
    """Compare the times to the target over workloads.

    None for fewer than two variants or three workloads, or if no run reached the target.

    A workload is a data set, or a cell of a grid on a data set; a variant's time on it is the median over its seeds. If
    there are fewer than three such workloads, every seed is a workload. The time of a run that diverged or never
    reached the target is infinite; runs that failed, were interrupted or are still training count as missing. A
    workload is omitted unless every variant has a run on it.

    Args:
        summary: one row per run: arm (the variant without its data set's name), dataset, cell, seed, status, and the
            columns of `with_targets`.
        metric: the metric of the report; if it is not a time, the profile uses seconds excluding compilation.
    """
    name = metric if is_time(metric) else WARM_SECONDS
    runs = without_lost_times(summary[summary["status"].isin(["completed", "diverged"])])
    runs = runs.assign(time=runs[name].fillna(np.inf))
    times = _times(runs, ["dataset", "cell"])
    if is_by_seed := _workloads(times) < _FEWEST_WORKLOADS:
        times = _times(runs, ["dataset", "cell", "seed"])
    if runs[name].isna().all() or _workloads(times) < _FEWEST_WORKLOADS or times["arm"].nunique() < _FEWEST_VARIANTS:
        return None
    fastest = times.groupby("workload")["time"].transform("min")
    times = times.assign(ratio=ratios_to_fastest(times["time"], fastest), variant=times["arm"], metric=name)
    scores = times.groupby("variant")["ratio"].agg(profile_score)
    frame = times.assign(score=times["variant"].map(scores)).reindex(columns=PROFILE_COLUMNS).reset_index(drop=True)
    return TimeProfile(frame.astype({"seed": "Int64"}), _workloads(times), is_by_seed)


def _times(runs: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the number of runs and the median time by variant and workload, omitting workloads that lack a variant."""
    medians = runs.groupby(["arm", *keys], sort=False)["time"].agg(runs="size", time="median").reset_index()
    by_workload = medians.groupby(keys, sort=False)
    medians = medians.assign(workload=by_workload.ngroup(), variants=by_workload["arm"].transform("size"))
    return medians[medians["variants"] == runs["arm"].nunique()]


def _workloads(times: pd.DataFrame) -> int:
    return int(times["workload"].nunique())
