"""Average ranks of variants over several data sets, with the tests of Friedman, Iman and Davenport, and Nemenyi."""

import math
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from runner.reporting.figures.canvas import PALETTE, canvas, wrapped
from runner.reporting.figures.looks import TWO_COLUMNS
from runner.reporting.lost_runs import lost_shares
from runner.reporting.metrics import p_equation, p_number, sign_of
from runner.reporting.statistics.attainability import LEVEL
from runner.reporting.statistics.dataset_tests import iman_davenport
from runner.reporting.statistics.ties import levelled, places
from runner.reporting.task_verdicts import claims_line
from runner.reporting.tasks import FEWEST_DATASETS, TASK_COLUMNS, Tasks

RANK_COLUMNS = ["variant", "average_rank", "datasets", "friedman_p"]
LAST_RANK_COLUMNS = ["iman_davenport_f", "iman_davenport_p", "baseline", "wilcoxon_p", "wilcoxon_holm"]
_FEWEST_VARIANTS = 3  # for Friedman's test
_FEWEST_FOR_F = 6  # data sets, for which Iman and Davenport's test keeps its level; see docs/report.md
_NAME = 36  # letters per line of a variant's name
_LETTERS = 110  # per line below the axis


@dataclass(frozen=True)
class Ranks:
    """The average rank of each variant (1: the best), and tests over the data sets."""

    average: "pd.Series[float]"
    datasets: int
    friedman_p: float
    pairs: pd.DataFrame  # Nemenyi's p for each pair of variants
    iman_davenport_f: float
    iman_davenport_p: float
    tasks: Tasks | None = None  # comparisons with the baseline

    def frame(self) -> pd.DataFrame:
        """Return `RANK_COLUMNS`, Nemenyi's p against every variant in the order of the ranks, `LAST_RANK_COLUMNS`."""
        columns = {"variant": self.average.index, "average_rank": self.average.to_numpy(), "datasets": self.datasets}
        frame = pd.DataFrame(columns | {"friedman_p": self.friedman_p})
        frame = pd.concat([frame, self.pairs.add_prefix("nemenyi_p ").reset_index(drop=True)], axis="columns")
        frame = frame.assign(iman_davenport_f=self.iman_davenport_f, iman_davenport_p=self.iman_davenport_p)
        against = pd.DataFrame(columns=TASK_COLUMNS) if self.tasks is None else self.tasks.frame
        return frame.merge(against[["variant", *LAST_RANK_COLUMNS[2:]]], "left", "variant")


def average_ranks(means: pd.DataFrame, metric: str, tasks: Tasks | None = None) -> Ranks | None:
    """Rank the variants on every data set; None below three variants or data sets (Friedman's test needs three).

    Means that differ only by rounding share a rank.

    Args:
        means: (data sets, variants), means of the metric, or scores in the same order; data sets that lack a
            variant are left out.
        tasks: comparison over the same data sets.

    Source: Demsar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets".
    """
    whole = means.dropna()
    if len(whole) < FEWEST_DATASETS or whole.shape[1] < _FEWEST_VARIANTS:
        return None
    from scikit_posthocs import posthoc_nemenyi_friedman  # takes seconds, and few reports have ranks

    level = whole.apply(levelled, axis="columns", result_type="broadcast")
    ranks = (-sign_of(metric) * level).rank(axis="columns")
    average = ranks.mean().sort_values(kind="stable")
    friedman = stats.friedmanchisquare(*(ranks[variant] for variant in ranks))
    pairs = posthoc_nemenyi_friedman(ranks).loc[average.index, average.index]
    found = iman_davenport(float(friedman.statistic), *whole.shape)
    return Ranks(average, len(whole), float(friedman.pvalue), pairs, *found, tasks)


def critical_difference(ranks: Ranks, title: str) -> Figure:
    """Draw the average ranks with Friedman's p; bars join variants without a significant difference (Nemenyi)."""
    from scikit_posthocs import critical_difference_diagram

    named = {variant: wrapped(str(variant), _NAME) for variant in ranks.average.index}
    lines = 1 + max(name.count("\n") for name in named.values())
    figure, axes = canvas(title, TWO_COLUMNS, 1.45 + max(0.16, 0.11 * lines) * len(named))
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
        f"average rank over {ranks.datasets} data sets (1 is best)\n{_further_tests(ranks)}"
        f"Friedman's test over all variants: {p_equation(p_number(ranks.friedman_p))}{alike}",
        fontsize=7,
    )
    return figure


def _further_tests(ranks: Ranks) -> str:
    """Return Iman and Davenport's test and the comparisons with the baseline, one a line."""
    freedom = f"{len(ranks.average) - 1}, {(len(ranks.average) - 1) * (ranks.datasets - 1)}"
    size = "infinite" if math.isinf(ranks.iman_davenport_f) else f"{ranks.iman_davenport_f:.2f}"
    few = f" (approximate: too liberal below {_FEWEST_FOR_F} data sets)" if ranks.datasets < _FEWEST_FOR_F else ""
    found = f"Iman and Davenport: F({freedom}) = {size}, {p_equation(p_number(ranks.iman_davenport_p))}{few}\n"
    claim = claims_line(ranks.tasks.frame) if ranks.tasks else ""
    return f"{found}{wrapped(claim, _LETTERS)}\n" if claim else found


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
