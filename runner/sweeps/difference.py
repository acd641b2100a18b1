"""What a run's configuration has that another's has not."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.config.identity import is_volatile
from runner.request import LIST_GROUPS, ONE_OPTION_GROUPS
from runner.sweeps.composition import as_override
from runner.sweeps.job import Job


def difference(baseline: Job, job: Job) -> list[str]:
    """Return overrides that lead from the baseline to the run, but for the seed: options first, then values."""
    before, after = dict(_flat(baseline.config)), dict(_flat(job.config))
    options = [
        f"{group}={job.choices.get(group)}"
        for group in ONE_OPTION_GROUPS
        if baseline.choices.get(group) != job.choices.get(group)
    ]
    lists = [
        f"{group}=[{','.join(job.config[group])}]"
        for group in LIST_GROUPS
        if list(baseline.config[group]) != list(job.config[group])
    ]
    values = [
        as_override(key, value)
        for key, value in after.items()
        if key in before and before[key] != value and key != "seed" and not is_volatile(key) and "_target_" not in key
    ]
    named = {override.partition("=")[0] for override in [*options, *lists]}  # groups whose keys are the options' own
    added = [f"+{as_override(key, after[key])}" for key in _only(after, before) if _group(key) not in named]
    removed = [f"~{key}" for key in _only(before, after) if _group(key) not in named]
    return [*options, *lists, *values, *added, *removed]


def _only(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [key for key in one if key not in other and not is_volatile(key)]


def _group(key: str) -> str:
    return key.partition(".")[0]


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
