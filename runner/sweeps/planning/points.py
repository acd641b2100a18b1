"""Tuning points of a study's variants: a grid, or a sample from a grid or from ranges."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.config.overrides import Override, as_override, literal, override_key
from runner.core.errors import ConfigError
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.study import MOST, Tune

_MOST_DRAWS = 64  # draws for each point of the budget; more draws are unlikely to find another point
_BITS = 30  # bits of a Sobol number

Point = list[str]  # overrides


def tuning_points(tune: Tune, axes: Mapping[str, Axis], name: str) -> list[Point]:
    """Return the points of a variant, as many as the budget allows; the same ones each time.

    Args:
        axes: the axes that apply to the variant.
        name: name of the variant; with a budget below the size of the grid, each variant draws a different part of it.

    Raises:
        ConfigError: if the grid has too many points.
    """
    if not axes:
        return []
    if tune.grows:
        return points_in_order(tune, axes, name, 1)
    if tune.method == "grid":
        return _part_of_grid(_grid(axes), tune.points, name)
    assert tune.points is not None
    return _sampled(tune, axes, tune.points)


def points_in_order(tune: Tune, axes: Mapping[str, Axis], name: str, count: int) -> list[Point]:
    """Return the first points of a variant that depend on no result, at most `count`; the same ones each time.

    A grid's points are in random order, because the budget may end before the last one. Samplers that learn begin
    with random points.
    """
    if tune.method == "grid":
        points = _grid(axes)
        order = np.random.default_rng([len(points), *name.encode()]).permutation(len(points))
        return [points[index] for index in order[:count]]
    return _sampled(tune, axes, count)


def _sampled(tune: Tune, axes: Mapping[str, Axis], count: int) -> list[Point]:
    """Return at most `count` distinct points; all points of a smaller grid, in order."""
    size = math.prod(axis.count for axis in axes.values())
    every = _grid(axes) if size <= MOST else []
    if 0 < len(every) <= count and not tune.grows:
        return every
    return _distinct([*_drawn(tune, axes, count), *every])[:count]


def _grid(axes: Mapping[str, Axis]) -> list[Point]:
    size = math.prod(axis.count for axis in axes.values())
    if size > MOST:
        raise ConfigError(f"{', '.join(axes)}: {size} variants or points; at most {MOST} can be planned")
    cells = itertools.product(*(axis.values for axis in axes.values()))
    return _distinct(_point(cell, axes) for cell in cells)


def _part_of_grid(points: Sequence[Point], budget: int | None, name: str) -> list[Point]:
    """Return the points, or a random sample without repetition if the budget is smaller."""
    if budget is None or budget >= len(points):
        return [*points]
    # The sample is the same each time, because a restarted study must plan the same runs.
    chosen = np.random.default_rng([len(points), *name.encode()]).choice(len(points), budget, replace=False)
    return [points[index] for index in sorted(chosen)]


def _drawn(tune: Tune, axes: Mapping[str, Axis], budget: int) -> list[Point]:
    """Return distinct points in the order in which they are drawn, at least the budget if that many exist."""
    points: list[Point] = []
    draws = budget
    while len(points) < budget and draws <= _MOST_DRAWS * budget:
        uniforms = _uniforms(tune, axes, draws)
        values = zip(*([axis.at(number) for number in uniforms[key]] for key, axis in axes.items()), strict=True)
        points = _distinct(_point(cell, axes) for cell in values)
        draws *= 4
    return points


def _uniforms(tune: Tune, axes: Iterable[str], count: int) -> dict[str, npt.NDArray[np.float64]]:
    """Return uniform numbers in [0, 1) for each axis; the first ones stay the same if more are drawn.

    They depend only on the seed and the axis's key, so variants that tune the same key get the same numbers for it
    (common random numbers), and a variant that is added to a study does not change the points of the others.
    """
    generators = {key: np.random.default_rng([tune.sampler_seed, *override_key(key).encode()]) for key in axes}
    if tune.method != "sobol":
        return {key: generator.random(count) for key, generator in generators.items()}
    keys = list(dict.fromkeys(override_key(key) for axes in tune.groups.values() for key in axes))
    sequence = _sobol(len(keys), count)
    shifts = {key: generator.integers(2**_BITS) for key, generator in generators.items()}
    return {key: ((sequence[:, keys.index(override_key(key))] ^ shifts[key]) + 0.5) / 2**_BITS for key in axes}


def _sobol(dimensions: int, count: int) -> npt.NDArray[np.int64]:
    """Return the first numbers of the Sobol sequence, times 2^30, one column for each dimension.

    After a digital shift (exclusive or) of a column, each of 2^m equal parts still contains exactly one of the first
    2^m points.
    """
    from scipy.stats import qmc  # takes a second, and other samplers do not need it

    sequence = qmc.Sobol(dimensions, scramble=False, bits=_BITS).random_base2((count - 1).bit_length())
    shares: npt.NDArray[np.int64] = (sequence[:count] * 2**_BITS).astype(np.int64)
    return shares


def _point(cell: Sequence[Any], axes: Mapping[str, Axis]) -> Point:
    return point_of(dict(zip(axes, cell, strict=True)), axes)


def point_of(values: Mapping[str, Any], axes: Mapping[str, Axis]) -> Point:
    """Return values as overrides, without the values of axes whose condition the others do not meet."""
    return [as_override(key, value) for key, value in active(values, axes).items()]


def _distinct(points: Iterable[Point]) -> list[Point]:
    return list({tuple(point): point for point in points}.values())


def active(point: Mapping[str, Any], axes: Mapping[str, Axis]) -> dict[str, Any]:
    """Return the values of a point, without the values of axes whose condition the others do not meet."""
    values = {key: words(value) for key, value in point.items()}
    return {key: value for key, value in point.items() if holds(axes[key].condition, values)}


def holds(condition: Override | None, values: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a condition is met, or concerns a key without known values.

    Args:
        values: values by key, from `words`.
    """
    return condition is None or condition.key not in values or bool({*condition.items} & {*values[condition.key]})


def words(value: Any) -> list[str]:
    """Return a value, or the items of a list, in the form that conditions use."""
    return [literal(item) for item in (value if isinstance(value, list) else [value])]
