"""Aggregation: variants over their seeds, and comparisons with the baseline, as tidy frames."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd

from runner.records.design import CORRECTION_NAMES, Correction, Looks
from runner.reporting.metrics import TIMES_TO_TARGET, WARM_SECONDS, p_number, sign_of
from runner.reporting.statistics.attainability import LEVEL, cannot_decide, smallest_equivalence_p, smallest_p
from runner.reporting.statistics.comparisons import (
    FEWEST_SEEDS,
    compare_paired,
    compare_unpaired,
    pair_error,
    paired_sides,
    summarize,
)
from runner.reporting.statistics.families import combined, holm
from runner.reporting.statistics.joint_flips import Flippable, Sides, adjusted, repeated_interval
from runner.reporting.statistics.power import detectable_of
from runner.reporting.statistics.sign_test import SIGN_TEST, TIME_COLUMNS, compare_times, paired_signs
from runner.reporting.statistics.win_probability import win_claim
from runner.reporting.targets import TARGET_COLUMNS, target_columns

NO_RESULT = ("diverged", "pruned", "interrupted", "failed", "running")  # statuses of runs without a result
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
UNDECIDED = "undecided"  # no significant difference was shown; the reason says whether one could be
NOT_SIGNIFICANT = "no significant difference"
NEITHER_SHOWN = "neither a difference nor equivalence"  # with a margin
BETTER, WORSE, EQUIVALENT = "better", "worse", "equivalent"  # verdicts with a margin; without one: higher, lower
_ONLY_EQUIVALENCE = "can show equivalence but no difference"  # of a design
NO_LOOK = "no planned look has tested it yet"
STILL_TRAINING = "runs are still training"  # testing until p is small enough finds differences that do not exist
_PAIRING = ("fingerprint", "split")  # runs of one seed are a pair only if they share these
_WEIGHTS = ("weight_shapes", "initial_weights")  # if runs share the first, they must share the second


def aggregate_frame(
    summary: pd.DataFrame, metric: str, target: float | None = None, budgets: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """Return one row per variant, in the order of their first runs: `AGGREGATE_COLUMNS`.

    Only completed runs have a value. The others are counted; no value is filled in for them.

    Args:
        summary: one row per run: variant, seed, status, epochs, train_seconds, parameters, dataset, the metric; with a
            target also the columns of `with_targets`.
        metric: a column of the summary.
        target: of the validation metric.
        budgets: points tried to tune each variant; 1 by default.
    """
    rows = []
    for variant, runs in summary.groupby("variant", sort=False):
        values = _values(runs, metric)
        statistics = asdict(summarize(list(values))) if len(values) else {"n": 0}
        counts = {status: int((runs["status"] == status).sum()) for status in _COUNTED}
        costs = {name: runs[name].mean() for name in ("epochs", "train_seconds")}
        costs["parameters"] = runs["parameters"].replace(0, np.nan).mean()  # 0: the run ended before it built a model
        rows.append(
            {"variant": variant, "metric": metric, "runs": len(runs)}
            | statistics
            | counts
            | costs
            | target_columns(runs, target)
            | {"budget": (budgets or {}).get(str(variant), 1), "dataset": runs["dataset"].iloc[0]}
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

    A seed is a true pair of two variants if both have the same data and split and, if their weights have the same
    shapes, the same initial weights. Variants are compared by pairs if at least two of their common seeds, and at least
    half of them, are true pairs; the others are left out and counted as `unmatched`. Otherwise Welch's test is used.

    A diverged run counts as lost: it is the worst of its pair. If the metric is the time to the target, a
    completed run that never reached the target is lost, too, and pairs are compared by the sign test, which fills
    `TIME_COLUMNS`. Failed and interrupted runs are missing.

    The correction covers all rows with `FEWEST_SEEDS` or more, on all data sets together; `p_holm` is always Holm's.
    Nothing is claimed about variants with runs that are still training.

    With a margin, a difference that is shown to be within it is `equivalent`, even if it is significant; any other
    significant difference is `better` or `worse`. `p_equivalence` and `p_beyond` are adjusted like `p_adjusted`, each
    over the same rows.

    With planned looks, the adjusted p values are those over all looks that a comparison has had: a look counts once all
    its seeds have ended on both sides, and seeds beyond the last one do not count in them. Comparisons that are not
    paired are tested only at the last planned look.

    Args:
        summary: one row per run: variant, seed, status, the metric, the columns that make true pairs, and `cell` if the
            runs of one seed and variant differ; pairs are then made cell by cell.
        baselines: the baseline of all variants, or of each.
        bootstrap: compute the intervals that take most of the time: BCa, exact, and of the win probability.
        margin: in the metric's unit, above 0.
        looks: planned ones at the seeds 0, 1, 2, ...
    """
    arms = _arms(summary, metric)
    training = set(summary.loc[summary["status"] == "running", "variant"])
    rows: list[dict[str, Any]] = []
    for variant, arm in arms.items():
        baseline = baselines if isinstance(baselines, str) else baselines[variant]
        if variant != baseline and baseline in arms:
            compared = _compared(arm, arms[baseline], metric, bootstrap=bootstrap, margin=margin, looks=looks)
            if sign_of(metric) < 0:
                wins = {"win_probability": "win_probability", "win_low": "win_high", "win_high": "win_low"}
                compared |= {name: 1 - compared[of_higher] for name, of_higher in wins.items()}
            is_final = training.isdisjoint((variant, baseline))
            about = {"variant": variant, "baseline": baseline, "metric": metric, "margin": margin, "final": is_final}
            rows.append(about | compared)
    groups = _groups(rows, correction)
    _adjust(rows, groups, correction, looks)
    for row in rows:
        row["detectable"] = math.nan
    for group in groups if bootstrap else ():
        _add_detectable(group, LEVEL / len(groups), looks)
    for row in rows:
        multiplier = max(1, len(groups)) if correction == "max_t" else row["family"] or len(rows)
        row["verdict"], row["reason"] = _decision(row, multiplier, looks)
        if row["final"] and row["n"] >= FEWEST_SEEDS:
            row["win_claim"] = win_claim(row["win_low"], row["win_high"]) or None
    types: dict[str, Any] = {
        "margin": float,
        **dict.fromkeys(TIME_COLUMNS, float),
        "faster": "Int64",
        "slower": "Int64",
    }
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS).astype(types)


def paired_differences(
    summary: pd.DataFrame, metric: str, baselines: str | Mapping[str, str]
) -> dict[str, dict[int, float]]:
    """Return the differences from the baseline of each variant that is compared by pairs, by seed.

    Without pairs in which a run diverged; cells of one seed count as their mean. Arguments as for `comparison_frame`.
    """
    arms, found = _arms(summary, metric), dict[str, dict[int, float]]()
    for variant, arm in arms.items():
        baseline = baselines if isinstance(baselines, str) else baselines[variant]
        if variant == baseline or baseline not in arms:
            continue
        design = _Design.of(arm, arms[baseline])
        if design.is_paired:
            one, other = (side.scores for side in design.arms)
            own: dict[int, list[float]] = {}
            for pair in sorted(design.completed()[0], key=lambda pair: pair[1]):
                own.setdefault(pair[1], []).append(one[pair] - other[pair])
            found[variant] = {seed: float(np.mean(values)) for seed, values in own.items()}
    return found


def compared_runs(summary: pd.DataFrame, comparison: Mapping[Any, Any]) -> list[list[int]]:
    """Return the positions in a summary of the completed runs behind a difference: the variant's, then the baseline's.

    Args:
        summary: the runs that were compared.
        comparison: a row of the comparison frame.
    """
    metric = comparison["metric"]
    sides = [np.flatnonzero(summary["variant"] == comparison[side]) for side in ("variant", "baseline")]
    design = _Design.of(*(_Arm.of(summary.iloc[places], metric) for places in sides))
    found = []
    for places, compared in zip(sides, design.completed(), strict=True):
        runs = summary.iloc[places]
        cells = [""] * len(runs) if design.is_apart else runs.get("cell", pd.Series("", runs.index))
        rows = zip(places.tolist(), is_scored(runs, metric), cells, runs["seed"], strict=True)
        found.append([place for place, scored, cell, seed in rows if scored and (cell, seed) in compared])
    return found


def same_data(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    """Return whether two runs share data and split; unknown facts (None) count as equal."""
    return not any(_differ(one.get(key), other.get(key)) for key in _PAIRING)


def can_decide(comparison: Mapping[Any, Any]) -> bool:
    """Return whether the design (number of seeds and of comparisons) can reach significance."""
    return comparison["verdict"] != UNDECIDED or comparison["reason"] in (
        NOT_SIGNIFICANT,
        NEITHER_SHOWN,
        NO_LOOK,
        STILL_TRAINING,
    )


def shows_only_equivalence(comparison: Mapping[Any, Any]) -> bool:
    """Return whether the design can reach significance for equivalence alone, and the comparison did not."""
    return _ONLY_EQUIVALENCE in comparison["reason"]


def has_times(comparison: Mapping[Any, Any]) -> bool:
    """Return whether a comparison is one of paired times, by the sign test."""
    return not pd.isna(comparison.get("faster", math.nan))


def has_seeds_apart(comparison: Mapping[Any, Any], seeds: Mapping[str, float]) -> bool:
    """Return whether a paired comparison leaves out completed seeds that count in a mean of either side.

    Args:
        comparison: a row of a comparison frame.
        seeds: number of completed seeds of each variant.
    """
    most = max(seeds[comparison["variant"]], seeds[comparison["baseline"]])
    covered = comparison["n" if has_times(comparison) else "n_completed"]
    return str(comparison["test"]).startswith("paired") and bool(covered < most)


def lost_shares(summary: pd.DataFrame, metric: str, by: str | list[str]) -> "pd.Series[float]":
    """Return each group's share of lost runs among the completed and diverged ones; NaN without any."""
    ended = summary["status"].isin(["completed", "diverged"])
    keys = [summary[key] for key in ([by] if isinstance(by, str) else by)]
    shares: pd.Series[float] = is_lost(summary, metric).astype(float).where(ended).groupby(keys, sort=False).mean()
    return shares


_Pair = tuple[Any, Any]  # cell and seed


@dataclass(frozen=True)
class _Arm:
    """Results of a variant by cell and seed, with the facts that make pairs.

    Several runs of one seed and cell count as their mean. A lost run has the infinitely worse score.
    """

    scores: dict[_Pair, float]
    facts: dict[_Pair, Any]
    ended: frozenset[int] = frozenset()  # seeds whose runs all have ended, with a result or a failure

    @classmethod
    def of(cls, runs: pd.DataFrame, metric: str) -> Self:
        lost = is_lost(runs, metric)
        with_result = runs.assign(cell=runs.get("cell", ""), lost=lost)[lost | is_scored(runs, metric)]
        values = with_result[metric].astype(float).mask(with_result["lost"], -sign_of(metric) * np.inf)
        means = values.groupby([with_result["cell"], with_result["seed"]], sort=False).mean()
        scores = dict(zip(means.index, means, strict=True))
        facts = with_result.drop_duplicates(["cell", "seed"]).reindex(columns=["cell", "seed", *_PAIRING, *_WEIGHTS])
        rows = facts.astype(object).where(facts.notna(), None).to_dict("records")
        going_on = set(runs.loc[runs["status"].isin(["running", "interrupted"]), "seed"])
        ended = frozenset({*runs["seed"]} - going_on)
        return cls(scores, {(row["cell"], row["seed"]): row for row in rows}, ended)

    def has_ended(self, seeds: int) -> bool:
        """Return whether the runs of so many seeds, counted from 0, have ended."""
        return self.ended.issuperset(range(seeds))

    def is_pair(self, other: Self, pair: _Pair) -> bool:
        """Return whether the runs of a seed share data, split and initial weights; unknown facts count as equal."""
        one, two = self.facts[pair], other.facts[pair]
        if not same_data(one, two):
            return False
        shapes, values = _WEIGHTS
        return _differ(one[shapes], two[shapes]) or not _differ(one[values], two[values])

    def without_cells(self) -> "_Arm":
        """Return the arm with the mean over all cells of each seed."""
        seeds: dict[_Pair, list[float]] = {}
        for (_, seed), score in self.scores.items():
            seeds.setdefault(("", seed), []).append(score)
        scores = {pair: float(np.mean(values)) for pair, values in seeds.items()}
        return _Arm(scores, {("", seed): facts for (_, seed), facts in reversed(self.facts.items())}, self.ended)

    def by_seed(self, cells: Container[Any]) -> list[float]:
        """Return the mean over some cells for each seed; infinitely bad if a run diverged in any cell."""
        seeds: dict[Any, list[float]] = {}
        for (cell, seed), score in self.scores.items():
            if cell in cells or np.isinf(score):
                seeds.setdefault(seed, []).append(score)
        return [float(np.mean(values)) for values in seeds.values()]

    def completed_pairs(self, cells: Container[Any]) -> set[_Pair]:
        """Return the cells and seeds behind the finite means of `by_seed`."""
        lost = {seed for (_, seed), score in self.scores.items() if np.isinf(score)}
        return {(cell, seed) for cell, seed in self.scores if cell in cells and seed not in lost}

    def completed_cells(self) -> set[Any]:
        """Return the cells with at least one completed run."""
        return {cell for (cell, _), score in self.scores.items() if np.isfinite(score)}


def _arms(summary: pd.DataFrame, metric: str) -> dict[str, _Arm]:
    """Return the variants with a result."""
    arms = {str(variant): _Arm.of(runs, metric) for variant, runs in summary.groupby("variant", sort=False)}
    return {variant: arm for variant, arm in arms.items() if arm.scores}


@dataclass(frozen=True)
class _Design:
    """Design of a comparison: the runs of two arms to compare, by pairs or not."""

    arms: tuple[_Arm, _Arm]
    is_apart: bool  # the arms share no cell, so the cells of a seed are averaged
    common: list[_Pair]
    pairs: list[_Pair]  # true pairs among the common ones

    @classmethod
    def of(cls, one: _Arm, other: _Arm) -> Self:
        is_apart = not {cell for cell, _ in one.scores} & {cell for cell, _ in other.scores}
        if is_apart:
            one, other = one.without_cells(), other.without_cells()
        common = [pair for pair in one.scores if pair in other.scores]
        return cls((one, other), is_apart, common, [pair for pair in common if one.is_pair(other, pair)])

    @property
    def is_paired(self) -> bool:
        return len({seed for _, seed in self.pairs}) > 1 and 2 * len(self.pairs) >= len(self.common)

    @property
    def cells(self) -> set[Any]:
        """The cells to compare without pairs."""
        own, others = (arm.completed_cells() for arm in self.arms)
        return own & others or own | others

    def completed(self) -> list[set[_Pair]]:
        """Return the cells and seeds that the difference covers, for each arm: those without a lost run."""
        if not self.is_paired:
            return [arm.completed_pairs(self.cells) for arm in self.arms]
        both = {pair for pair in self.pairs if all(np.isfinite(arm.scores[pair]) for arm in self.arms)}
        return [both, both]


def is_lost(summary: pd.DataFrame, metric: str) -> "pd.Series[bool]":
    """Mark runs that diverged or, if the metric is the time to the target, never reached the target."""
    diverged = summary["status"] == "diverged"
    if metric not in TIMES_TO_TARGET:
        return diverged
    return diverged | ((summary["status"] == "completed") & summary[metric].isna())


def is_scored(summary: pd.DataFrame, metric: str) -> "pd.Series[bool]":
    """Mark completed runs with a value of the metric."""
    return (summary["status"] == "completed") & summary[metric].notna()


def _values(runs: pd.DataFrame, metric: str) -> "pd.Series[float]":
    values: pd.Series[float] = runs[is_scored(runs, metric)].groupby("seed")[metric].mean().astype(float)
    return values


def _compared(
    one: _Arm, other: _Arm, metric: str, *, bootstrap: bool, margin: float | None, looks: Looks | None
) -> dict[str, Any]:
    """Return the fields of a comparison, the numbers of lost and unmatched runs, and the values for the joint test.

    Paired times are compared by the sign test.
    """
    design = _Design.of(one, other)
    had = [] if looks is None else [size for size in looks.sizes if one.has_ended(size) and other.has_ended(size)]
    joint: dict[str, Sides] = {}
    repeated = math.nan, math.nan
    if design.is_paired:
        seeds = [seed for _, seed in design.pairs]
        sides = [[arm.scores[pair] for pair in design.pairs] for arm in design.arms]
        compared = asdict(compare_paired(*sides, units=seeds, bootstrap=bootstrap, margin=margin))
        if metric in TIMES_TO_TARGET:
            compared |= asdict(compare_times(*sides, units=seeds, margin=margin))
        joint = _joint(compared["test"], sides, seeds, [math.inf] if looks is None else had, margin)
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


def _joint(
    test: str, sides: list[list[float]], seeds: list[int], had: Sequence[float], margin: float | None
) -> dict[str, Sides]:
    """Return what the joint test of each claim, by its column, flips the signs of.

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
    return {claim: Sides([look(size, shift) for size in had], error) for claim, shift in shifts.items()}


def _groups(rows: list[dict[str, Any]], correction: Correction) -> list[list[dict[str, Any]]]:
    """Return the rows with `FEWEST_SEEDS` or more, in groups that are tested jointly."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for place, row in enumerate(row for row in rows if row["n"] >= FEWEST_SEEDS):
        kind = row["test"].partition(",")[0] if row["joint"] and correction == "max_t" else place
        groups.setdefault(kind, []).append(row)
    return [*groups.values()]


def _adjust(
    rows: list[dict[str, Any]], groups: list[list[dict[str, Any]]], correction: Correction, looks: Looks | None
) -> None:
    """Adjust the p values of the rows in groups, and the smallest that their designs can reach."""
    family = [row for group in groups for row in group]
    for row in rows:
        row["family"] = len(family) if row["n"] >= FEWEST_SEEDS else 0
        row["correction"] = CORRECTION_NAMES[correction]
        row["least"] = smallest_p(row["n"], 1) if row["joint"] else 0.0
        row["least_equivalence"] = smallest_equivalence_p(row["n"], 1) if row["joint"] else 0.0
    found: dict[str, list[list[float]]] = {}
    for name, claim in (("p_adjusted", "p_value"), ("p_equivalence", "p_equivalence"), ("p_beyond", "p_beyond")):
        found[name] = combined([_within(group, claim, looks) for group in groups])
    for name in ("least", "least_equivalence"):
        found[name] = combined([[row[name] for row in group] for group in groups])
    for row in rows:
        row |= dict.fromkeys((*found, "p_holm"), math.nan)
    for row, p_holm in zip(family, holm([row["p_value"] for row in family]), strict=True):
        row["p_holm"] = p_holm
    for name, values in found.items():
        for group, of_group in zip(groups, values, strict=True):
            for row, value in zip(group, of_group, strict=True):
                row[name] = value


def _within(group: list[dict[str, Any]], claim: str, looks: Looks | None) -> list[float]:
    """Return the p values of a claim, adjusted within a group of comparisons that are tested jointly."""
    alone = [row[claim] for row in group]
    if not group[0]["joint"]:
        return alone if looks is None or group[0]["looks"] == len(looks.sizes) else [math.nan]
    if math.isnan(alone[0]) or (looks is None and len(group) == 1):
        return alone
    sides = [row["joint"][claim] for row in group]
    found = adjusted(sides, shifted=claim != "p_value", both=claim == "p_equivalence", looks=looks)
    return found if looks else [max(pair) for pair in zip(found, alone, strict=True)]


def _add_detectable(group: list[dict[str, Any]], level: float, looks: Looks | None) -> None:
    """Add the smallest true difference that each comparison could have shown, if all pairs completed."""
    tested = [row for row in group if row["joint"] and row["joint"]["p_value"].looks]
    if tested and tested[0]["test"].startswith("paired sign-flip"):
        differences = [row["joint"]["p_value"].looks[-1][0] for row in tested]
        for row, smallest in zip(tested, detectable_of(differences, level, looks), strict=True):
            row["detectable"] = smallest


def _differ(one: str | None, other: str | None) -> bool:
    return None not in (one, other) and one != other


def _decision(row: Mapping[str, Any], comparisons: int, looks: Looks | None) -> tuple[str, str]:
    """Return the verdict, and the reason if it is undecided.

    Args:
        row: with adjusted p values.
        comparisons: number that multiplies the smallest p: all by Holm's method, kinds of test by max-T.
    """
    if not row["final"]:
        return UNDECIDED, STILL_TRAINING
    has_margin = row["margin"] is not None
    if looks and row["family"] and math.isnan(row["p_adjusted"]):
        return UNDECIDED, NO_LOOK
    if row["p_equivalence"] < LEVEL:  # False for NaN
        return EQUIVALENT, ""
    if not row["least"] < LEVEL:
        only = has_margin and row["least_equivalence"] < LEVEL
        what = {"what": _ONLY_EQUIVALENCE} if only else {}
        return UNDECIDED, cannot_decide(row["n"], comparisons, **what)
    if row["p_adjusted"] < LEVEL and row["direction"]:
        if not has_margin:
            return "higher" if row["direction"] > 0 else "lower", ""
        return BETTER if row["direction"] == sign_of(row["metric"]) else WORSE, ""
    return UNDECIDED, NEITHER_SHOWN if has_margin else NOT_SIGNIFICANT


def outcome(comparison: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """Return the verdict as better, worse, equivalent or undecided, with a margin or without."""
    towards = {"higher": 1, "lower": -1}.get(comparison["verdict"])
    if towards is None:
        return str(comparison["verdict"])
    return BETTER if towards == sign_of(comparison["metric"]) else WORSE


def no_result_text(row: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """Return the numbers of a variant's runs without a result, by status; "" if all have one."""
    return ", ".join(f"{row[status]} {status}" for status in NO_RESULT if row[status])


def p_text(comparison: "Mapping[Any, Any] | pd.Series[Any]", name: str = "p_adjusted") -> str:
    """Format an adjusted p value, by its column; "-" if there is none or runs are still training."""
    p_value = comparison[name]
    if math.isnan(p_value) or comparison["reason"] == STILL_TRAINING:
        return "-"
    return p_number(p_value)
