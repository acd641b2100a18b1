"""Cross-validation of a plan: the same folds for every variant, drawn anew by each seed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from runner.config.overrides import override_key
from runner.core.errors import ConfigError
from runner.core.text import counted
from runner.records.design import MOST_FOLDS, Folds
from runner.records.job import Job
from runner.records.record import FOLLOWING
from runner.reporting.statistics.attainability import LEVEL
from runner.sweeps.planning.variants import Variant


def read_folds(value: Any) -> int | None:
    """Return the number of folds that `folds=...` asks for outside a study; None for none.

    Raises:
        ConfigError: if it is no number of folds.
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

    The draw follows the seed, unless an override of the variant sets `dataset.split_seed`.

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


def fold_lines(jobs: Sequence[Job], comparisons: int) -> Iterator[str]:
    """Say which differences the folds of a plan can show, and whether several seeds share them.

    Args:
        jobs: of all variants, which share their folds.
    """
    # SciPy takes longer to load than a sweep without folds to plan.
    from runner.reporting.statistics.corrected_t import detectable_by_t, interval_reach
    from runner.reporting.statistics.power import POWER

    drawn = [job.config["dataset"] for job in jobs if job.fold is not None]
    folds, units = drawn[0]["folds"], len({(dataset["split_seed"], dataset["fold"]) for dataset in drawn})
    seeds = len({job.seed for job in jobs})
    if units < folds * seeds:
        yield f"dataset.split_seed fixes the folds, so the {seeds} seeds of a fold count once, by their mean"
    if comparisons:
        reach = interval_reach(units, folds)
        smallest = detectable_by_t(reach, units, LEVEL / comparisons, POWER)
        yield (
            f"with {units} folds over {counted(comparisons, 'comparison')}, the corrected resampled t-test can show "
            f"differences of at least {smallest:.2g} standard deviations over folds with {POWER:.0%} power"
        )
