"""Aggregation: variants over their seeds, and comparisons with the baseline, as tidy frames."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.records.design import Correction, Looks
from runner.reporting.comparison.adjustment import add_detectable, adjust, groups_of
from runner.reporting.comparison.decision import decision
from runner.reporting.comparison.folds import folds_of, units_of
from runner.reporting.comparison.lost_runs import NO_RESULT, is_scored
from runner.reporting.comparison.pairs import Arm, Design, arms_of, at_last_look
from runner.reporting.metrics import TIMES_TO_TARGET, WARM_SECONDS, sign_of
from runner.reporting.statistics.comparisons import compare_paired, compare_unpaired, paired_sides
from runner.reporting.statistics.paired_values import pair_error
from runner.reporting.statistics.significance.attainability import FEWEST_SEEDS, LEVEL
from runner.reporting.statistics.significance.corrected_t import apart_folds, compare_folds
from runner.reporting.statistics.significance.joint_flips import Flippable, Sides, repeated_interval
from runner.reporting.statistics.significance.names_of_tests import SIGN_TEST
from runner.reporting.statistics.significance.overlap import overlap_of
from runner.reporting.statistics.significance.sign_test import TIME_COLUMNS, compare_times, paired_signs
from runner.reporting.statistics.summary import summarize
from runner.reporting.statistics.win_probability import win_claim
from runner.reporting.targets import TARGET_COLUMNS, target_columns

_COUNTED = ("completed", *NO_RESULT)
AGGREGATE_COLUMNS = [
    "variant", "metric", "n", "mean", "std", "standard_error", "ci_low", "ci_high", "median", "iqm", "min", "max",
    "runs", *_COUNTED, "epochs", "train_seconds", *TARGET_COLUMNS, "budget", "parameters", "dataset",
    WARM_SECONDS,
]  # fmt: skip
COMPARISON_COLUMNS = [
    "variant", "baseline", "metric", "test", "n", "difference", "ci_low", "ci_high", "bca_low", "bca_high", "p_value",
    "p_holm", "effect_size", "win_probability", "verdict", "reason", "n_completed", "lost", "baseline_lost",
    "unmatched", "exact_low", "exact_high", "margin", "p_equivalence", "p_beyond", "p_adjusted", "correction", "looks",
    "repeated_low", "repeated_high", *TIME_COLUMNS, "win_low", "win_high", "win_claim", "detectable",
]  # fmt: skip


def aggregate_frame(
    summary: pd.DataFrame, metric: str, target: float | None = None, budgets: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """Return one row per variant, in the order of their first runs: `AGGREGATE_COLUMNS`.

    Only completed runs have a value. The others are counted; no value is filled in for them.

    Args:
        summary: one row per run: variant, seed, status, epochs, train_seconds, parameters, dataset, the metric; with a
            target also the columns of `with_targets`.
        metric: a column of the summary.
        target: target of the validation metric.
        budgets: number of points tried when tuning each variant; 1 by default.
    """
    names, places = summary["variant"].tolist(), dict[str, list[int]]()
    for place, variant in enumerate(names):
        places.setdefault(variant, []).append(place)
    # Arrays are used because selecting a variant's rows from a frame takes far longer than all computations on them.
    values, statuses, datasets = _values(summary, metric), summary["status"].tolist(), summary["dataset"].tolist()
    parameters = summary["parameters"].replace(0, np.nan)  # 0 if the run ended before building a model
    costs = {
        "epochs": summary["epochs"].to_numpy(float),
        "train_seconds": summary["train_seconds"].to_numpy(float),
        "parameters": parameters.to_numpy(float),
    }
    reached = target_columns(summary, places, target)
    rows = []
    for variant, own in places.items():
        folds = folds_of(summary[["status", "folds"]].iloc[own]) if "folds" in summary else None
        overlap = overlap_of(folds) if folds else 0.0
        statistics = asdict(summarize(values[variant], overlap)) if variant in values else {"n": 0}
        had = Counter(statuses[place] for place in own)
        rows.append(
            {"variant": variant, "metric": metric, "runs": len(own)}
            | statistics
            | {status: had[status] for status in _COUNTED}
            | {name: _known_mean(cost[own]) for name, cost in costs.items()}
            | reached[variant]
            | {"budget": (budgets or {}).get(variant, 1), "dataset": datasets[own[0]]}
        )
    return pd.DataFrame(rows, columns=AGGREGATE_COLUMNS).astype({"reached": "Int64"})


def comparison_frame(
    summary: pd.DataFrame,
    metric: str,
    baselines: str | Mapping[str, str],
    *,
    bootstrap: bool = True,
    margin: float | None = None,
    correction: Correction = "max_t",
    looks: Looks | None = None,
) -> pd.DataFrame:
    """Return one row for each variant except baselines: `COMPARISON_COLUMNS`.

    A seed forms a matched pair of two variants if both have the same data and split and, if their weights have the same
    shapes, the same initial weights. Variants are compared in pairs if at least two of their common seeds, and at least
    half of them, form matched pairs; the others are excluded and counted as `unmatched`. Otherwise, Welch's test is
    used.

    A diverged run counts as lost: it is the worst of its pair. If the metric is the time to the target, a
    completed run that never reached the target is also lost, and pairs are compared with the sign test, which fills
    `TIME_COLUMNS`. Failed and interrupted runs are missing.

    The correction covers all rows with `FEWEST_SEEDS` or more, on all data sets together; `p_holm` is always Holm's.
    Nothing is claimed about variants with runs that are still training.

    With a margin, a difference that is shown to be within it is `equivalent`, even if it is significant; any other
    significant difference is `better` or `worse`. `p_equivalence` and `p_beyond` are adjusted like `p_adjusted`, each
    over the same rows.

    With planned looks, p values are adjusted over all looks that a comparison has had: a look counts once all its seeds
    have ended on both sides. The comparison then covers only the seeds of its last look, so that difference, verdict
    and intervals cover the same runs. Comparisons that are not paired are tested only at the last planned look.

    With cross-validation, folds replace seeds, and the corrected resampled t-test with Holm's method replaces the sign
    flips (`compare_folds`). Variants that do not share their folds are not tested.

    Args:
        summary: one row per run: variant, seed, status, the metric, the columns that define matched pairs, and `cell`
            if the runs of one seed and variant differ; pairs are then made within each cell.
        baselines: the baseline of all variants, or of each variant.
        bootstrap: compute the slow intervals: BCa, exact, and of the win probability.
        margin: margin of equivalence in the metric's unit, above 0.
        looks: planned looks at the seeds 0, 1, 2, ...
    """
    if folds_of(summary) is not None:
        correction = "holm"  # joint flips assume independent folds
    arms = arms_of(summary, metric)
    training = set(summary.loc[summary["status"] == "running", "variant"])
    datasets = dict(zip(summary["variant"], summary["dataset"], strict=True)) if "dataset" in summary else {}
    rows: list[dict[str, Any]] = []
    for variant, arm in arms.items():
        baseline = baselines if isinstance(baselines, str) else baselines[variant]
        if variant != baseline and baseline in arms:
            options = {"bootstrap": bootstrap, "margin": margin, "looks": looks, "dataset": datasets.get(variant, "")}
            compared = _compared(arm, arms[baseline], metric, **options)
            is_final = training.isdisjoint((variant, baseline))
            about = {"variant": variant, "baseline": baseline, "metric": metric, "margin": margin, "final": is_final}
            rows.append(about | compared | ({} if sign_of(metric) > 0 else _wins_of_lower(compared)))
    _decide(rows, correction, looks, with_detectable=bootstrap)
    types: dict[str, Any] = {
        "margin": float,
        **dict.fromkeys(TIME_COLUMNS, float),
        "faster": "Int64",
        "slower": "Int64",
    }
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS).astype(types)


def _wins_of_lower(compared: Mapping[str, float]) -> dict[str, float]:
    """Return the probability that the lower value wins, with its interval, from the results for the higher value."""
    of_higher = {"win_probability": "win_probability", "win_low": "win_high", "win_high": "win_low"}
    return {name: 1 - compared[other] for name, other in of_higher.items()}


def _decide(rows: list[dict[str, Any]], correction: Correction, looks: Looks | None, *, with_detectable: bool) -> None:
    """Adjust the p values of the comparisons, and add their verdicts and detectable differences."""
    groups = groups_of(rows, correction)
    adjust(rows, groups, correction, looks)
    for row in rows:
        row["detectable"] = math.nan
    for group in groups if with_detectable else ():
        add_detectable(group, LEVEL / len(groups), looks)
    for row in rows:
        multiplier = max(1, len(groups)) if correction == "max_t" else row["family"] or len(rows)
        row["verdict"], row["reason"] = decision(row, multiplier, looks)
        if row["final"] and row["n"] >= FEWEST_SEEDS:
            row["win_claim"] = win_claim(row["win_low"], row["win_high"]) or None


def _values(summary: pd.DataFrame, metric: str) -> dict[str, list[float]]:
    """Return the value of each seed or fold, by variant; several runs of a seed count as their mean."""
    scored = summary[is_scored(summary, metric)]
    means = scored.groupby([scored["variant"], units_of(scored)])[metric].mean().astype(float)
    values: dict[str, list[float]] = {}
    for (variant, _), value in zip(means.index, means.tolist(), strict=True):
        values.setdefault(variant, []).append(value)
    return values


def _known_mean(values: npt.NDArray[np.float64]) -> float:
    """Return the mean of the values that are not NaN; NaN without such values."""
    known = ~np.isnan(values)
    return float(np.where(known, values, 0.0).sum() / known.sum()) if known.any() else math.nan


def _compared(
    one: Arm, other: Arm, metric: str, *, bootstrap: bool, margin: float | None, looks: Looks | None, dataset: str
) -> dict[str, Any]:
    """Return the fields of a comparison, the numbers of lost and unmatched runs, and the values for the joint test.

    Paired times are compared by the sign test.
    """
    had = [] if looks is None else [size for size in looks.sizes if one.has_ended(size) and other.has_ended(size)]
    design = Design.of(*at_last_look([one, other], had))
    joint: dict[str, Sides] = {}
    repeated = math.nan, math.nan
    if design.folds is not None:
        compared, sides, unmatched = _compared_by_folds(design, design.folds, margin)
    elif design.is_paired:
        seeds = [seed for _, seed in design.pairs]
        sides = [[arm.scores[pair] for pair in design.pairs] for arm in design.arms]
        compared = asdict(compare_paired(*sides, units=seeds, bootstrap=bootstrap, margin=margin))
        if metric in TIMES_TO_TARGET:
            compared |= asdict(compare_times(*sides, units=seeds, margin=margin))
        joint = _joint(compared["test"], sides, seeds, [math.inf] if looks is None else had, margin, dataset)
        varies = not math.isnan(compared["ci_low"])
        if looks and had and bootstrap and varies and compared["test"].startswith("paired sign-flip"):
            repeated = repeated_interval([higher for higher, _ in joint["p_value"].looks], looks)
        unmatched = len({seed for _, seed in design.common} - {*seeds})
    else:
        sides = [arm.by_seed(design.cells) for arm in design.arms]
        compared, unmatched = asdict(compare_unpaired(*sides, bootstrap=bootstrap, margin=margin)), 0
    lost = (int(np.isinf(side).sum()) for side in sides)
    counts = dict(zip(("lost", "baseline_lost"), lost, strict=True)) | {"unmatched": unmatched}
    interval = dict(zip(("repeated_low", "repeated_high"), repeated, strict=True))
    return compared | counts | interval | {"looks": len(had), "joint": joint}


def _compared_by_folds(
    design: Design, folds: int, margin: float | None
) -> tuple[dict[str, Any], list[list[float]], int]:
    """Return the fields of a comparison of cross-validated variants, the compared values, and the unmatched folds."""
    if not design.is_paired:
        sides = [arm.by_seed(design.cells) for arm in design.arms]
        return asdict(apart_folds(*sides)), sides, 0
    units = [unit for _, unit in design.pairs]
    one, other = ([arm.scores[pair] for pair in design.pairs] for arm in design.arms)
    compared = asdict(compare_folds(one, other, folds, units=units, margin=margin))
    return compared, [one, other], len({unit for _, unit in design.common} - {*units})


def _joint(
    test: str, sides: list[list[float]], seeds: list[int], had: Sequence[float], margin: float | None, dataset: str
) -> dict[str, Sides]:
    """Return, for each claim's column, the values whose signs its joint test flips.

    Args:
        had: the number of seeds of each look.
    """
    is_by_size = test.startswith("paired sign-flip")
    flip = paired_signs if test == SIGN_TEST else partial(paired_sides, ranks=not is_by_size)
    shifts = {"p_value": 0.0} | ({} if margin is None else {"p_equivalence": margin, "p_beyond": -margin})

    def look(size: float, shift: float) -> tuple[Flippable, Flippable]:
        chosen = [place for place, seed in enumerate(seeds) if seed < size]
        one, other = ([side[place] for place in chosen] for side in sides)
        return flip(one, other, [seeds[place] for place in chosen], shift)

    error = pair_error(*sides) if is_by_size else 0.0
    return {claim: Sides([look(size, shift) for size in had], error, dataset) for claim, shift in shifts.items()}
