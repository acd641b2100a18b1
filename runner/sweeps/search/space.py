"""Search space: axes, ranges, and their form in Optuna."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from hydra.core.override_parser.types import IntervalSweep, Override
from pydantic import ConfigDict, Field, ValidationError, model_validator

from runner.config.ranges import Count, WholeNumber
from runner.config.schema import error_lines
from runner.core.errors import ConfigError
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.study import Chosen, Seeds

_PLAIN_AXIS: Any = {"properties": {"when": {"type": "null"}, "log": {"type": "boolean"}}}  # the others are a study's


class Search(Chosen):
    """A search's budget, axes, sampler and pruner."""

    model_config = ConfigDict(
        json_schema_extra={"allOf": [{"properties": {"axes": {"additionalProperties": _PLAIN_AXIS}}}]}
    )

    sampler: Literal["tpe", "random", "grid"] = "tpe"
    """Tpe (Bergstra et al. 2011), random or grid."""
    trials: Count = 30
    """The budget; a larger one continues the same search."""
    axes: dict[str, Axis] = Field(default_factory=dict)
    """Keys to search, each with its range or choices."""
    seeds: Seeds = Field(default=1, validate_default=True)
    """Seeds of each trial; its score is the mean over them."""
    pruner: Literal["median", "none"] = "median"
    """Median: stop a trial whose best epoch so far is worse than the median of the ended trials."""
    startup_trials: WholeNumber = 5
    """Trials that must end before any is stopped."""
    warmup_epochs: WholeNumber = 1
    """Epochs at the start of each trial in which the pruner does not stop it."""
    seed: WholeNumber = 0
    """Seed of the sampler."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.pruner != "none" and len(self.seeds) > 1:
            raise ValueError(
                "search.pruner=median: needs one seed per trial (use search.pruner=none, or search.seeds=1)"
            )
        for key, axis in self.axes.items():
            if self.sampler == "grid" and axis.choices is None:
                raise ValueError(f"search.axes.{key}: sampler=grid needs choices")
            if axis.when is not None or axis.log == "from_one":
                raise ValueError(f"search.axes.{key}: when and log=from_one are for the axes of study.tune alone")
        return self

    @property
    def budget(self) -> int:
        """The number of trials; in a grid, at most the number of its points."""
        if self.sampler != "grid":
            return self.trials
        return min(self.trials, math.prod(len(axis.choices or []) for axis in self.axes.values()))


def read_search(config: Any, swept: Sequence[Override], seeds: Any = None) -> Search:
    """Check a search from the configuration, with additional axes from the command line.

    Args:
        swept: overrides with several values: a,b, choice(...), range(...), interval(...), tag(log, interval(...)).
        seeds: from the command line; they replace the search's.

    Raises:
        ConfigError: one line for each key that is wrong.
    """
    if not isinstance(config, Mapping):
        raise ConfigError("search: must be keys with values: trials, axes, ...")
    own = config.get("axes") or {}
    if not isinstance(own, Mapping):
        raise ConfigError("search.axes: must be keys with values: KEY: {low: ..., high: ...}")
    axes = dict(own) | {override.get_key_element(): _axis(override) for override in swept}
    try:
        search = Search.model_validate(dict(config) | {"axes": axes} | ({} if seeds is None else {"seeds": seeds}))
    except ValidationError as error:
        raise ConfigError(error_lines(error, Search, "search")) from error
    if not search.axes:
        raise ConfigError("search.axes: nothing to search for; give KEY=interval(LOW,HIGH) or KEY=A,B")
    return search


def _axis(override: Override) -> dict[str, Any]:
    value = override.value()
    if isinstance(value, IntervalSweep):
        return {"low": value.start, "high": value.end, "log": "log" in value.tags}
    return {"choices": list(override.sweep_string_iterator())}


def distribution_of(axis: Axis) -> Any:
    """Return an axis as an Optuna distribution."""
    import optuna

    if axis.choices is not None:
        return optuna.distributions.CategoricalDistribution(stored_choices(axis))
    assert axis.low is not None
    assert axis.high is not None
    log = bool(axis.log)
    if axis.is_whole:
        step = int(axis.step or 1)
        return optuna.distributions.IntDistribution(int(axis.low), int(axis.high), log=log, step=step)
    return optuna.distributions.FloatDistribution(axis.low, axis.high, log=log, step=axis.step)


def stored_choices(axis: Axis) -> list[Any]:
    """Return choices as Optuna stores them: lists and mappings as JSON."""
    assert axis.choices is not None
    return [json.dumps(choice) if isinstance(choice, list | dict) else choice for choice in axis.choices]


def value_of(axis: Axis, stored: Any) -> Any:
    """Return a value that Optuna stored in the form of the configuration."""
    if axis.choices is None:
        return stored
    return axis.choices[stored_choices(axis).index(stored)]


def example_points(search: Search) -> list[dict[str, Any]]:
    """Return points, as Optuna stores them, that together cover each choice and both ends of each range."""
    values = {key: _extremes(distribution_of(axis)) for key, axis in search.axes.items()}
    first = {key: own[0] for key, own in values.items()}
    return [first, *(first | {key: value} for key, own in values.items() for value in own[1:])]


def _extremes(distribution: Any) -> list[Any]:
    """Return all choices, or both ends of a range."""
    import optuna

    if isinstance(distribution, optuna.distributions.CategoricalDistribution):
        return list(distribution.choices)
    return [distribution.low, distribution.high]


def kind_of(distribution: Any) -> tuple[Any, ...]:
    """Return the properties of a distribution that a resumed search must keep: all but the ends of a range."""
    return type(distribution), getattr(distribution, "log", None), getattr(distribution, "choices", None)
