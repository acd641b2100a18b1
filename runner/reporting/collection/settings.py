"""Settings of runs: the keys in which their configurations differ, and their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.config.identity import is_volatile
from runner.config.overrides import Override, override_key
from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import Run
from runner.reporting.collection.groups import asked_of

NONE = "none"  # stands for a key that a run does not have
_MOST_READ = 200  # configurations; reading one takes milliseconds
_CHECKED = "dataset.fingerprint"  # a check of the data, set for some data sets only
_IMPLIED = ("._target_", "._partial_")  # suffixes of keys that follow from the option of a group


@dataclass(frozen=True)
class Settings:
    """The distinct configurations of runs, and the keys in which they differ."""

    keys: list[str]  # groups, then overridden keys, then keys whose values follow from them
    configurations: list[dict[str, str]]  # the distinct configurations
    of_runs: list[int]  # the configuration of each run

    def of(self, run: int) -> dict[str, str]:
        """Return the configuration of a run, by its position."""
        return self.configurations[self.of_runs[run]]


def settings_of(runs: Sequence[Run], left_out: LeftOut) -> Settings:
    """Return the keys in which runs differ, with their values.

    Runs of one sweep with the same overrides have the same configuration, which is read once. If there are too many
    different configurations, only options and overrides are compared.

    Args:
        left_out: collects configurations that cannot be read.
    """
    firsts: dict[tuple[Any, ...], Run] = {}
    for run in runs:
        firsts.setdefault(_same(run), run)
    places = {same: place for place, same in enumerate(firsts)}
    are_few = len(firsts) <= _MOST_READ
    found = [_configured(run, left_out) if are_few else _overridden(run) for run in firsts.values()]
    keys = [key for key in _ordered(found, runs) if len({own.get(key) for own in found}) > 1]
    return Settings(keys, found, [places[_same(run)] for run in runs])


def _same(run: Run) -> tuple[Any, ...]:
    return run.directory.path.parent, run.record.dataset["name"], *run.record.asked


def _configured(run: Run, left_out: LeftOut) -> dict[str, str]:
    """Return the settings of a run; without a configuration, its options and overrides."""
    return asked_of(run, left_out) if run.directory.config_path.exists() else _overridden(run)


def _overridden(run: Run) -> dict[str, str]:
    parts = [part for part in map(Override.parse, run.record.asked) if part.has_value and not is_volatile(part.key)]
    return {part.key: part.value for part in parts} | run.record.choices | {"dataset": run.record.dataset["name"]}


def _ordered(found: Sequence[dict[str, str]], runs: Sequence[Run]) -> list[str]:
    """Return the keys: groups, then overridden keys, then the others."""
    overridden = {override_key(part) for run in runs for part in run.record.asked}
    keys = dict.fromkeys(key for own in found for key in own if not key.endswith(_IMPLIED) and key != _CHECKED)
    return sorted(keys, key=lambda key: ("." in key, key not in overridden))
