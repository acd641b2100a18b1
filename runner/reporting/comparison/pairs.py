"""Pairs of runs: the seeds on which two variants can be compared pair by pair."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from runner.records.design import Looks
from runner.reporting.comparison.folds import folds_of, units_of
from runner.reporting.comparison.lost_runs import is_lost, is_scored
from runner.reporting.metrics import sign_of

_PAIRING = ("fingerprint", "split")  # runs of a seed form a pair only if they share these
_WEIGHTS = ("weight_shapes", "initial_weights")  # runs that share the first must also share the second
_GOING_ON = ("running", "interrupted")
Pair = tuple[Any, Any]  # a cell and a seed


@dataclass(frozen=True)
class Arm:
    """Results of a variant by cell and seed, with the facts that define pairs.

    Several runs of a seed and cell count as their mean. A lost run has an infinitely bad score. With cross-validation,
    the examples of a fold replace the seed.
    """

    scores: dict[Pair, float]
    facts: dict[Pair, Any]
    folds: int | None = None  # number of folds of cross-validation
    ended: frozenset[int] = frozenset()  # seeds whose runs have ended in all cells, with or without a result

    @classmethod
    def of(cls, runs: "_Runs", places: Sequence[int]) -> Self:
        """Return the results of a variant's runs.

        Args:
            places: positions of the runs.
        """
        scored = [place for place in places if runs.lost[place] or runs.scored[place]]
        pairs = [runs.pairs[place] for place in scored]
        values = [runs.worst if runs.lost[place] else runs.measured[place] for place in scored]
        facts: dict[Pair, Any] = {}
        for pair, place in zip(pairs, scored, strict=True):
            facts.setdefault(pair, runs.facts[place])
        scores = dict(zip(pairs, values, strict=True))
        if len(facts) < len(pairs):
            means = pd.Series(values).groupby([*map(list, zip(*pairs, strict=True))], sort=False).mean()
            scores = dict(zip(means.index, means, strict=True))
        going_on = {runs.seeds[place] for place in places if runs.statuses[place] in _GOING_ON}
        begun: dict[Any, set[Any]] = {}
        for place in places:
            begun.setdefault(runs.seeds[place], set()).add(runs.cells[place])
        cells = {runs.cells[place] for place in places}
        ended = frozenset(seed for seed, own in begun.items() if len(own) == len(cells) and seed not in going_on)
        return cls(scores, facts, runs.folds(places), ended)

    def has_ended(self, seeds: int) -> bool:
        """Return whether the runs of the first seeds, counted from 0, have ended."""
        return self.ended.issuperset(range(seeds))

    def first(self, seeds: int) -> "Arm":
        """Return the results of the first seeds, counted from 0."""
        return replace(self, scores={pair: score for pair, score in self.scores.items() if pair[1] < seeds})

    def is_pair(self, other: Self, pair: Pair) -> bool:
        """Return whether the runs of a seed share data, split and initial weights; unknown facts count as equal.

        Runs of the same fold share its examples, so only their data must match.
        """
        one, two = self.facts[pair], other.facts[pair]
        if self.folds is not None:
            return not _differ(one[_PAIRING[0]], two[_PAIRING[0]])
        if not same_data(one, two):
            return False
        shapes, values = _WEIGHTS
        return _differ(one[shapes], two[shapes]) or not _differ(one[values], two[values])

    def without_cells(self) -> "Arm":
        """Return the arm with each seed's mean over all cells."""
        seeds: dict[Pair, list[float]] = {}
        for (_, seed), score in self.scores.items():
            seeds.setdefault(("", seed), []).append(score)
        scores = {pair: float(np.mean(values)) for pair, values in seeds.items()}
        facts = {("", seed): facts for (_, seed), facts in reversed(self.facts.items())}
        return replace(self, scores=scores, facts=facts)

    def by_seed(self, cells: Container[Any]) -> list[float]:
        """Return each seed's mean over the given cells; infinitely bad if a run diverged in any of them."""
        seeds: dict[Any, list[float]] = {}
        for (cell, seed), score in self.scores.items():
            if cell in cells or np.isinf(score):
                seeds.setdefault(seed, []).append(score)
        return [float(np.mean(values)) for values in seeds.values()]

    def completed_pairs(self, cells: Container[Any]) -> set[Pair]:
        """Return the cells and seeds that contribute to the finite means of `by_seed`."""
        lost = {seed for (_, seed), score in self.scores.items() if np.isinf(score)}
        return {(cell, seed) for cell, seed in self.scores if cell in cells and seed not in lost}

    def completed_cells(self) -> set[Any]:
        """Return the cells with at least one completed run."""
        return {cell for (cell, _), score in self.scores.items() if np.isfinite(score)}


def arms_of(summary: pd.DataFrame, metric: str) -> dict[str, Arm]:
    """Return the variants with a result."""
    runs = _Runs.of(summary, metric)
    arms = {variant: Arm.of(runs, places) for variant, places in runs.places.items()}
    return {variant: arm for variant, arm in arms.items() if arm.scores}


@dataclass(frozen=True)
class Design:
    """Design of a comparison: the runs of two arms to compare, paired or not."""

    arms: tuple[Arm, Arm]
    is_apart: bool  # whether the arms share no cell, so that the cells of a seed are averaged
    common: list[Pair]
    pairs: list[Pair]  # matched pairs among the common cells and seeds

    @classmethod
    def of(cls, one: Arm, other: Arm) -> Self:
        """Return the design for the runs of two arms."""
        is_apart = not {cell for cell, _ in one.scores} & {cell for cell, _ in other.scores}
        if is_apart:
            one, other = one.without_cells(), other.without_cells()
        common = [pair for pair in one.scores if pair in other.scores]
        return cls((one, other), is_apart, common, [pair for pair in common if one.is_pair(other, pair)])

    @property
    def is_paired(self) -> bool:
        """True if two or more seeds, and at least half of the common ones, form matched pairs."""
        return len({seed for _, seed in self.pairs}) > 1 and 2 * len(self.pairs) >= len(self.common)

    @property
    def folds(self) -> int | None:
        """The number of folds if either arm was cross-validated, else None."""
        return next((arm.folds for arm in self.arms if arm.folds is not None), None)

    @property
    def cells(self) -> set[Any]:
        """The cells to compare without pairs."""
        own, others = (arm.completed_cells() for arm in self.arms)
        return own & others or own | others

    def completed(self) -> list[set[Pair]]:
        """Return, for each arm, the cells and seeds that the difference covers: those without a lost run."""
        if not self.is_paired:
            return [arm.completed_pairs(self.cells) for arm in self.arms]
        both = {pair for pair in self.pairs if all(np.isfinite(arm.scores[pair]) for arm in self.arms)}
        return [both, both]


def paired_differences(
    summary: pd.DataFrame, metric: str, baselines: str | Mapping[str, str]
) -> dict[str, dict[int, float]]:
    """Return each paired variant's differences from the baseline, by seed.

    Pairs with a diverged run are excluded, and the cells of a seed count as their mean. Arguments are as for
    `comparison_frame`.
    """
    arms, found = arms_of(summary, metric), dict[str, dict[int, float]]()
    for variant, arm in arms.items():
        baseline = baselines if isinstance(baselines, str) else baselines[variant]
        if variant == baseline or baseline not in arms:
            continue
        design = Design.of(arm, arms[baseline])
        if design.is_paired:
            one, other = (side.scores for side in design.arms)
            own: dict[int, list[float]] = {}
            for pair in sorted(design.completed()[0], key=lambda pair: pair[1]):
                own.setdefault(pair[1], []).append(one[pair] - other[pair])
            found[variant] = {seed: float(np.mean(values)) for seed, values in own.items()}
    return found


def at_last_look(arms: Sequence[Arm], had: Sequence[int]) -> Sequence[Arm]:
    """Return the results at the last planned look so far; before the first look, return all results."""
    return [arm.first(had[-1]) for arm in arms] if had else arms


@dataclass(frozen=True)
class _Runs:
    """The facts that decide comparisons, one per run, as lists: selecting rows from the summary is far slower."""

    summary: pd.DataFrame
    measured: list[float]  # the metric; NaN for a run without a result
    lost: list[bool]
    scored: list[bool]
    worst: float  # value of a lost run
    facts: list[dict[str, Any]]
    pairs: list[Pair]
    seeds: list[Any]
    cells: list[Any]
    statuses: list[str]
    places: dict[str, list[int]]  # positions of each variant's runs

    @classmethod
    def of(cls, summary: pd.DataFrame, metric: str) -> Self:
        """Read the facts from a summary."""
        seeds, cells = summary["seed"].tolist(), summary["cell"].tolist() if "cell" in summary else [""] * len(summary)
        places: dict[str, list[int]] = {}
        for place, variant in enumerate(summary["variant"]):
            places.setdefault(str(variant), []).append(place)
        return cls(
            summary=summary,
            measured=summary[metric].astype(float).tolist(),
            lost=is_lost(summary, metric).tolist(),
            scored=is_scored(summary, metric).tolist(),
            worst=-sign_of(metric) * math.inf,
            facts=_records(summary, (*_PAIRING, *_WEIGHTS)),
            pairs=[*zip(cells, units_of(summary).tolist(), strict=True)],
            seeds=seeds,
            cells=cells,
            statuses=summary["status"].tolist(),
            places=places,
        )

    def folds(self, places: Sequence[int]) -> int | None:
        """Return the number of folds of the given runs, as `folds_of` does."""
        return folds_of(self.summary[["status", "folds"]].iloc[[*places]]) if "folds" in self.summary else None


class ComparedRuns:
    """Completed runs from which the differences of a comparison frame are computed."""

    def __init__(self, summary: pd.DataFrame, looks: Looks | None = None) -> None:
        """Set the compared runs.

        Args:
            looks: the planned looks of the comparisons.
        """
        self._summary, self._looks = summary, looks
        self._runs: dict[str, tuple[_Runs, dict[str, Arm]]] = {}  # by metric, with the arms

    def of(self, comparison: Mapping[Any, Any]) -> list[list[int]]:
        """Return the positions of a difference's runs in the summary: the variant's, then the baseline's.

        Args:
            comparison: a row of the comparison frame.
        """
        runs, arms = self._arms_of(comparison["metric"])
        variants = [comparison[name] for name in ("variant", "baseline")]
        had = self._looks.sizes[: comparison["looks"]] if self._looks else []
        design = Design.of(*at_last_look([arms[variant] for variant in variants], had))
        found = []
        for variant, compared in zip(variants, design.completed(), strict=True):
            pairs = ((place, runs.pairs[place]) for place in runs.places[variant] if runs.scored[place])
            used = ((place, ("", pair[1]) if design.is_apart else pair) for place, pair in pairs)
            found.append([place for place, pair in used if pair in compared])
        return found

    def _arms_of(self, metric: str) -> tuple[_Runs, dict[str, Arm]]:
        if metric not in self._runs:
            runs = _Runs.of(self._summary, metric)
            arms = {variant: Arm.of(runs, places) for variant, places in runs.places.items()}
            self._runs[metric] = runs, arms
        return self._runs[metric]


def _records(runs: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return the columns of each run, None for an unknown value."""
    values = [_known(runs[name]) if name in runs else [None] * len(runs) for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _known(column: "pd.Series[Any]") -> list[Any]:
    return [None if is_unknown else value for value, is_unknown in zip(column.tolist(), column.isna(), strict=True)]


def same_data(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    """Return whether two runs share data and split; unknown facts (None) count as equal."""
    return not any(_differ(one.get(key), other.get(key)) for key in _PAIRING)


def _differ(one: str | None, other: str | None) -> bool:
    return None not in (one, other) and one != other
