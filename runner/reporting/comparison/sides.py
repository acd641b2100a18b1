"""Sides of a comparison: the same variants and seeds from several directories, or from several commits or dates."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from string import ascii_uppercase
from typing import Any, Literal

import pandas as pd

from runner.config.overrides import override_key
from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.text import counted
from runner.records.record import RunRecord
from runner.records.sweep_directory import Question, is_sweep_directory
from runner.reporting.collection.collect import Run, existing, find_runs
from runner.reporting.collection.groups import keys_apart
from runner.reporting.collection.labels import variant_labels, variant_names, with_dataset
from runner.reporting.comparison.folds import units_of
from runner.reporting.metric_choice import metric_of
from runner.reporting.tables.frames import summary_frame
from runner.reporting.targets import is_time

By = Literal["commit", "date"]
_LISTED = 12  # maximum number of seeds to list


@dataclass(frozen=True)
class Side:
    """Runs of one directory, commit or date."""

    name: str
    runs: list[Run]

    @property
    def commits(self) -> list[str]:
        """The commits of the runs, in the order of their starts."""
        return _distinct(self.runs, commit_of)

    @property
    def dates(self) -> list[str]:
        """The dates (UTC) on which the runs started, ascending."""
        return _distinct(self.runs, date_of)


@dataclass(frozen=True)
class Pairing:
    """A variant on the reference and on another side, at their common seeds."""

    variant: str
    side: int  # position of the other side; the reference is side 0
    reference: list[int]  # positions of its runs in the summary
    other: list[int]


@dataclass(frozen=True)
class Sides:
    """Two or more sides; the first is the reference for all others."""

    sides: list[Side]
    summary: pd.DataFrame  # one row per run: variant, side (its position), and the columns of a run's summary
    metric: str
    primary_metric: str  # primary metric of the plan, or the default one
    left_out: LeftOut

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of all sides, in the order of the summary."""
        return [run for side in self.sides for run in side.runs]

    @cached_property
    def pairings(self) -> list[Pairing]:
        """The comparisons: one for each variant that a side shares with the reference, at their common seeds."""
        return [pairing for side in range(1, len(self.sides)) for pairing in self._pairings(side)]

    def pairs(self, pairing: Pairing) -> Iterator[tuple[Run, Run]]:
        """Yield the pairs of runs with the same seed (and fold, with cross-validation), the reference's run first."""
        units = units_of(self.summary)
        for one, other in product(pairing.reference, pairing.other):
            same_seed = self.summary["seed"].iloc[one] == self.summary["seed"].iloc[other]
            if same_seed and units.iloc[one] == units.iloc[other]:
                yield self.runs[one], self.runs[other]

    def letter(self, side: int) -> str:
        """Return the short name of a side in tables and sentences: A is the reference."""
        return ascii_uppercase[side] if len(self.sides) <= len(ascii_uppercase) else f"S{side + 1}"

    def values(self, side: int, column: str) -> list[Any]:
        """Return the distinct values in a column of a side's runs, in the order of the runs."""
        return list(dict.fromkeys(self.summary.loc[self.summary["side"] == side, column]))

    def notes(self) -> list[str]:
        """Return notes on parts that only one side has, and on keys in which the sides' configurations differ."""
        found = [note for side in range(1, len(self.sides)) for note in (*self._apart(side), *self._configured(side))]
        return [*dict.fromkeys(found)]

    def _pairings(self, side: int) -> Iterator[Pairing]:
        reference, other = self._places(0), self._places(side)
        for variant, seeds in reference.items():
            if common := [seed for seed in seeds if seed in other.get(variant, {})]:
                places = ([place for seed in common for place in own[variant][seed]] for own in (reference, other))
                yield Pairing(variant, side, *places)

    def _places(self, side: int) -> dict[str, dict[int, list[int]]]:
        """Return the positions of a side's runs, by variant and seed."""
        own = self.summary[self.summary["side"] == side]
        found: dict[str, dict[int, list[int]]] = {}
        for place, variant, seed in zip(own["position"], own["variant"], own["seed"], strict=True):
            found.setdefault(variant, {}).setdefault(seed, []).append(place)
        return found

    def _apart(self, side: int) -> Iterator[str]:
        """Yield notes on variants, data sets and seeds that only the reference or only the other side has."""
        ends = [(self.letter(end), self._places(end), self.values(end, "dataset")) for end in (0, side)]
        for (name, own, data), (_, others, other_data) in (ends, ends[::-1]):
            if alone := [variant for variant in own if variant not in others]:
                yield f"only {name} has {_plural('variant', alone)} {', '.join(alone)}."
            if lacking := [dataset for dataset in data if dataset not in other_data]:
                yield f"only {name} has runs on {', '.join(lacking)}."
            seeds: dict[str, list[str]] = {}
            for variant in own:
                if apart := sorted({*own[variant]} - {*others.get(variant, own[variant])}):
                    seeds.setdefault(_listed(apart), []).append(variant)
            for listed, variants in seeds.items():
                yield f"only {name} has {listed} of {', '.join(variants)}."

    def _configured(self, side: int) -> Iterator[str]:
        """Yield notes on keys in which a side's configurations differ from the reference's, with the variants."""
        found: dict[str, list[str]] = {}
        for pairing in self.pairings:
            pair = next(self.pairs(pairing), None) if pairing.side == side else None
            if pair and (keys := keys_apart(*pair, self.left_out)):
                found.setdefault(keys, []).append(pairing.variant)
        for keys, variants in found.items():
            named = f"{self.letter(0)} and {self.letter(side)}"
            yield f"{named} differ in {keys}: {', '.join(variants)}. These keys may explain the differences."


def sides_of(directories: Sequence[Path], left_out: LeftOut) -> list[Side]:
    """Return one side for each directory, in their order.

    Raises:
        UserError: if there are fewer than two directories, if one contains no run, or if a run belongs to two of them.
    """
    paths = list(existing(directories))
    if len(paths) < 2:
        raise UserError(
            f"{', '.join(map(str, directories))}: a comparison needs two directories, or --by commit or --by date"
        )
    sides = [Side(str(path), find_runs([path], left_out)) for path in paths]
    owners: dict[Path, int] = {}
    for position, side in enumerate(sides):
        for run in side.runs:
            owner = owners.setdefault(run.directory.path.resolve(), position)
            if owner != position:
                both = dict.fromkeys([sides[owner].name, side.name])
                given = f"belongs to {' and to '.join(both)}" if len(both) > 1 else f"{side.name} was given twice"
                raise UserError(f"{run.directory.path}: {given}; give directories that share no run")
    return sides


def sides_by(directories: Sequence[Path], by: By, left_out: LeftOut) -> list[Side]:
    """Return one side for each commit or start date (UTC) of the runs, the earliest first.

    Raises:
        UserError: if the directories contain no run, or if all runs have the same commit or date.
    """
    name_of = {"commit": commit_of, "date": date_of}[by]
    groups: dict[str, list[Run]] = {}
    for run in find_runs(directories, left_out):
        groups.setdefault(name_of(run.record), []).append(run)
    if len(groups) < 2:
        raise UserError(
            f"--by {by}: all runs in {', '.join(map(str, directories))} have the same {by} ({next(iter(groups))}); a "
            "comparison needs at least two"
        )
    earliest = sorted(groups, key=lambda name: min(run.record.started for run in groups[name]))
    return [Side(name, groups[name]) for name in earliest]


def commit_of(record: RunRecord) -> str:
    """Return the commit of a run's code; a commit with uncommitted changes counts as a different one."""
    commit = (record.code.get("commit") or "")[:12] or "unknown"
    return f"{commit}+changes" if record.code.get("dirty") else commit


def date_of(record: RunRecord) -> str:
    """Return the date (UTC) on which a run started."""
    return record.started[:10] or "unknown"


def read_sides(sides: list[Side], metric: str | None, left_out: LeftOut) -> Sides:
    """Combine sides into a comparison.

    Args:
        metric: a column of the summary; None: the primary metric of the plan.

    Raises:
        UserError: if there is no such metric, if data sets with the same name differ, or if a side shares no variant or
            no seed with the reference.
    """
    runs = [run for side in sides for run in side.runs]
    owners = [position for position, side in enumerate(sides) for _ in side.runs]
    summary = summary_frame(runs, with_dataset(_common_names(runs, owners), runs))
    summary = summary.assign(side=owners, position=range(len(runs)))
    if metric is not None and is_time(metric):
        raise UserError(f"--metric {metric}: needs a target, so only reports (runner report --target) have it")
    primary = metric_of(summary, None, _asked_metric(runs, left_out))
    chosen = primary if metric is None else metric_of(summary, metric, None, ())
    combined = Sides(sides, summary, chosen, primary, left_out)
    for side in range(1, len(sides)):
        _refuse_nothing_common(combined, side)
    return combined


def _common_names(runs: Sequence[Run], owners: Sequence[int]) -> list[str]:
    """Return names of variants that have the same meaning on all sides.

    A study that was tuned at two commits may have chosen different values for a variant, which is still the same
    variant. Overrides become part of a name only if one side has different variants with that name. Overrides that
    distinguish a whole side from the others are never part of a name.
    """
    apart = _keys_of_sides(runs, owners)
    pruned = [replace(run, record=replace(run.record, overrides=_without(run.record.overrides, apart))) for run in runs]
    labels, names = variant_labels(pruned), variant_names(pruned)
    found: dict[tuple[int, str, str], set[str]] = {}
    for run, owner, label, name in zip(runs, owners, labels, names, strict=True):
        found.setdefault((owner, run.record.dataset["name"], name), set()).add(label)
    ambiguous = {name for (*_, name), own in found.items() if len(own) > 1}
    return [label if name in ambiguous else name for label, name in zip(labels, names, strict=True)]


def _keys_of_sides(runs: Sequence[Run], owners: Sequence[int]) -> set[str]:
    """Return the keys whose overrides are the same for all runs of each side, but not for all sides."""
    asked = [{override_key(part): part for part in run.record.asked} for run in runs]
    found: dict[str, dict[int, set[str | None]]] = {}
    for key in {key for own in asked for key in own} - {"dataset"}:
        for own, owner in zip(asked, owners, strict=True):
            found.setdefault(key, {}).setdefault(owner, set()).add(own.get(key))
    return {
        key
        for key, sides in found.items()
        if all(len(values) == 1 for values in sides.values()) and len(set.union(*sides.values())) > 1
    }


def _without(overrides: Sequence[str], keys: Container[str]) -> list[str]:
    return [override for override in overrides if override_key(override) not in keys]


def _asked_metric(runs: Iterable[Run], left_out: LeftOut) -> str | None:
    """Return the primary metric of the first plan with a metric."""
    sweeps = dict.fromkeys(run.directory.path.parent for run in runs)
    questions = (left_out.unless_read(partial(Question.of, sweep)) for sweep in sweeps if is_sweep_directory(sweep))
    return next((question.metric for question in questions if question and question.metric), None)


def _refuse_nothing_common(combined: Sides, side: int) -> None:
    if any(pairing.side == side for pairing in combined.pairings):
        return
    names = combined.sides[0].name, combined.sides[side].name
    variants = [combined.values(end, "variant") for end in (0, side)]
    if not {*variants[0]} & {*variants[1]}:
        what, found = "variant", [", ".join(own) for own in variants]
    else:
        what, found = "seed of a common variant", [_listed(combined.values(end, "seed")) for end in (0, side)]
    both = " and ".join(f"{name} ({own})" for name, own in zip(names, found, strict=True))
    raise UserError(f"{both} have no common {what}, so there is nothing to compare")


def _listed(seeds: Sequence[int]) -> str:
    """Return a list of seeds, such as "seed 3" or "seeds 3, 4", or only their number if there are many."""
    if len(seeds) > _LISTED:
        return counted(len(seeds), "seed")
    return f"{_plural('seed', seeds)} {', '.join(map(str, seeds))}"


def _plural(noun: str, items: Sequence[object]) -> str:
    return noun if len(items) == 1 else f"{noun}s"


def _distinct(runs: Iterable[Run], name_of: Callable[[RunRecord], str]) -> list[str]:
    ordered = sorted(runs, key=lambda run: run.record.started)
    return list(dict.fromkeys(name_of(run.record) for run in ordered))
