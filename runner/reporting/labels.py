"""What the report calls each run's variant."""

import re
from collections.abc import Sequence
from pathlib import Path

from runner.config.errors import UserError, did_you_mean, shortened
from runner.records.record import override_key
from runner.reporting.collect import Run
from runner.reporting.in_force import NONE, Values


def variant_labels(runs: Sequence[Run]) -> list[str]:
    """Return a label for each run's variant: its name in a study, or what not all runs have in common.

    Where there are several data sets, it does not say which: `with_dataset` does.
    """
    several = len({run.record.dataset["name"] for run in runs}) > 1
    parts = [[part for part in run.record.asked if not (several and override_key(part) == "dataset")] for run in runs]
    shared = set(parts[0]).intersection(*parts) if len({run.record.variant for run in runs}) > 1 else set()
    texts: dict[frozenset[str], str] = {}  # the first one: the same overrides in another order are the same variant
    names = []
    for own, run in zip(parts, runs, strict=True):
        left = [part for part in own if part not in shared]
        names.append(run.record.label or texts.setdefault(frozenset(left), ",".join(left)) or run.record.name)
    labels = [_without_dataset(name, run) for name, run in zip(names, runs, strict=True)] if several else names
    # On each data set apart: a study may have tuned to other values on each.
    places = [(label, run.record.dataset["name"]) for label, run in zip(labels, runs, strict=True)]
    return [label + difference for label, difference in zip(labels, _differences(places, parts), strict=True)]


def labels_by(runs: Sequence[Run], keys: Sequence[str], values: Values) -> list[str]:
    """Return a label for each run made of the values that it gives to some keys: `optimizer=sgd,model=mlp`.

    Args:
        values: those of the runs.

    Raises:
        UserError: if no run has one of the keys.
    """
    found = [[values.of(run, key) for key in keys] for run in runs]
    for position, key in enumerate(keys):
        if all(own[position] is None for own in found):
            known = sorted({override_key(part) for run in runs for part in run.record.overrides} | {*_groups(runs)})
            raise UserError(f"--by {key}: no such key in these runs{did_you_mean(key, known)}")
    texts = [[shortened(NONE if value is None else value) for value in own] for own in found]
    return [",".join(f"{key}={text}" for key, text in zip(keys, own, strict=True)) for own in texts]


def cells(runs: Sequence[Run], labels: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Return the cell of each run: what it overrides beside the keys that make the variants, where that varies.

    A key counts where the runs of one variant differ in it: a learning rate that goes with an optimizer is no cell, a
    model that each optimizer is crossed with is one. Without keys every run is in the same cell.
    """
    if not keys:
        return [""] * len(runs)
    asked = [{override_key(part): part for part in run.record.asked} for run in runs]
    values: dict[tuple[str, str], set[str | None]] = {}
    every = dict.fromkeys(key for own in asked for key in own if key not in (*keys, "dataset"))
    for own, label in zip(asked, labels, strict=True):
        for key in every:
            values.setdefault((label, key), set()).add(own.get(key))
    varied = [key for key in every if any(len(values[label, key]) > 1 for label in set(labels))]
    return [",".join(own[key] for key in varied if key in own) for own in asked]


def with_dataset(labels: Sequence[str], runs: Sequence[Run]) -> list[str]:
    """Return the labels with the data set's name behind them, where there are several.

    Raises:
        UserError: if runs of one data set saw different data: their figures cannot be compared.
    """
    seen: dict[str, dict[str, str]] = {}  # of each name the fingerprints, with the file of the first run that saw it
    for run in runs:
        dataset = run.record.dataset
        files = seen.setdefault(dataset["name"], {})
        if dataset["fingerprint"]:  # else it ended before it saw any
            files.setdefault(dataset["fingerprint"], Path(str(dataset.get("source", ""))).name)
    for name, files in seen.items():
        if len(files) > 1:
            named = ", ".join(f"{shortened(file)} {fingerprint[:12]}".strip() for fingerprint, file in files.items())
            raise UserError(
                f"these runs saw {len(files)} data sets named {name} that differ ({named}): report on each apart"
            )
    if len(seen) == 1:
        return list(labels)
    return [f"{label} [{run.record.dataset['name']}]" for label, run in zip(labels, runs, strict=True)]


def _without_dataset(name: str, run: Run) -> str:
    """Return the name that a study gave a run, without the cell's data set where it was crossed with several."""
    for part in run.record.asked:
        if override_key(part) == "dataset":
            name = re.sub(f",{re.escape(part)}(?=,|$)", "", name)
    return name


def _differences(names: Sequence[tuple[str, str]], parts: Sequence[Sequence[str]]) -> list[str]:
    """Return what is to be added to each name where runs of one name were asked for differently: in two studies."""
    asked: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for name, own in zip(names, parts, strict=True):
        asked.setdefault(name, set()).add(tuple(sorted(own)))
    common = {name: set.intersection(*map(set, variants)) for name, variants in asked.items()}
    return [
        f" ({','.join(part for part in own if part not in common[name])})" if len(asked[name]) > 1 else ""
        for name, own in zip(names, parts, strict=True)
    ]


def _groups(runs: Sequence[Run]) -> set[str]:
    return {group for run in runs for group in run.record.choices}
