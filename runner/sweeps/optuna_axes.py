"""The axes of a search as Optuna has them."""

import json
from typing import Any

import optuna

from runner.sweeps.search import Axis, Search


def distribution_of(axis: Axis) -> Any:
    """Return an axis as Optuna draws from it."""
    if axis.choices is not None:
        return optuna.distributions.CategoricalDistribution(stored_choices(axis))
    assert axis.low is not None
    assert axis.high is not None
    if isinstance(axis.low, int) and isinstance(axis.high, int) and not isinstance(axis.step, float):
        return optuna.distributions.IntDistribution(axis.low, axis.high, log=axis.log, step=axis.step or 1)
    return optuna.distributions.FloatDistribution(axis.low, axis.high, log=axis.log, step=axis.step)


def stored_choices(axis: Axis) -> list[Any]:
    """Return choices as Optuna stores them: lists as their text."""
    assert axis.choices is not None
    return [json.dumps(choice) if isinstance(choice, list | dict) else choice for choice in axis.choices]


def value_of(axis: Axis, stored: Any) -> Any:
    """Return what Optuna stored as the configuration has it."""
    if axis.choices is None:
        return stored
    return axis.choices[stored_choices(axis).index(stored)]


def example_points(search: Search) -> list[dict[str, Any]]:
    """Return points, as Optuna stores them, that have each choice and both ends of each range between them."""
    values = {key: _extremes(distribution_of(axis)) for key, axis in search.axes.items()}
    first = {key: own[0] for key, own in values.items()}
    return [first, *(first | {key: value} for key, own in values.items() for value in own[1:])]


def _extremes(distribution: Any) -> list[Any]:
    """Return all choices, or both ends of a range."""
    if isinstance(distribution, optuna.distributions.CategoricalDistribution):
        return list(distribution.choices)
    return [distribution.low, distribution.high]


def kind_of(distribution: Any) -> tuple[Any, ...]:
    """Return what may not change of a distribution while a search goes on: all but the ends of a range."""
    return type(distribution), getattr(distribution, "log", None), getattr(distribution, "choices", None)
