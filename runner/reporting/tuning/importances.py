"""Importances: the share of the variance of the tuned score that is explained by each key of a variant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from runner.core.text import counted, shortened
from runner.reporting.statistics.functional_anova import Factor, functional_anova
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.tuning.tuning_trials import Trials

IMPORTANCE_COLUMNS = [
    "variant", "key", "importance", "low", "high", "with_interactions", "trials", "r_squared", "metric",
]  # fmt: skip
_FEWEST, _FEWEST_PER_KEY = 10, 4  # minimum numbers of trials with a score
_MOST_VARIANTS = 30  # number of best variants that are analysed, each of which takes a tenth of a second
_MOST_KEYS, _MOST_LEVELS = 30, 30  # limits of a forest; keys with more levels are treated as numbers


@dataclass(frozen=True)
class Importances:
    """The importances of a tuned study, and their limitations."""

    frame: pd.DataFrame  # columns are `IMPORTANCE_COLUMNS`
    notes: list[str]  # sentences on their limitations


@dataclass(frozen=True)
class _Group:
    """Keys that are set by the same trials of a variant, and all keys that these trials set."""

    trials: Trials
    index: "pd.Index[int]"  # index of its scored trials
    own: list[str]
    keys: list[str]

    @property
    def scores(self) -> "pd.Series[float]":
        """The scores of its trials."""
        return self.trials.table.loc[self.index, "score"]

    @property
    def needed(self) -> int:
        """The smallest number of trials that allows conclusions about its keys."""
        return max(_FEWEST, _FEWEST_PER_KEY * len(self.keys))

    @property
    def name(self) -> str:
        """The name of the variant, with the keys if only some of its trials set them."""
        is_whole = len(self.index) == len(self.trials.scored)
        return self.trials.variant if is_whole else f"{self.trials.variant} ({', '.join(self.own)})"


def importances(variants: Iterable[Trials], *, is_independent: bool = True) -> Importances:
    """Return the importances of each variant with two or more tuned keys.

    A key that only some trials set is analysed on these trials, together with the other keys that all of them set.

    Args:
        is_independent: whether the points, and the epochs trained at each, do not depend on the results of others.
    """
    several = [trials for trials in variants if len(trials.axes) > 1]
    ranked = sorted(several, key=lambda trials: np.nan_to_num(-trials.sign * trials.best, nan=np.inf))
    kept = [trials for trials in several if any(trials is one for one in ranked[:_MOST_VARIANTS])]
    groups = [group for trials in kept for group in _groups(trials)]
    few = [f"{group.name} {len(group.index)} of {group.needed}" for group in groups if len(group.index) < group.needed]
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    if len(kept) < len(several):
        notes.append(f"Importances are those of the {len(kept)} best of {len(several)} variants.")
    if few:
        needs = f"{_FEWEST} trials with a score, and {_FEWEST_PER_KEY} for each key"
        notes.append(f"Importances need {needs}: too few in {shortened(', '.join(few))}.")
    for group in groups:
        if len(group.index) < group.needed:
            continue
        if reason := _refusal(group):
            notes.append(f"{group.name}: no importances, because {reason}.")
            continue
        found = _rows(group)
        rows += found
        notes += _cautions(group, found)
    if rows and not is_independent:
        notes.append(
            "The sampler or the pruner used earlier results: importances say less about values that it avoided."
        )
    return Importances(pd.DataFrame(rows, columns=IMPORTANCE_COLUMNS), notes)


def _groups(trials: Trials) -> Iterator[_Group]:
    places = trials.places.loc[trials.scored.index]
    patterns: dict[tuple[bool, ...], list[str]] = {}
    for key in places:
        patterns.setdefault(tuple(places[key].notna()), []).append(str(key))
    for pattern, own in patterns.items():
        rows = places[list(pattern)]
        keys = [str(key) for key in rows if len(rows) and np.ptp(rows[key].to_numpy(float)) > 0]  # false for NaN
        if shown := [key for key in own if key in keys]:
            yield _Group(trials, rows.index, shown, keys)


def _refusal(group: _Group) -> str:
    """Return the reason why a group with enough trials has no importances, or ""."""
    if len(group.keys) < 2:
        return "no other key varies in the same trials"
    if len(group.keys) > _MOST_KEYS:
        return f"{len(group.keys)} keys vary (at most {_MOST_KEYS} are analysed)"
    return "all scores are equal" if len(group.scores.unique()) == 1 else ""


def _rows(group: _Group) -> list[dict[str, Any]]:
    trials = group.trials
    scales = [trials.scales[key] for key in group.keys]
    factors = [
        Factor(len(scale.levels), is_ordered=scale.is_ordered or len(scale.levels) > _MOST_LEVELS) for scale in scales
    ]
    places = trials.places.loc[group.index, group.keys].to_numpy(float)
    found = functional_anova(places, np.asarray(group.scores, float), factors)
    tail = 100 * (1 - CONFIDENCE) / 2
    means = found.alone.mean(axis=0)
    lows, highs = np.percentile(found.alone, [tail, 100 - tail], axis=0)
    rows = [
        {
            "variant": trials.variant,
            "key": key,
            "importance": means[place],
            "low": min(lows[place], means[place]),  # a few trees may shift the mean out of the range of most trees
            "high": max(highs[place], means[place]),
            "with_interactions": found.with_interactions[:, place].mean(),
            "trials": len(group.index),
            "r_squared": found.r_squared,
            "metric": trials.metric,
        }
        for place, key in enumerate(group.keys)
        if key in group.own
    ]
    return sorted(rows, key=lambda row: -row["importance"])


def _cautions(group: _Group, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    variant, scored, count = group.trials.variant, len(group.trials.scored), len(group.index)
    if rows[0]["r_squared"] <= 0:
        yield (
            f"{group.name}: the importances mean little, because the forest predicts unseen trials no better than "
            f"their mean does ({counted(count, 'trial')})."
        )
    if count < scored:
        named = ", ".join(group.own)
        yield f"{variant}: the importance of {named} is based on the {count} of {scored} trials that set it."
    elif scored < len(group.trials.table):
        yield f"{variant}: importances are based on the {scored} of {len(group.trials.table)} trials that have a score."
