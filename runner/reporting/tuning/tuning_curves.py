"""Tuning curves of a study's variants: their table, and the budget beyond which their order does not change."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from runner.config.overrides import override_key
from runner.core.text import counted, printable
from runner.records.baselines import arm_parts
from runner.records.sweep_directory import tested_metric, tuned_metric
from runner.reporting.collection.collect import Run
from runner.reporting.metrics import quantity, sign_of, value_text
from runner.reporting.statistics.ties import places
from runner.reporting.statistics.tuning_curve import DRAWS, REPEATED, SO_FAR, best_so_far, tuning_curve

TUNING_CURVE_COLUMNS = [
    "variant", "metric", "budget", "expected", "low", "high", "without_score", "expected_test", "place",
    "median", "median_low", "median_high", "kind",
]  # fmt: skip
_MOST_LISTED = 3  # maximum number of earlier leaders named in a sentence


def tuning_curve_frame(
    tuning: pd.DataFrame,
    runs: Iterable[Run],
    names: Iterable[str],
    direction: str | None = None,
    *,
    is_independent: bool = True,
) -> pd.DataFrame:
    """Return one row per tuned variant and budget: `TUNING_CURVE_COLUMNS`.

    `place` is the rank among the variants of a grid's cell, up to their smallest budget. As in all rankings, a variant
    with a larger share of draws without a score comes later.

    Args:
        tuning: one row per point, as in tuning.csv.
        runs: the tuning runs.
        names: names of the study's variants, without cells of a grid.
        direction: max or min; None if the study does not set it.
        is_independent: whether the points are independent of each other. If they are not, because the sampler learns or
            a pruner stops trials, the order of the trials matters, and the curve is the best score so far.
    """
    metric = tuned_metric(tuning)
    sign = sign_of(metric, direction)
    curve_of, kind = (tuning_curve, DRAWS) if is_independent else (best_so_far, SO_FAR)
    frames = []
    points = tuning.assign(tested=_tested(tuning, runs, tested_metric(metric)))
    for variant, own in points.groupby("variant", sort=False):
        curve = curve_of(own[metric], own["tested"], sign)
        about = {"variant": variant, "metric": metric, "budget": range(1, len(own) + 1), "kind": kind}
        frames.append(pd.DataFrame(about | vars(curve)))
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=TUNING_CURVE_COLUMNS)
    return frame.assign(place=_places(frame, names, sign))[TUNING_CURVE_COLUMNS]


def mean_curve_frame(
    searches: Sequence[pd.DataFrame], names: Iterable[str], direction: str | None = None
) -> pd.DataFrame | None:
    """Return the mean best score so far of several searches, up to their common budget; `low` to `high` is their range.

    Args:
        searches: frames from `tuning_curve_frame`, of trials that depend on each other.
        names: names of the study's variants, without cells of a grid.
        direction: max or min; None if the study does not set it.

    Returns:
        A frame as from `tuning_curve_frame`; None if the searches tuned different variants, or by different metrics.
    """
    about = [{*zip(curves["variant"], curves["metric"], strict=True)} for curves in searches]
    if any(own != about[0] for own in about):
        return None
    groups = pd.concat(searches).groupby(["variant", "metric", "budget"], sort=False)
    means = groups.agg(
        expected=("expected", "mean"),
        low=("expected", "min"),
        high=("expected", "max"),
        without_score=("without_score", "mean"),
        expected_test=("expected_test", lambda scores: scores.mean(skipna=False)),
    )
    means = means[groups.size() == len(searches)].reset_index().assign(kind=REPEATED)
    places = _places(means, names, sign_of(means["metric"].iloc[0], direction))
    return means.assign(place=places).reindex(columns=TUNING_CURVE_COLUMNS)


def _tested(tuning: pd.DataFrame, runs: Iterable[Run], metric: str) -> list[float]:
    """Return the mean test score of each point's tuning runs; NaN unless all of them have a score."""
    has_ids = "run_ids" in tuning  # missing from tables of earlier versions
    place_of: dict[tuple[str, str], int] = {}  # place by variant and run id, or by variant and point
    for number, (variant, text) in enumerate(
        zip(tuning["variant"], tuning["run_ids" if has_ids else "point"], strict=True)
    ):
        place_of |= {(variant, name): number for name in (text.split() if has_ids else [text])}
    scores = [list[float]() for _ in range(len(tuning))]
    for run in runs:
        names = [run.record.run_id] if has_ids else _endings(run)
        place = next((place_of[key] for name in names if (key := (run.record.variant, name)) in place_of), None)
        score = run.record.summary().get(metric)
        if place is not None and run.record.status == "completed" and isinstance(score, int | float):
            scores[place].append(score)
    return [
        float(np.mean(own)) if own and len(own) == seeds else np.nan
        for own, seeds in zip(scores, tuning["seeds"], strict=True)
    ]


def _endings(run: Run) -> list[str]:
    """Return all suffixes of a run's overrides, one of which is its point."""
    own = [printable(override) for override in run.record.overrides if override_key(override) != "seed"]
    return [" ".join(own[start:]) for start in range(len(own))]


def _places(curves: pd.DataFrame, names: Iterable[str], sign: int) -> "pd.Series[Any]":
    found = pd.Series(np.nan, index=curves.index)
    for _, rows in _cells(curves, names):
        for _, at in rows.groupby("budget"):
            found[at.index] = 1 + places(at["expected"], at["without_score"], sign)
    return found.astype("Int64")


def _cells(curves: pd.DataFrame, names: Iterable[str]) -> list[tuple[str, pd.DataFrame]]:
    """Return the curves in each cell of the study's grid with two or more variants, up to their smallest budget.

    The variants have their names in the study.
    """
    names, budgets = list(names), curves.groupby("variant")["budget"].max()
    parts = {str(variant): arm_parts(str(variant), names) for variant in dict.fromkeys(curves["variant"])}
    found = []
    for cell in dict.fromkeys(cell for _, cell in parts.values()):
        own = {variant: name for variant, (name, there) in parts.items() if there == cell}
        rows = curves[curves["variant"].isin(own) & (curves["budget"] <= budgets[[*own]].min())]
        if len(own) > 1:
            found.append((cell.removeprefix(","), rows.assign(variant=rows["variant"].map(own))))
    return found


def tuning_sentences(curves: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Return a sentence for each cell of the study's grid on the leading variants by tuning budget.

    Args:
        curves: frame from `tuning_curve_frame`.
        names: names of the study's variants, without cells of a grid.
    """
    return [f"Tuning budget{f' ({cell})' if cell else ''}: {_leads(rows)}" for cell, rows in _scored(curves, names)]


def is_unsettled(curves: pd.DataFrame, names: Iterable[str]) -> bool:
    """Return whether the order of the variants changes at the last budget in a cell.

    Args:
        curves: frame from `tuning_curve_frame`.
        names: names of the study's variants, without cells of a grid.
    """
    found = [_orders(rows) for _, rows in _scored(curves, names)]
    return any(len(orders) > 1 and _begins(orders)[-1] == len(orders) for orders in found)


def _scored(curves: pd.DataFrame, names: Iterable[str]) -> list[tuple[str, pd.DataFrame]]:
    """Return the cells with scores and more than one budget."""
    cells = _cells(curves, names)
    return [(cell, rows) for cell, rows in cells if rows["budget"].max() > 1 and rows["expected"].notna().any()]


def pruning_sentences(tuning: pd.DataFrame, pruner: str) -> list[str]:
    """Return a sentence on the trials that a pruner stopped and the epochs that this saved; none without a pruner.

    Args:
        tuning: one row per point, as in tuning.csv.
    """
    if pruner == "none" or "epochs" not in tuning:
        return []
    stopped, trained = int((tuning["state"] == "pruned").sum()), int(tuning["epochs"].sum())
    planned, trials = int(tuning["planned_epochs"].sum()), counted(len(tuning), "trial")
    epochs = f"{trained:,} of {planned:,} epochs were trained"
    return [f"Pruning ({pruner.replace('_', ' ')}): {stopped} of {trials} ended early; {epochs}."]


def _by_budget(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the place of each variant (column) at each budget (row)."""
    return rows.pivot_table(index="budget", columns="variant", values="place", sort=False)


def _orders(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in _by_budget(rows).to_numpy()]


def _leads(rows: pd.DataFrame) -> str:
    table = _by_budget(rows)
    leaders = [tuple(map(str, table.columns[row == 1])) for row in table.to_numpy()]
    most, begins, settled = len(table), _begins(leaders), _begins(_orders(rows))[-1]
    text = f"{_lead(leaders[-1])} {_span(begins[-1], most, most)} in {_evidence(rows[rows['budget'] == most])}"
    earlier = [
        f"{' and '.join(leaders[first - 1])} {_span(first, after - 1, most)}" for first, after in pairwise(begins)
    ]
    if earlier:
        listed = earlier if len(earlier) <= _MOST_LISTED else [f"the lead changes {len(earlier)} times"]
        text += f"; before that {', '.join(listed)}"
    if len(table.columns) > 2:
        until = "still changes at the last budget" if settled == most else f"is the same {_span(settled, most, most)}"
        text += f". The order of all {len(table.columns)} variants {until}"
    if rows["kind"].iloc[0] != SO_FAR and rows.groupby("budget")["without_score"].nunique().max() > 1:
        text += ". A variant ranks behind those with fewer draws in which no point has a score"
    return f"{text}."


def _begins(values: Sequence[Any]) -> list[int]:
    """Return the budgets, counted from 1, at which the value changes."""
    return [1, *(place + 1 for place in range(1, len(values)) if values[place] != values[place - 1])]


def _lead(leaders: Sequence[str]) -> str:
    return f"{' and '.join(leaders)} {'lead' if len(leaders) > 1 else 'leads'}"


def _span(first: int, last: int, most: int) -> str:
    if (first, last) == (1, most):
        return "at every budget"
    if first == last:
        return f"at {counted(first, 'point')}"
    return f"from {counted(first, 'point')} on" if last == most else f"at {first} to {last} points"


def _evidence(rows: pd.DataFrame) -> str:
    """Return the metric and the scores of the first two variants at the largest budget."""
    metric, ordered = rows["metric"].iloc[0], rows.sort_values("place", kind="stable")
    first, others = ordered.iloc[0], ordered[ordered["place"] > 1]
    then = "".join(f", {row['variant']} {value_text(row['expected'], metric)}" for _, row in others.head(1).iterrows())
    picks = {
        SO_FAR: f"best {quantity(metric)} so far, in one search",
        REPEATED: f"best {quantity(metric)} so far, on average over the searches",
    }.get(rows["kind"].iloc[0], f"expected best {quantity(metric)} of points picked at random")
    return f"{picks} ({value_text(first['expected'], metric)} at {first['budget']} points{then})"
