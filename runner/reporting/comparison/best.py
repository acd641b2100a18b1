"""Best variants on each data set, and variants that do not differ significantly from the best."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from runner.reporting.comparison.adjustment import fewest
from runner.reporting.comparison.decision import NO_LOOK, STILL_TRAINING, can_decide
from runner.reporting.comparison.lost_runs import lost_shares
from runner.reporting.metrics import sign_of
from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.statistics.significance.names_of_tests import NO_TEST
from runner.reporting.statistics.ties import places
from runner.reporting.tables.marks import Mark


def bests_by_variant(summary: pd.DataFrame, aggregate: pd.DataFrame) -> dict[str, list[str]]:
    """Return the best variants on the data set of each variant; none if no variant has a value there.

    Args:
        summary: one row per run: variant, status, the metric.
        aggregate: one row per variant: variant, dataset, metric, mean.
    """
    metric = str(aggregate["metric"].iloc[0])
    shares = lost_shares(summary, metric, "variant").reindex(aggregate["variant"]).to_numpy()
    found: dict[str, list[str]] = {}
    for _, group in aggregate.assign(share=shares).groupby("dataset", sort=False):
        place = places(group["mean"], group["share"], sign_of(metric))
        bests = group.loc[(place == 0) & group["mean"].notna(), "variant"].astype(str).tolist()
        found |= dict.fromkeys(group["variant"].astype(str), bests)
    return {variant: found[variant] for variant in aggregate["variant"].astype(str)}


def references(bests: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the variant with which each variant is compared: the best on its data set, or itself without one."""
    return {variant: own[0] if own else variant for variant, own in bests.items()}


def best_marks(bests: Mapping[str, Sequence[str]], compared: pd.DataFrame) -> dict[str, Mark]:
    """Return the mark of each variant.

    If a comparison with the best cannot reach significance, no variant of its data set is marked as good, because a
    missing mark would claim a difference that the verdicts do not claim.

    Args:
        bests: from `bests_by_variant`.
        compared: comparisons with the `references`, as from `comparison_frame`.
    """
    tied = {variant for _, others in compared.groupby("baseline") for variant in _tied(others)}
    return {
        variant: "best" if variant in own else "as good" if variant in tied else "" for variant, own in bests.items()
    }


def _tied(others: pd.DataFrame) -> list[str]:
    """Return the variants that the comparisons with one best variant could have told apart from it, but did not."""
    enough = [row for row in others.to_dict("records") if row["n"] >= fewest(row)]
    return [str(row["variant"]) for row in enough if _is_tied(row)] if all(map(can_decide, enough)) else []


def _is_tied(row: Mapping[Any, Any]) -> bool:
    is_tested = row["test"] != NO_TEST and row["reason"] not in (STILL_TRAINING, NO_LOOK) and row["n_completed"] > 0
    return is_tested and not row["p_adjusted"] < LEVEL  # also without a p value, if all differences are 0
