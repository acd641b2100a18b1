"""Cross-validation of a plan: the same folds for every variant, with new folds for each seed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from runner.config.overrides import override_key
from runner.core.errors import ConfigError
from runner.records.design import MOST_FOLDS, Folds
from runner.records.record import FOLLOWING
from runner.sweeps.planning.variant import Variant


def read_folds(value: Any) -> int | None:
    """Return the number of folds from `folds=...` outside a study; None if not given.

    Raises:
        ConfigError: if it is not a number of folds.
    """
    if value is None:
        return None
    try:
        folds: int = TypeAdapter(Folds).validate_python(value, strict=True)
    except ValidationError as error:
        raise ConfigError(f"folds={value}: must be a number of folds, 2 to {MOST_FOLDS}") from error
    return folds


def cross_validated(variants: Iterable[Variant], folds: int | None) -> list[Variant]:
    """Return the variants with the overrides that draw their folds; unchanged without folds.

    The draw depends on the seed, unless an override of the variant sets `dataset.split_seed`.

    Raises:
        ConfigError: if a variant sets its folds itself.
    """
    if folds is None:
        return [*variants]
    found = []
    for variant in variants:
        for override in variant.overrides:
            if override_key(override) in ("dataset.folds", "dataset.fold"):
                raise ConfigError(f"{override}: every run gets one of the {folds} folds (folds={folds}); remove it")
        drawn = [f"dataset.folds={folds}", FOLLOWING]
        found.append(replace(variant, overrides=[*drawn, *variant.overrides], folds=folds))
    return found
