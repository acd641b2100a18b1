"""Difference between the configurations of two runs, as overrides."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from runner.config.identity import entries, is_volatile
from runner.config.options import ONE_OPTION_GROUPS, listed_options
from runner.config.overrides import as_override, override_key
from runner.records.job import Job
from runner.records.record import OF_ONE_RUN


def difference(baseline: Job, job: Job) -> list[str]:
    """Return overrides that turn the baseline into the run, without the seed: options first, then values."""
    before, after = dict(entries(baseline.config)), dict(entries(job.config))
    options = [
        f"{group}={job.choices.get(group)}"
        for group in ONE_OPTION_GROUPS
        if baseline.choices.get(group) != job.choices.get(group)
    ]
    usual = listed_options(baseline.config)
    lists = [
        f"{group}=[{','.join(names)}]"
        for group, names in listed_options(job.config).items()
        if usual.get(group) != names
    ]
    values = [
        as_override(key, value)
        for key, value in after.items()
        if key in before and before[key] != value and _is_of_the_variant(key)
    ]
    named = {override_key(override) for override in [*options, *lists]}  # the option determines their keys
    new, gone = _only(after, before, named), _only(before, after, named)
    # Replacing a mapping by null, or null by a mapping, is one change.
    added = [f"{'' if _below(key, gone) else '+'}{as_override(key, after[key])}" for key in new]
    removed = [f"~{key}" for key in gone if not _below(key, new) and not any(_below(other, [key]) for other in new)]
    return [*options, *lists, *values, *added, *removed]


def _is_of_the_variant(key: str) -> bool:
    return key not in OF_ONE_RUN and not is_volatile(key) and "_target_" not in key


def _only(one: Mapping[str, Any], other: Mapping[str, Any], named: Container[str]) -> list[str]:
    return [key for key in one if key not in other and not is_volatile(key) and key.partition(".")[0] not in named]


def _below(key: str, others: Iterable[str]) -> bool:
    """Return whether one of the others is below the key."""
    return any(other.startswith(f"{key}.") for other in others)
