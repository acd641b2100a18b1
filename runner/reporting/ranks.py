"""Variants over several data sets: their average ranks, and which of them differ."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from runner.reporting.canvas import PALETTE, TWO_COLUMNS, canvas, plain
from runner.reporting.direction import sign_of

RANK_COLUMNS = ["variant", "average_rank", "datasets", "friedman_p"]
_FEWEST = 3  # variants, and data sets, for Friedman's test


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
    """Rank the variants on every data set; None below three of either, where Friedman's test says nothing.

    Args:
        means: (data sets, variants), the mean of the metric; data sets that lack a variant are left out.

    Source: Demsar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets".
    """
    whole = means.dropna()
    if min(whole.shape) < _FEWEST:
        return None
    from scikit_posthocs import posthoc_nemenyi_friedman

    average = (-sign_of(metric) * whole).rank(axis="columns").mean().sort_values()
    friedman = stats.friedmanchisquare(*(whole[variant] for variant in whole))
    pairs = posthoc_nemenyi_friedman(whole).loc[average.index, average.index]
    return Ranks(average, len(whole), float(friedman.pvalue), pairs)


def critical_difference(ranks: Ranks, title: str) -> Figure:
    """Draw the average ranks; a bar joins variants that Nemenyi's test does not tell apart (p >= 0.05)."""
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
    axes.set_xlabel(f"average rank over {ranks.datasets} data sets (1 is best)", fontsize=7)
    return figure


def mean_by_dataset(summary: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return (data sets, variants): the mean of the completed runs' metric.

    Args:
        summary: one row a run: arm (the variant without its data set's name), dataset, status and the metric.
    """
    completed = summary[summary["status"] == "completed"]
    table: pd.DataFrame = completed.pivot_table(index="dataset", columns="arm", values=metric, aggfunc=np.mean)
    return table[list(dict.fromkeys(completed["arm"]))]
