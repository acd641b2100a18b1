"""Average ranks of variants over several data sets, with the tests of Friedman, Iman and Davenport, and Nemenyi."""

from dataclasses import dataclass

import pandas as pd
from scipy import stats

from runner.reporting.comparison.lost_runs import lost_shares
from runner.reporting.metrics import sign_of
from runner.reporting.statistics.significance.dataset_tests import iman_davenport
from runner.reporting.statistics.ties import levelled, places

RANK_COLUMNS = ["variant", "average_rank", "datasets", "friedman_p"]
LAST_RANK_COLUMNS = ["iman_davenport_f", "iman_davenport_p", "baseline", "wilcoxon_p", "wilcoxon_holm"]
_FEWEST = 3  # variants and data sets required by Friedman's test


@dataclass(frozen=True)
class Ranks:
    """The average rank of each variant (1: the best), and tests over the data sets."""

    average: "pd.Series[float]"
    datasets: int
    friedman_p: float
    pairs: pd.DataFrame  # Nemenyi's p of each pair of variants
    iman_davenport_f: float
    iman_davenport_p: float
    tasks: pd.DataFrame | None = None  # comparisons with the baseline, `TASK_COLUMNS`

    def frame(self) -> pd.DataFrame:
        """Return `RANK_COLUMNS`, Nemenyi's p against every variant in the order of the ranks, `LAST_RANK_COLUMNS`."""
        columns = {"variant": self.average.index, "average_rank": self.average.to_numpy(), "datasets": self.datasets}
        frame = pd.DataFrame(columns | {"friedman_p": self.friedman_p})
        frame = pd.concat([frame, self.pairs.add_prefix("nemenyi_p ").reset_index(drop=True)], axis="columns")
        frame = frame.assign(iman_davenport_f=self.iman_davenport_f, iman_davenport_p=self.iman_davenport_p)
        shared = ["variant", *LAST_RANK_COLUMNS[2:]]
        against = pd.DataFrame(columns=shared) if self.tasks is None else self.tasks[shared]
        return frame.merge(against, "left", "variant")


def average_ranks(means: pd.DataFrame, metric: str, tasks: pd.DataFrame | None = None) -> Ranks | None:
    """Rank the variants on every data set.

    The result is None for fewer than three variants or data sets, because Friedman's test requires three of each. Means
    that differ only by rounding share a rank.

    Args:
        means: (data sets, variants), means of the metric, or scores in the same order; data sets that lack a
            variant are excluded.
        tasks: comparisons over the same data sets, `TASK_COLUMNS`.

    Source: Demsar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets".
    """
    whole = means.dropna()
    if min(whole.shape) < _FEWEST:
        return None
    from scikit_posthocs import posthoc_nemenyi_friedman  # takes seconds, and few reports have ranks

    level = whole.apply(levelled, axis="columns", result_type="broadcast")
    ranks = (-sign_of(metric) * level).rank(axis="columns")
    average = ranks.mean().sort_values(kind="stable")
    friedman = stats.friedmanchisquare(*(ranks[variant] for variant in ranks))
    pairs = posthoc_nemenyi_friedman(ranks).loc[average.index, average.index]
    found = iman_davenport(float(friedman.statistic), *whole.shape)
    return Ranks(average, len(whole), float(friedman.pvalue), pairs, *found, tasks)


def scores_by_dataset(summary: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return integer scores (data sets, variants) that order the variants like their means.

    Scores have the metric's direction: if a higher metric is better, so is a higher score.

    A diverged run counts as lost: a variant with a larger share of diverged runs ranks below one with a smaller share,
    and a variant whose runs all diverged ranks last. The score is NaN if the variant has neither completed nor diverged
    runs.

    Args:
        summary: one row per run: arm (the variant without its data set's name), dataset, status and the metric.
    """
    keys = ["dataset", "arm"]
    completed = summary[summary["status"] == "completed"]
    shares = lost_shares(summary, metric, keys).dropna().rename("share").reset_index()
    shares = shares.pivot_table(index="dataset", columns="arm", values="share")
    means = completed.pivot_table(index="dataset", columns="arm", values=metric)
    arms = [arm for arm in dict.fromkeys(summary["arm"]) if arm in shares]
    shares, means = shares[arms], means.reindex(index=shares.index, columns=arms)
    sign = sign_of(metric)
    rows = [-sign * places(means.loc[dataset], shares.loc[dataset], sign) for dataset in shares.index]
    return pd.DataFrame(rows, shares.index, arms)
