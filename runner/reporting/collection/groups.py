"""Groups of runs by sweep, and keys that differ between the sweeps of a report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from runner.config.identity import EMPTY, is_volatile, leaves
from runner.config.overrides import literal
from runner.core.omissions import LeftOut
from runner.core.text import counted
from runner.records.record import OF_ONE_RUN
from runner.records.sweep_directory import Question, is_sweep_directory
from runner.reporting.collection.collect import Run, run_directories

_NAMED = 6  # maximum number of keys to list
_LONGEST = 40  # characters of a value
_IGNORED = (*OF_ONE_RUN, "experiment")


@dataclass
class Group:
    """The requested runs of one sweep, or those that belong to no sweep."""

    sweep: Path | None
    paths: list[Path] = field(default_factory=list)  # the whole sweep, or single runs

    @property
    def own_place(self) -> Path | None:
        """The directory for the report: the whole sweep or the single run; None if there are several paths."""
        return self.paths[0] if len(self.paths) == 1 else None


def groups_of(paths: Iterable[Path]) -> list[Group]:
    """Group the runs in and below the paths by sweep, in the order of the paths.

    Raises:
        UserError: if a path does not exist.
    """
    groups: dict[Path | None, Group] = {}
    seen: set[Path] = set()
    for path, run in run_directories(list(paths)):
        sweep = _sweep_of(run)
        is_whole = sweep is not None and path.resolve() != run.resolve()
        group = groups.setdefault(sweep and sweep.resolve(), Group(sweep))
        wanted = sweep if sweep and is_whole else run
        if wanted not in seen:  # a path belongs to one group
            seen.add(wanted)
            group.paths.append(wanted)
    return list(groups.values())


def sweeps_apart(runs: Sequence[Run], left_out: LeftOut) -> str | None:
    """Return a caution about keys in which sweeps differ, except keys that vary within a sweep; None without such keys.

    One run of each variant is compared.

    Args:
        left_out: collects configurations that cannot be read.
    """
    chosen: dict[tuple[Path | None, str], Run] = {}
    for run in runs:
        chosen.setdefault((_sweep_of(run.directory.path), run.record.variant), run)
    sweeps: dict[Path | None, list[dict[str, str]]] = {}
    for (sweep, _), run in chosen.items():
        sweeps.setdefault(sweep, []).append(asked_of(run, left_out))
    if len(sweeps) < 2 or not (differing := _differing(list(sweeps.values()))):
        return None
    return (
        f"these {len(sweeps)} sweeps differ in keys that none of them varies: {_listed(differing)}. "
        "These keys may explain differences between variants of different sweeps."
    )


def plans_apart(runs: Iterable[Run], left_out: LeftOut) -> Iterator[str]:
    """Yield cautions about parts of plans omitted from a report on several sweeps, or on only some runs of a sweep.

    Args:
        left_out: collects plans that cannot be read.
    """
    sweeps = dict.fromkeys(sweep for run in runs if (sweep := _sweep_of(run.directory.path)))
    asked = {sweep.name: question for sweep in sweeps if (question := _question(sweep, left_out))}
    if looked := [name for name, question in asked.items() if question.looks]:
        yield (
            f"planned looks ({', '.join(looked)}): this report does not correct p and intervals for them; the report "
            "on the study alone does."
        )
    if sources := [name for name, question in asked.items() if question.sources]:
        yield f"sources of variance ({', '.join(sources)}): only the report on the study alone shows them."


def _question(sweep: Path, left_out: LeftOut) -> Question | None:
    return left_out.unless_read(partial(Question.of, sweep))


def keys_apart(one: Run, other: Run, left_out: LeftOut) -> str:
    """List the keys in which the configurations of two runs differ, with both values; "" if there are none."""
    if one.record.run_id == other.record.run_id:
        return ""
    return _listed(_differing([[asked_of(one, left_out)], [asked_of(other, left_out)]]))


def _differing(sweeps: Sequence[Sequence[Mapping[str, str]]]) -> dict[str, str]:
    """Return the keys that differ between sweeps but do not vary within any, with their values."""
    differing: dict[str, str] = {}
    for key in sorted({key for own in sweeps for asked in own for key in asked}, key=_groups_first):
        values = [{asked.get(key, "none") for asked in own} for own in sweeps]
        distinct = dict.fromkeys(value for own in values for value in own)
        if max(map(len, values)) == 1 < len(distinct) and key.split(".")[0] not in differing:
            differing[key] = " or ".join(map(_shown, distinct))
    return differing


def _listed(differing: Mapping[str, str]) -> str:
    named = [f"{key} ({values})" for key, values in differing.items()]
    more = f" and {counted(len(named) - _NAMED, 'more key')}" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more


def _sweep_of(run: Path) -> Path | None:
    return run.parent if is_sweep_directory(run.parent) else None


def asked_of(run: Run, left_out: LeftOut) -> dict[str, str]:
    """Return the choices of a run as text: the option of each group, and each key of its configuration.

    Keys in which runs of the same variant differ are omitted, as are keys that do not affect results.

    Args:
        left_out: collects configurations that cannot be read.
    """
    there = run.directory.config_path.exists()
    config: Any = left_out.unless_read(run.directory.read_config) if there else None
    keys = leaves(config) if isinstance(config, dict) else ()
    found = {**run.record.choices, "dataset": run.record.dataset["name"]}
    found |= {key: literal(value) for key, value in keys if value not in EMPTY}
    return {key: value for key, value in found.items() if key not in _IGNORED and not is_volatile(key)}


def _groups_first(key: str) -> tuple[bool, str]:
    return "." in key, key


def _shown(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
