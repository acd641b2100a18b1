"""Values in force: of a key that some runs override, the value that the others have by default."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from runner.records.record import override_key
from runner.reporting.collect import Run
from runner.reporting.left_out import LeftOut

_NONE = "none"  # for null, which pandas would read back as a missing value, and groupby drop
_ABSENT = object()


def with_values_in_force(summary: pd.DataFrame, runs: Sequence[Run], left_out: LeftOut) -> pd.DataFrame:
    """Return a summary whose column of each overridden key has a value in every row, as the command line writes it.

    A cell stays empty where a run has no such key (the rate of an option that it did not choose), or no configuration
    that can be read. Null is `none`.

    Args:
        summary: a row a run, in the runs' order.
        left_out: is told of configurations that cannot be read.
    """
    own = [{override_key(part): part.partition("=")[2] for part in run.record.overrides} for run in runs]
    fixed = {*replace(runs[0].record, overrides=[]).summary()}
    configs: dict[tuple[str, ...], Mapping[str, Any]] = {}
    columns: dict[str, list[Any]] = {}
    for key in dict.fromkeys(key for overridden in own for key in overridden if key not in fixed):
        columns[key] = [
            overridden[key] if overridden.get(key) else _by_default(run, key, configs, left_out)
            for run, overridden in zip(runs, own, strict=True)
        ]
    return summary.assign(**{key: [_NONE if value == "null" else value for value in columns[key]] for key in columns})


def _by_default(run: Run, key: str, configs: dict[tuple[str, ...], Mapping[str, Any]], left_out: LeftOut) -> str | None:
    """Return a key's value in a run's choices or configuration; None where it has no such key."""
    if key in run.record.choices:
        return run.record.choices[key]
    asked = (override for override in run.record.overrides if override_key(override) != "seed")
    alike = (*asked, "", *run.record.choices.values())  # runs that differ in the seed alone
    if alike not in configs:
        there = run.directory.config_path.exists()
        configs[alike] = (left_out.unless_read(run.directory.read_config) if there else None) or {}
    node: Any = configs[alike]
    for part in key.split("."):
        node = node.get(part, _ABSENT) if isinstance(node, Mapping) else _ABSENT
    if node is _ABSENT:
        return _NONE if configs[alike] and "." not in key else None  # of a group of which nothing is chosen
    return _text(node)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_text(item)}" for key, item in value.items()) + "}"
    return _NONE if value is None else str(value)
