"""Variant labels, and the effective values of overridden keys."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from runner.config.identity import leaves
from runner.config.overrides import Override, override_key
from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.text import did_you_mean, shortened
from runner.reporting.collection.collect import Run

NONE = "none"  # represents null, which pandas would read as a missing value and groupby would drop
_ABSENT = object()


class Values:
    """Values of keys by run; a configuration is read once, and only if the record does not contain the value.

    Runs with the same overrides may have different configurations, if a named file was edited in between.
    """

    def __init__(self, left_out: LeftOut) -> None:
        """Create the reader; configurations are read on first use, and `left_out` collects the unreadable ones."""
        self._left_out = left_out
        self._configs: dict[Path, Mapping[str, Any]] = {}

    def of(self, run: Run, key: str) -> str | None:
        """Return a run's value for a key or group, from its overrides, choices or configuration.

        The value is text as on the command line; null is `none`. None means that the run has no such key.
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
        """Return the value as `of` does, but `none` for a group from which the run chose no option."""
        value = self.of(run, key)
        return NONE if value is None and "." not in key and self._config(run) else value

    def keys(self, runs: Sequence[Run]) -> list[str]:
        """Return the keys of the first configuration that can be read."""
        config = next(filter(None, map(self._config, runs)), {})
        return list(dict.fromkeys(key.partition("[")[0] for key, _ in leaves(config)))

    def _config(self, run: Run) -> Mapping[str, Any]:
        path = run.directory.path
        if path not in self._configs:
            there = run.directory.config_path.exists()
            self._configs[path] = (self._left_out.unless_read(run.directory.read_config) if there else None) or {}
        return self._configs[path]


def with_values_in_force(summary: pd.DataFrame, runs: Sequence[Run], values: Values) -> pd.DataFrame:
    """Return the summary with the effective value, as on the command line, of every key that some run overrides.

    A cell is empty if the run has no such key (for example, the learning rate of an optimizer that it did not use) or
    no readable configuration. Null is `none`.

    Args:
        summary: one row per run, in the order of the runs.
        values: reader of the runs' values.
    """
    columns: dict[str, list[Any]] = {key: [values.in_force(run, key) for run in runs] for key in override_columns(runs)}
    return summary.assign(**columns)


def override_columns(runs: Sequence[Run]) -> list[str]:
    """Return the keys that some run overrides, except those with a column in every summary."""
    fixed = {*replace(runs[0].record, overrides=[]).summary()}
    keys = dict.fromkeys(override_key(part) for run in runs for part in run.record.overrides)
    return [key for key in keys if key not in fixed]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_text(item)}" for key, item in value.items()) + "}"
    return NONE if value is None else str(value)


def variant_labels(runs: Sequence[Run]) -> list[str]:
    """Return the label of each run's variant: its name, plus its overrides if runs with that name differ in them.

    With several data sets, the label does not contain the data set; `with_dataset` adds it.
    """
    labels, parts = variant_names(runs), _parts(runs)
    # Data sets are separate, because a study may have tuned different values on each.
    places = [(label, run.record.dataset["name"]) for label, run in zip(labels, runs, strict=True)]
    return [label + difference for label, difference in zip(labels, _differences(places, parts), strict=True)]


def variant_names(runs: Sequence[Run]) -> list[str]:
    """Return the name of each run's variant: its name in the study, or the overrides that differ between runs."""
    parts = _parts(runs)
    shared = set(parts[0]).intersection(*parts) if len({run.record.variant for run in runs}) > 1 else set()
    texts: dict[frozenset[str], str] = {}  # keeps the order found first, because order does not define a variant
    names = []
    for own, run in zip(parts, runs, strict=True):
        left = [part for part in own if part not in shared]
        names.append(run.record.label or texts.setdefault(frozenset(left), ",".join(left)) or run.record.name)
    if not _is_on_several(runs):
        return names
    return [_without_dataset(name, run) for name, run in zip(names, runs, strict=True)]


def labels_by(runs: Sequence[Run], keys: Sequence[str], values: Values) -> list[str]:
    """Return a label for each run from its values of the given keys: `optimizer=sgd,model=mlp`.

    Args:
        values: reader of the runs' values.

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
    """Return the cell of each run: its overrides that vary within a variant.

    A model that was crossed with every optimizer defines cells; a learning rate that belongs to one optimizer does
    not. Without keys, all runs are in one cell.

    Args:
        keys: the keys whose values define the variants.
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
    """Return the labels, followed by the name of the data set if there are several.

    Raises:
        UserError: if data sets with the same name differ, because their results cannot be compared.
    """
    seen: dict[str, dict[str, str]] = {}  # by name: each fingerprint with the file of its first run
    for run in runs:
        dataset = run.record.dataset
        files = seen.setdefault(dataset["name"], {})
        if dataset["fingerprint"]:  # empty if the run ended before loading data
            files.setdefault(dataset["fingerprint"], Path(str(dataset.get("source", ""))).name)
    for name, files in seen.items():
        if len(files) > 1:
            named = ", ".join(f"{shortened(file)} {fingerprint[:12]}".strip() for fingerprint, file in files.items())
            raise UserError(
                f"these runs used {len(files)} different data sets named {name} ({named}), which cannot be compared; "
                "give only runs on one of them"
            )
    if len(seen) == 1:
        return list(labels)
    return [f"{label} [{run.record.dataset['name']}]" for label, run in zip(labels, runs, strict=True)]


def _parts(runs: Sequence[Run]) -> list[list[str]]:
    """Return the overrides that define each run's variant, without the data set if there are several."""
    several = _is_on_several(runs)
    return [[part for part in run.record.asked if not (several and override_key(part) == "dataset")] for run in runs]


def _is_on_several(runs: Sequence[Run]) -> bool:
    return len({run.record.dataset["name"] for run in runs}) > 1


def _without_dataset(name: str, run: Run) -> str:
    """Return the name without its data set, if the study was crossed with several."""
    for part in run.record.asked:
        if override_key(part) == "dataset":
            name = re.sub(f",{re.escape(part)}(?=,|$)", "", name)
    return name


def _differences(names: Sequence[tuple[str, str]], parts: Sequence[Sequence[str]]) -> list[str]:
    """Return a suffix of overrides for each name that is shared by runs with different overrides (in two studies)."""
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
