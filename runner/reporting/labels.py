"""Variant labels, and the values in force that tell runs apart."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from runner.config.overrides import Override, override_key
from runner.core.errors import UserError
from runner.core.text import did_you_mean, shortened
from runner.reporting.collect import Run
from runner.reporting.omissions import LeftOut

NONE = "none"  # for null, which pandas would read back as a missing value, and groupby drop
_ABSENT = object()


class Values:
    """The values of runs' keys; each run's configuration is read once, and only where nothing else tells a value.

    Runs with the same overrides may differ in it: a file that one of them names may have been edited in between.
    """

    def __init__(self, left_out: LeftOut) -> None:
        """Read nothing yet; `left_out` is told of configurations that cannot be read."""
        self._left_out = left_out
        self._configs: dict[Path, Mapping[str, Any]] = {}

    def of(self, run: Run, key: str) -> str | None:
        """Return what a run has under a key or group, from its overrides, its choices, or its configuration.

        It is text as the command line writes it, null is `none`; None where the run has no such key.
        """
        for override in map(Override.parse, reversed(run.record.overrides)):
            if override.key == key and override.value:
                return NONE if override.value == "null" else override.value
        if key in run.record.choices:
            return run.record.choices[key]
        node: Any = self._config(run)
        for part in key.split("."):
            node = node.get(part, _ABSENT) if isinstance(node, Mapping) else _ABSENT
        return None if node is _ABSENT else _text(node)

    def in_force(self, run: Run, key: str) -> str | None:
        """Return what `of` does; `none` for a group of which the run has chosen nothing."""
        value = self.of(run, key)
        return NONE if value is None and "." not in key and self._config(run) else value

    def _config(self, run: Run) -> Mapping[str, Any]:
        path = run.directory.path
        if path not in self._configs:
            there = run.directory.config_path.exists()
            self._configs[path] = (self._left_out.unless_read(run.directory.read_config) if there else None) or {}
        return self._configs[path]


def with_values_in_force(summary: pd.DataFrame, runs: Sequence[Run], values: Values) -> pd.DataFrame:
    """Return a summary whose column of each overridden key has a value in every row, as the command line writes it.

    A cell stays empty where a run has no such key (the rate of an option that it did not choose), or no configuration
    that can be read. Null is `none`.

    Args:
        summary: a row a run, in the runs' order.
        values: those of the runs.
    """
    fixed = {*replace(runs[0].record, overrides=[]).summary()}
    keys = dict.fromkeys(override_key(part) for run in runs for part in run.record.overrides)
    columns: dict[str, list[Any]] = {
        key: [values.in_force(run, key) for run in runs] for key in keys if key not in fixed
    }
    return summary.assign(**columns)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_text(item)}" for key, item in value.items()) + "}"
    return NONE if value is None else str(value)


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
