"""Variants of a study or grid, and their overrides."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runner.config.options import LIST_GROUPS, ONE_OPTION_GROUPS, WITHOUT
from runner.config.overrides import as_override, override_key
from runner.config.schema import resolve
from runner.core.errors import ConfigError
from runner.core.text import did_you_mean
from runner.records.baselines import study_names
from runner.sweeps.planning.compose import Composer
from runner.sweeps.planning.conditions import applicable
from runner.sweeps.planning.points import tuning_points
from runner.sweeps.planning.study import MOST, Study
from runner.sweeps.planning.variant import Variant


def grid_variants(axes: Mapping[str, Sequence[str]], single: Sequence[str]) -> list[Variant]:
    """Return a variant for each cell of a command's grid, named after its changes.

    Raises:
        ConfigError: if there are too many variants, or a value is given twice.
    """
    _check_axes(axes)
    return [
        Variant(",".join(cell) or ",".join(single) or "run", [*single, *cell], [])
        for cell in itertools.product(*axes.values())
    ]


def study_variants(
    study: Study, axes: Mapping[str, Sequence[str]], single: Sequence[str], composer: Composer
) -> list[Variant]:
    """Return a study's variants, the baseline first, crossed with its grid and with the command's axes.

    Args:
        single: the command's overrides for all variants.

    Raises:
        ConfigError: if a dropped part does not exist, there are too many variants or points, a value is given twice,
            or the command sets a tuned key.
    """
    own = dict(study.variants)
    if study.drop:
        own = _leave_one_out(study, single, composer) | own
    baseline = study.baseline or next(iter(own))
    crossed = {**{key: _overrides(key, values) for key, values in study.grid.items()}, **axes}
    _check_axes(crossed, len(own))
    arms: list[tuple[str, list[str], str]] = []
    for name in sorted(own, key=lambda name: name != baseline):
        _check_tuned(name, study, (*single, *axes))
        for cell in itertools.product(*crossed.values()):
            arms.append((name, [*study.base, *own[name], *cell, *single], ",".join([name, *cell])))
    if not study.tune:
        return [Variant(label, overrides, [], named=True) for _, overrides, label in arms]
    tuned = applicable(study.tune, [(name, overrides) for name, overrides, _ in arms], composer)
    return [
        Variant(label, overrides, tuning_points(study.tune, own_axes, name), named=True, axes=own_axes, arm=name)
        for (name, overrides, label), own_axes in zip(arms, tuned, strict=True)
    ]


def _check_tuned(name: str, study: Study, command: Iterable[str]) -> None:
    """Raise ConfigError if a value is given twice, or the command sets a tuned key of the variant."""
    axes = study.axes_of(name)
    group = study.tune.group_of(name) if study.tune else ""
    for key, axis in axes.items():
        _refuse_twice(key, axis.choices or [], f"{group}.{key}")
    if given := axes.keys() & {override_key(override) for override in command}:
        place = f"{group}.{min(given)}"
        raise ConfigError(f"{min(given)}: is tuned for {name} ({place}); leave out this value, or that axis")


def _check_axes(axes: Mapping[str, Sequence[Any]], variants: int = 1) -> None:
    for key, values in axes.items():
        _refuse_twice(key, values, key)
    count = variants * math.prod(map(len, axes.values()))
    if count > MOST:
        raise ConfigError(f"{', '.join(axes)}: {count} variants or points; at most {MOST} can be planned")


def _refuse_twice(key: str, values: Sequence[Any], place: str) -> None:
    if twice := [value for value, times in Counter(map(str, values)).items() if times > 1]:
        raise ConfigError(f"{place}: {twice[0].removeprefix(f'{key}=')} is given twice")


def _overrides(key: str, values: Iterable[Any]) -> list[str]:
    return [as_override(key, value) for value in values]


def _leave_one_out(study: Study, single: Sequence[str], composer: Composer) -> dict[str, list[str]]:
    """Return a variant with all parts, and for each dropped part a variant without it."""
    config = resolve(composer.compose([*study.base, *single]).config)
    without = [[_dropping(part, config)] for part in dict.fromkeys(study.drop)]
    return dict(zip(study_names([], study.drop), [[], *without], strict=True))


def _dropping(part: str, config: Mapping[str, Any]) -> str:
    group, _, option = part.partition(".")
    if group in LIST_GROUPS:
        there = list(config[group])
        if not option:
            return f"{group}=[]"
        if option not in there:
            raise ConfigError(f"study.drop: {part}: not part of the base{did_you_mean(option, there)}")
        return f"{group}=[{','.join(name for name in there if name != option)}]"
    if not option and group in WITHOUT:
        return f"{group}={WITHOUT[group]}"
    value: Any = config
    for key in part.split("."):
        if not isinstance(value, Mapping) or key not in value:
            droppable = [*WITHOUT, *LIST_GROUPS, *(f"{name}.{key}" for name in LIST_GROUPS for key in config[name])]
            raise ConfigError(f"study.drop: {part}: no such part{did_you_mean(part, droppable)}")
        value = value[key]
    if part in ONE_OPTION_GROUPS:
        raise ConfigError(f"study.drop: {part}: every run needs one; add another option as a variant")
    return f"{part}=null"
