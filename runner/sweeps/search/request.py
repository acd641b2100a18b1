"""Request for a hyperparameter search: a study of one variant, with axes from the command line or a file."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from hydra.core.override_parser.types import IntervalSweep, Override
from pydantic import BeforeValidator, ConfigDict, ValidationError, model_validator

from runner.config.schema import error_lines
from runner.core.errors import ConfigError, UserError
from runner.sweeps.planning.study import Chosen, GivenSeeds, Study, Tune, read_study

VARIANT = "search"  # the name of the variant
_FRESH_SEEDS = 3  # number of seeds with which the chosen point is trained
_RENAMED = {"trials": "budget", "seed": "sampler_seed"}  # keys of a search that have other names in a study's tuning
_KEY_OF_STUDY = re.compile(r"(?<![^\s(,;'])study\.(tune\.|seeds\b)?")  # in a message, not in a value such as a path
_STUDY_ONLY = ("per_variant",)


def _as_in_a_file(schema: dict[str, Any]) -> None:
    """Add the short forms to the JSON Schema of a search, and remove the keys that only studies have."""
    keys = schema["properties"]
    keys["axes"]["type"] = ["object", "null"]  # the command may give all axes
    for short, name in _RENAMED.items():
        form = {key: value for key, value in keys[name].items() if key not in ("default", "description")}
        keys[short] = {"anyOf": [form, {"type": "null"}], "description": f"Short form of {name}."}
    for key in _STUDY_ONLY:
        keys[key]["maxProperties"] = 0


def _later(value: Any) -> Any:
    """Accept any fresh seeds here; they are checked later, with the study."""
    return value


class Search(Tune, Chosen):
    """The keys of a study's tuning, and the metric that it optimizes."""

    model_config = ConfigDict(json_schema_extra=_as_in_a_file)

    fresh_seeds: Annotated[Any, BeforeValidator(_later, json_schema_input_type=GivenSeeds)] = _FRESH_SEEDS
    """Seeds of the best point, which is trained again and tested: a number n (0 to n - 1) or a list."""

    @model_validator(mode="before")
    @classmethod
    def _has_no_variants(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and (given := [key for key in _STUDY_ONLY if value.get(key)]):
            raise ValueError(f"search.{given[0]}: a search has one variant; use a study")
        return value


def read_search(config: Any, swept: Sequence[Override], seeds: Any = None) -> Study:
    """Return a search as a study of one variant, with additional axes from the command line.

    Args:
        config: the keys of `Search`; `trials` and `seed` are short forms of `budget` and `sampler_seed`.
        swept: overrides with several values: a,b, choice(...), range(...), interval(...), tag(log, interval(...)).
        seeds: the fresh seeds, from the command line.

    Raises:
        ConfigError: one line for each invalid key.
    """
    if not isinstance(config, Mapping):
        raise ConfigError("search: must be a mapping with keys such as budget, axes, ...")
    given = _renamed(config)
    own = given.get("axes") or {}
    if not isinstance(own, Mapping):
        raise ConfigError("search.axes: must be a mapping, KEY: {low: ..., high: ...}")
    given["axes"] = dict(own) | {override.get_key_element(): _axis(override) for override in swept}
    try:
        search = Search.model_validate(given)
    except ValidationError as error:
        raise ConfigError(error_lines(error, Search, "search")) from error
    if not search.axes:
        raise ConfigError("search.axes: nothing to search; give KEY=interval(LOW,HIGH) or KEY=A,B")
    tune = {key: given[key] for key in Tune.model_fields if key in given}
    about = {key: given[key] for key in Chosen.model_fields if key in given}
    asked = about | {"variants": {VARIANT: []}, "tune": tune, "seeds": search.fresh_seeds}
    with search_names():
        return read_study(asked, seeds)


@contextmanager
def search_names() -> Iterator[None]:
    """Rename the keys of a study to the keys of a search in the errors that the block raises."""
    try:
        yield
    except UserError as error:
        text = _KEY_OF_STUDY.sub(lambda key: "search." + "fresh_seeds" * (key[1] == "seeds"), str(error))
        raise type(error)(text) from error


def refuse_both_forms(given: Collection[str]) -> None:
    """Raise ConfigError if a command gives a key of a search and its short form.

    Args:
        given: the keys of the command's overrides, except those set to null.
    """
    for short, name in _RENAMED.items():
        if f"search.{short}" in given and f"search.{name}" in given:
            raise ConfigError(f"search.{short}: short form of search.{name}, and both are given; give only one of them")


def _renamed(config: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the keys by their names in a study; a short form replaces the default of the long form."""
    given = {key: value for key, value in config.items() if key not in _RENAMED}
    return given | {name: config[short] for short, name in _RENAMED.items() if config.get(short) is not None}


def _axis(override: Override) -> dict[str, Any]:
    value = override.value()
    if isinstance(value, IntervalSweep):
        return {"low": value.start, "high": value.end, "log": "log" in value.tags}
    return {"choices": list(override.sweep_string_iterator())}
