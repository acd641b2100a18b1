"""Conditions under which an axis of a tuned study applies."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from runner.config.options import LIST_GROUPS, ONE_OPTION_GROUPS
from runner.config.schema import resolve
from runner.core.errors import ConfigError
from runner.core.text import did_you_mean
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.compose import Composed, Composer
from runner.sweeps.planning.points import holds, words
from runner.sweeps.planning.study import Tune

Arm = tuple[str, list[str]]  # the name of a study's variant, and the overrides of one of its cells


def applicable(tune: Tune, arms: Sequence[Arm], composer: Composer) -> list[dict[str, Axis]]:
    """Return each arm's axes, excluding those whose condition the arm's parts do not meet.

    A condition on a tuned key is met by only some points of an arm; `active` evaluates it.

    Raises:
        ConfigError: if a condition uses an unknown key, a conditional axis, or a value that never occurs.
    """
    _refuse_chains(tune)
    met: dict[str, set[str]] = {}  # place of a conditional axis -> values of the condition's key in its arms
    of_arms = []
    for name, overrides in arms:
        axes = tune.axes_of(name)
        values = {key: [word for choice in axis.choices or [] for word in words(choice)] for key, axis in axes.items()}
        if fixed := {axis.condition.key for axis in axes.values() if axis.condition} - axes.keys():
            try:
                composed = composer.compose(overrides)
            except (ConfigError, HydraException, OmegaConfBaseException):
                return [{} for _ in arms]  # the plan also composes all variants, and reports all errors
            values |= {key: _words_at(key, composed) for key in fixed}
        for key, axis in axes.items():
            if axis.condition:
                met.setdefault(f"{tune.group_of(name)}.{key}", set()).update(values[axis.condition.key])
        of_arms.append({key: axis for key, axis in axes.items() if holds(axis.condition, values)})
    for place, axis in tune.all_axes:
        _refuse_never_met(place, axis, met.get(place, set()))
    return of_arms


def _refuse_chains(tune: Tune) -> None:
    for group, axes in tune.groups.items():
        for key, axis in axes.items():
            other = axes.get(axis.condition.key) if axis.condition else None
            if axis.condition and other and (other.choices is None or other.when):
                raise ConfigError(
                    f"{group}.{key}.when={axis.when}: {axis.condition.key} must be tuned over a list, "
                    "and without a condition"
                )


def _refuse_never_met(place: str, axis: Axis, words: Set[str]) -> None:
    if not axis.condition:
        return
    key = axis.condition.key
    if not words:
        hint = did_you_mean(key, [*ONE_OPTION_GROUPS, *LIST_GROUPS])
        raise ConfigError(f"{place}.when={axis.when}: no variant has a group, option or key {key}{hint}")
    if never := [item for item in axis.condition.items if item not in words]:
        raise ConfigError(f"{place}.when={axis.when}: no variant has {key}={never[0]}{did_you_mean(never[0], words)}")


def _words_at(key: str, composed: Composed) -> list[str]:
    """Return the values of a group or key in a composed configuration; none if it lacks the key."""
    if key in composed.choices and key not in LIST_GROUPS:
        return [composed.choices[key]]
    value: Any = resolve(composed.config)
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return []
        value = value[part]
    return words(list(value) if isinstance(value, Mapping) else value)
