"""Average ranks of variants over several data sets, with Friedman's and Nemenyi's tests."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from runner.reporting.aggregate import lost_shares
from runner.reporting.figures.canvas import PALETTE, TWO_COLUMNS, canvas, plain
from runner.reporting.metrics import p_equation, p_number, sign_of
from runner.reporting.statistics.attainability import LEVEL
from runner.reporting.statistics.ties import levelled, places

RANK_COLUMNS = ["variant", "average_rank", "datasets", "friedman_p"]
_FEWEST = 3  # variants and data sets for Friedman's test


@dataclass(frozen=True)
class Ranks:
    """The average rank of each variant (1: the best), Friedman's p, and Nemenyi's p for each pair of variants."""

    average: "pd.Series[float]"
    datasets: int
    friedman_p: float
    pairs: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return `RANK_COLUMNS`, then Nemenyi's p against every variant, in the order of the ranks."""
        columns = {"variant": self.average.index, "average_rank": self.average.to_numpy(), "datasets": self.datasets}
        frame = pd.DataFrame(columns | {"friedman_p": self.friedman_p})
        return pd.concat([frame, self.pairs.add_prefix("nemenyi_p ").reset_index(drop=True)], axis="columns")


def average_ranks(means: pd.DataFrame, metric: str) -> Ranks | None:
    """Rank the variants on every data set; None below three variants or data sets (Friedman's test needs three).

    Means that differ only by rounding share a rank.

    Args:
        means: (data sets, variants), means of the metric, or scores in the same order; data sets that lack a
            variant are left out.

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
    return Ranks(average, len(whole), float(friedman.pvalue), pairs)


def critical_difference(ranks: Ranks, title: str) -> Figure:
    """Draw the average ranks with Friedman's p; bars join variants without a significant difference (Nemenyi)."""
    from scikit_posthocs import critical_difference_diagram

    figure, axes = canvas(title, TWO_COLUMNS, 1.2 + 0.16 * len(ranks.average))
    named = {variant: plain(str(variant)) for variant in ranks.average.index}
    critical_difference_diagram(
        ranks.average.rename(named),
        ranks.pairs.rename(index=named, columns=named),
        ax=axes,
        label_props={"fontsize": 7},
        color_palette=[PALETTE[position % len(PALETTE)] for position in range(len(named))],
    )
    axes.grid(visible=False)
    alike = "" if ranks.friedman_p < LEVEL else ": no significant difference"
    axes.set_xlabel(
        f"average rank over {ranks.datasets} data sets (1 is best)\n"
        f"Friedman's test over all variants: {p_equation(p_number(ranks.friedman_p))}{alike}",
        fontsize=7,
    )
    return figure


def scores_by_dataset(summary: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return integer scores (data sets, variants) in the same order as the means.

    If a higher metric is better, so is a higher score; otherwise a lower one.

    A diverged run counts as lost: a variant with a larger share of diverged runs is behind one with a smaller share,
    and a variant whose runs all diverged is last. NaN: the variant has neither completed nor diverged runs.

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
