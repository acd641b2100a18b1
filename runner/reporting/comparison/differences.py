"""Differences from the baseline, seed by seed: the rows of the forest plot and of the differences over time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.core.text import counted
from runner.records.baselines import arm_parts
from runner.reporting.comparison.decision import STILL_TRAINING, outcome, short_reason, shown_beyond
from runner.reporting.comparison.folds import units_of
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.metrics import interval_text, signed_text
from runner.reporting.sentences.time_verdicts import shown_estimate
from runner.reporting.statistics.significance.names_of_tests import CORRECTED_T
from runner.reporting.statistics.t_quantile import t_quantile
from runner.reporting.tuning.tuning_trials import point_values

if TYPE_CHECKING:
    from runner.reporting.results import Results  # which holds the differences

BY_EPOCH = ["variant", "name", "cell", "epoch", "n", "mean", "low", "high", "by_seed"]
_TINY = np.finfo(float).tiny
_TRAINING = "training"  # word for a comparison that has no verdict yet
_DIGITS = 3  # significant digits of a chosen value
_SPACE = "\N{NO-BREAK SPACE}"


def differences(results: "Results") -> list[Difference]:
    """Return the comparisons of a report that have a difference or a verdict, in table order."""
    rows = results.comparisons.to_dict("records")
    cells = names_and_cells(results)
    chosen = chosen_values(results)
    return [_difference(row, results, cells, chosen, results.compared_runs.of(row)) for row in rows]


def _difference(
    row: Mapping[Any, Any],
    results: "Results",
    cells: Mapping[str, tuple[str, str]],
    chosen: Mapping[str, str],
    places: Sequence[Sequence[int]],
) -> Difference:
    metric = results.metric
    variant, baseline = str(row["variant"]), str(row["baseline"])
    name, cell = cells[variant]
    is_paired = str(row["test"]).startswith("paired") or row["test"] == CORRECTED_T
    column, interval = shown_estimate(row)
    text = signed_text(row[column], metric, [row[f"{interval}_low"], row[f"{interval}_high"]])
    if not math.isnan(row[f"{interval}_low"]):
        text += f" {interval_text(row, metric, interval)}"
    # With planned looks, this interval covers one look alone and may be narrower than the one over all looks.
    new_images = {} if row["looks"] else row
    return Difference(
        variant=variant,
        name=name,
        cell=cell,
        baseline=cells[baseline][0] + (f" ({chosen[baseline]})" if chosen.get(baseline) else ""),
        note=", ".join(filter(None, [chosen.get(variant, ""), *_lost(row)])),
        word=_TRAINING if row["reason"] == STILL_TRAINING else outcome(row),
        why=short_reason(row, results.unit.noun),
        beyond=shown_beyond(row),
        places=(places[0], places[1]),
        is_paired=is_paired,
        by_seed=differences_by_seed(results.summary, metric, places, is_paired=is_paired),
        estimate=row[column],
        low=row[f"{interval}_low"],
        high=row[f"{interval}_high"],
        new_low=new_images.get("new_images_low", math.nan),
        new_high=new_images.get("new_images_high", math.nan),
        text=text,
    )


def differences_by_seed(
    summary: pd.DataFrame, metric: str, places: Sequence[Sequence[int]], *, is_paired: bool
) -> dict[Any, float]:
    """Return the differences by seed or fold; several runs of a seed, in any cells, count as their mean."""
    values = summary[metric].to_numpy(float)[:, np.newaxis]
    one, other = (_seed_means(summary, values, side)[0] for side in places)
    found = one - (other if is_paired else other.mean())
    return dict(zip(found.index, found, strict=True))


def _seed_means(summary: pd.DataFrame, values: npt.NDArray[np.float64], places: Sequence[int]) -> pd.DataFrame:
    """Return the mean value of each seed or fold, first over its runs in each cell, then over the cells.

    Args:
        values: (runs, columns), a row for each row of the summary.
        places: the rows to use.
    """
    rows = list(places)
    units, own = units_of(summary).iloc[rows], values[rows]
    if units.is_unique:
        return pd.DataFrame(own, units.to_numpy()).sort_index()
    cells = summary["cell"].iloc[rows].to_numpy() if "cell" in summary else [""] * len(rows)
    means: pd.DataFrame = pd.DataFrame(own).groupby([units.to_numpy(), cells]).mean().groupby(level=0).mean()
    return means


def differences_by_epoch(results: "Results", found: Sequence[Difference]) -> pd.DataFrame:
    """Return one row per difference and epoch: variant, name, cell, epoch, n (pairs), mean, low, high and by_seed.

    The last column contains tuples with the difference of each seed or fold. The differences are in the validation
    metric, and end with the shortest run. The 95% intervals hold for each epoch separately; without pairs, they are
    Welch's. The frame is empty without a history of the metric.
    """
    history, column, rows = results.history, results.validation_metric, [pd.DataFrame(columns=BY_EPOCH)]
    if column in history:
        wide = history.pivot_table(index="position", columns="epoch", values=column, dropna=False)
        finite = wide.reindex(range(len(results.summary))).replace([np.inf, -np.inf], np.nan)
        rows += [_over_time(results, one, finite.to_numpy(float), wide.columns.to_numpy()) for one in found]
    return pd.concat([own for own in rows if len(own)] or rows, ignore_index=True)


def _over_time(
    results: "Results", one: Difference, finite: npt.NDArray[np.float64], epochs: npt.NDArray[np.int64]
) -> pd.DataFrame:
    """Return the rows of one difference.

    Args:
        finite: (runs, epochs), the metric; NaN where it is missing or infinite.
        epochs: the numbers of the epochs.
    """
    means = [_seed_means(results.summary, finite, places) for places in one.places]
    sides = [(means[0] - means[1]).to_numpy()] if one.is_paired else [side.to_numpy() for side in means]
    kept = np.logical_and.accumulate(np.logical_and.reduce([~np.isnan(side).any(axis=0) for side in sides]))
    values = [side[:, kept] for side in sides]
    if not kept.any() or not all(map(len, values)):
        return pd.DataFrame(columns=BY_EPOCH)
    by_seed = values[0] - (0 if one.is_paired else values[1].mean(axis=0))
    mean = by_seed.mean(axis=0)
    reach = _reach_of_mean(values[0], results.unit.overlap) if one.is_paired else _welch_reach(*values)
    named = {"variant": one.variant, "name": one.name, "cell": one.cell, "epoch": epochs[kept]}
    found = {"n": min(map(len, values)), "mean": mean, "low": mean - reach, "high": mean + reach}
    return pd.DataFrame(named | found | {"by_seed": [tuple(own) for own in by_seed.T]})


def _reach_of_mean(values: npt.NDArray[np.float64], overlap: float) -> npt.NDArray[np.float64]:
    """Return half the width of the t-interval of each column's mean; NaN for one row.

    Args:
        overlap: overlap of the training sets; see `summarize`.
    """
    n = len(values)
    if n < 2:
        return np.full(values.shape[1], np.nan)
    error = values.std(axis=0, ddof=1) * np.sqrt(1 / n + overlap)
    reach: npt.NDArray[np.float64] = t_quantile(n - 1) * error
    return reach


def _welch_reach(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return half the width of Welch's interval of each column's difference; NaN if either side has one row."""
    if min(len(one), len(other)) < 2:
        return np.full(one.shape[1], np.nan)
    errors = [side.var(axis=0, ddof=1) / len(side) for side in (one, other)]
    freedom = sum(errors) ** 2 / np.maximum(
        sum(error**2 / (len(side) - 1) for error, side in zip(errors, (one, other), strict=True)), _TINY
    )
    reach: npt.NDArray[np.float64] = t_quantile(np.maximum(freedom, 1)) * np.sqrt(sum(errors))
    return reach


def names_and_cells(results: "Results") -> dict[str, tuple[str, str]]:
    """Map each label to the variant's name, and to its cell of the grid with its data set.

    Without several baselines there is one cell, "", and the names are the labels.
    """
    if results.baseline is not None or not results.baselines:
        return {variant: (variant, "") for variant in results.variants}
    several, found = results.has_several_datasets, {}
    for variant, own in results.summary.groupby("variant", sort=False):
        name, cell = arm_parts(own["arm"].iloc[0], results.asked.variants)
        parts = [own["dataset"].iloc[0] if several else "", cell.removeprefix(",")]
        found[str(variant)] = (name, ",".join(filter(None, parts)))
    return found


def chosen_values(results: "Results") -> dict[str, str]:
    """Return the chosen values of each tuned variant, by label."""
    if results.tuning is None:
        return {}
    best = results.tuning[results.tuning["chosen"]]
    points = {
        str(variant): ", ".join(
            f"{_in_words(key)}{_SPACE}{_short(value)}" for key, value in point_values(point).items()
        )
        for variant, point in zip(best["variant"], best["point"], strict=True)
    }
    named = zip(results.summary["variant"], results.runs, strict=True)
    return {str(variant): points.get(run.record.label or "", "") for variant, run in named}


def _in_words(key: str) -> str:
    """Return the printed name of a key, without its group: `learning rate`."""
    return key.rpartition(".")[2].replace("_", _SPACE)


def _short(value: str) -> str:
    """Shorten a number to a few digits; leave other text unchanged."""
    try:
        number = float(value)
    except ValueError:
        return value
    return f"{number:.{_DIGITS}g}"


def _lost(row: Mapping[Any, Any]) -> Iterator[str]:
    for side, whose in (("lost", ""), ("baseline_lost", " of the baseline")):
        if row[side]:
            yield f"{counted(row[side], 'run')}{whose} lost".replace(" ", _SPACE)
