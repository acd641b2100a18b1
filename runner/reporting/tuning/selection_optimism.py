"""Selection optimism: the tuned score of each chosen point compared with its score on fresh seeds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from runner.core.text import counted, shortened
from runner.records.design import MOST_SEEDS as MOST_POINTS  # the same limit as for plans
from runner.records.record import VALIDATION_METRICS
from runner.records.sweep_directory import FIRST_TUNING_COLUMNS, TUNING_COLUMNS, TUNING_TABLE, tuned_metric
from runner.reporting.metrics import sign_of
from runner.reporting.tables.csv_files import read_frame
from runner.reporting.tuning.tuning_trials import Trials, point_values

SELECTION_COLUMNS = ["variant", "point", "metric", "tuned", "fresh", "optimism", "n", "budget", "on_edge", "edge_keys"]


def selection_frame(
    tuning: pd.DataFrame, summary: pd.DataFrame, direction: str | None = None, trials: Sequence[Trials] = ()
) -> pd.DataFrame:
    """Return one row per tuned variant: `SELECTION_COLUMNS`.

    `tuned` is the mean of the chosen point over the tuning seeds, `fresh` its mean over the `n` completed runs on the
    study's own seeds, and `optimism` is the amount by which `tuned` is better.

    Args:
        tuning: one row per point, as in tuning.csv.
        summary: one row per run.
        direction: max or min; None if the study does not set it.
        trials: trials of each variant, which tell which keys are at the edge.
    """
    edges = {own.variant: " ".join(own.edges) for own in trials}
    metric = tuned_metric(tuning)
    sign = sign_of(metric, direction)
    completed = summary[summary["status"] == "completed"]
    rows = []
    for _, point in tuning[tuning["chosen"]].iterrows():
        fresh = completed.loc[completed["variant"] == point["variant"], metric].dropna()
        rows.append(
            {
                "variant": point["variant"],
                "point": point["point"],
                "metric": metric,
                "tuned": point[metric],
                "fresh": fresh.mean(),
                "optimism": sign * (point[metric] - fresh.mean()),
                "n": len(fresh),
                "budget": point["budget"],
                "on_edge": point["on_edge"],
                "edge_keys": edges.get(point["variant"], "") if point["on_edge"] else "",
            }
        )
    return pd.DataFrame(rows, columns=SELECTION_COLUMNS)


def selection_warnings(selection: pd.DataFrame, budget: int | None = None, cost: str | None = None) -> list[str]:
    """Warn about choices at the edge of the search, unequal budgets, and budgets that were not used up.

    Args:
        budget: the number of points that each variant could have tried; None: no such limit was set.
        cost: the unit of another kind of budget, under which variants may try different numbers of points.
    """
    found = [_edge_warning(row) for _, row in selection[selection["on_edge"].astype(bool)].iterrows()]
    if len(set(selection["budget"])) > 1 and not cost:
        budgets = ", ".join(f"{row['variant']} {row['budget']}" for _, row in selection.iterrows())
        found.append(f"the variants were tuned with unequal budgets ({budgets} points tried).")
    fewer = selection[selection["budget"] < (budget or 0)]
    if len(fewer):
        points = [counted(count, "point") for count in fewer["budget"]]
        own = zip(fewer["variant"], points, strict=True)
        reason = "; ".join(f"{variant} has only {count}" for variant, count in own)
        if len(selection) == 1:
            reason = f"only {points[0]} could be tried"
        found.append(f"the tuning budget of {counted(budget or 0, 'point')} was not used up: {reason}.")
    return found


def _edge_warning(row: "pd.Series[Any]") -> str:
    values = point_values(row["point"])
    known = [f"{key}={values[key]}" for key in row["edge_keys"].split()]
    where = "has a value" if " " in row["point"] else "lies"
    said = f"{' and '.join(known)} {'lies' if len(known) == 1 else 'lie'}" if known else f"{row['point']} {where}"
    return f"{row['variant']}: {said} at the edge of the search; a better value may lie beyond."


def read_tuning(sweep: Path) -> pd.DataFrame:
    """Return a sweep's tuning.csv.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is not a tuning table; the message names the file.
    """
    path = sweep / TUNING_TABLE
    tuning = read_frame(path, texts=("variant", "point", "state", "run_ids"))
    metrics = [column for column in tuning if column not in TUNING_COLUMNS]
    kinds = {"chosen": "b", "on_edge": "b", "budget": "i", "trial": "i"} | dict.fromkeys(metrics, "f")
    if len(metrics) != 1 or metrics[0] not in VALIDATION_METRICS or not {*FIRST_TUNING_COLUMNS} <= {*tuning}:
        raise ValueError(f"{path}: not a tuning table (columns {shortened(', '.join(map(str, tuning)))})")
    if wrong := [name for name, kind in kinds.items() if name in tuning and tuning[name].dtype.kind != kind]:
        raise ValueError(f"{path}: not a tuning table ({wrong[0]} holds {tuning[wrong[0]].dtype})")
    if (most := tuning.groupby("variant").size().max()) > MOST_POINTS:
        raise ValueError(f"{path}: not a tuning table ({most} points of one variant; at most {MOST_POINTS})")
    return tuning
