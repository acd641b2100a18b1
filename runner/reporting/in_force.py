"""Values in force: of a key that some runs override, the value that the others have by default."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from runner.records.record import override_key
from runner.reporting.collect import Run
from runner.reporting.left_out import LeftOut

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
        for override in reversed(run.record.overrides):
            if override_key(override) == key and (value := override.partition("=")[2]):
                return NONE if value == "null" else value
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
