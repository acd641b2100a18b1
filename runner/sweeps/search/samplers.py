"""Samplers that choose a variant's next point from the results of its earlier trials."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from runner.core.errors import UserError
from runner.records.design import LEARNING
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.points import Point, point_of, points_in_order
from runner.sweeps.planning.study import Study, Tune
from runner.sweeps.planning.variant import Variant
from runner.sweeps.search.generations import population
from runner.sweeps.search.trials import Trial

_ATTEMPTS = 8  # number of repeated proposals before a random point replaces them
_LARGEST_START = 10  # random points; Optuna's default
_OPTUNA = ("optuna", "Optuna: pip install 'optuna>=4'")
_NEEDS = {  # modules, and the message if they are missing
    "tpe": [_OPTUNA],
    "cmaes": [("cmaes", "cmaes: pip install 'cmaes>=0.11'")],
    "gp": [_OPTUNA, ("torch", "PyTorch (https://pytorch.org)")],
}


def refuse_missing_library(tune: Tune) -> None:
    """Raise UserError if the library of a sampler is not installed."""
    for module, text in _NEEDS.get(tune.method, []):
        if find_spec(module) is None:
            raise UserError(f"sampler={tune.method} needs {text}")


def next_point(study: Study, variant: Variant, trials: Sequence[Trial], sweep: Path) -> Point | None:
    """Return a new point for a variant; None if there are no more.

    The point depends only on the earlier trials and the sampler's seed, so a search that was killed continues as if it
    had not been interrupted.

    Args:
        sweep: the directory with the trials' runs.
    """
    assert study.tune
    tune, axes = study.tune, variant.axes
    number, tried = len(trials), {trial.point for trial in trials}
    if tune.method in LEARNING and number >= _start(tune, axes):
        for attempt in range(_ATTEMPTS):
            seed = [tune.sampler_seed, number, attempt, *",".join(axes).encode()]
            proposed = point_of(_proposed(study, axes, trials, sweep, seed), axes)
            if tuple(proposed) not in tried:
                return proposed
    drawn = points_in_order(tune, axes, variant.arm, number + 1)
    return next((point for point in drawn if tuple(point) not in tried), None)


def _start(tune: Tune, axes: Mapping[str, Axis]) -> int:
    """Return the number of random points at the beginning of a search."""
    if tune.method == "cmaes":
        return population(axes)
    return min(_LARGEST_START, max(4, (tune.points or 4 * _LARGEST_START) // 4))


def _proposed(
    study: Study, axes: Mapping[str, Axis], trials: Sequence[Trial], sweep: Path, seed: Sequence[int]
) -> dict[str, Any]:
    assert study.tune
    if study.tune.method == "cmaes":
        from runner.sweeps.search.cma_es import proposed_by_cma_es

        return proposed_by_cma_es(study.sign, axes, trials, seed)
    from runner.sweeps.search.optuna_samplers import proposed_by_optuna

    return proposed_by_optuna(study, axes, trials, sweep, seed)
