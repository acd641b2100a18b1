"""CMA-ES, the evolution strategy with covariance matrix adaptation (Hansen 2016)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from cmaes import CMA

from runner.sweeps.planning.axis import Axis
from runner.sweeps.search.generations import dimensions, population
from runner.sweeps.search.trials import Trial, values_at

_SIGMA = 0.25  # size of the first steps, as a share of each axis


def proposed_by_cma_es(
    sign: int, axes: Mapping[str, Axis], trials: Sequence[Trial], seed: Sequence[int]
) -> dict[str, Any]:
    """Return the values that CMA-ES proposes after all finished generations; the first generation is random.

    A single dimension gets a dummy second one, because the covariance needs two.
    """
    generator = np.random.default_rng(seed)
    keys, count = dimensions(axes), population(axes)
    size = max(2, len(keys))
    optimizer = CMA(
        mean=np.full(size, 0.5),
        sigma=_SIGMA,
        bounds=np.tile([0.0, 1.0], (size, 1)),
        population_size=count,
        seed=int(generator.integers(2**31)),
    )
    for first in range(0, len(trials) - count + 1, count):
        generation = trials[first : first + count]
        if any(trial.state == "running" for trial in generation):
            break
        costs = _costs(generation, sign)
        if costs is not None:
            optimizer.tell(list(zip((_place(trial, keys, axes, size) for trial in generation), costs, strict=True)))
    uniforms = dict(zip(keys, optimizer.ask(), strict=False))
    return {key: axis.at(min(float(uniforms.get(key, generator.random())), 1 - 2**-53)) for key, axis in axes.items()}


def _place(trial: Trial, keys: Sequence[str], axes: Mapping[str, Axis], size: int) -> Any:
    values = values_at(trial.point, axes)
    place = [axes[key].uniform_of(values[key]) for key in keys]
    spare = np.random.default_rng(trial.number).random(size - len(keys))
    return np.array([*place, *spare])


def _costs(generation: Sequence[Trial], sign: int) -> list[float] | None:
    """Return a generation's costs, lower for better trials and highest without a score; None if no trial has one."""
    scores = [trial.goodness(sign) for trial in generation]
    known = [-score for score in scores if score is not None]
    if not known:
        return None
    return [max(known) + 1 if score is None else -score for score in scores]
