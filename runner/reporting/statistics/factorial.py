"""Factorial effects: main effects and two-way interactions of a complete grid, with the seed as the unit.

Every seed was trained with every combination of levels. A seed's values are averaged over all axes that do not belong
to an effect, so each seed gives one number for each contrast, and these numbers are independent.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from runner.reporting.statistics.paired_values import ERROR, direction_of
from runner.reporting.statistics.significance.attainability import EXACT_PAIRS, FLIPS, smallest_p
from runner.reporting.statistics.significance.sign_flips import AS_EXTREME, exact_interval, sign_flip_p
from runner.reporting.statistics.summary import summarize
from runner.reporting.statistics.ties import Values, rounding_of

MOST_CONTRASTS = 25  # maximum number of contrasts of an effect; with more, it has only its omnibus test
_MOST_PERMUTATIONS = 50_000  # maximum number of permutations to enumerate
_SAMPLES, _FEWEST_SAMPLES = 9_999, 999
_MOST_CELLS = 20_000_000  # number of cells in all sampled tables together, which take half a second
_AT_ONCE = 2_000_000  # number of cells to compute at once, to save memory


@dataclass(frozen=True)
class Estimate:
    """Mean of a contrast over the seeds, and its 95% t-interval; NaN if all seeds are equal."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Effect:
    """Test of a main effect (one axis) or an interaction (two axes).

    A contrast compares one level of each axis with the first. Without levels it is the omnibus test of all levels.
    """

    axes: tuple[int, ...]  # positions of the axes
    levels: tuple[int, ...]  # positions of the levels; empty for an omnibus test
    test: str  # paired sign-flip, or levels permuted within seeds; exact or sampled
    n: int  # number of seeds
    p_value: float  # two-sided p value
    least: float  # the smallest p value that the design can reach
    direction: int = 0  # sign of a contrast: 1 if higher, -1 if lower, 0 if neither
    difference: Estimate | None = None  # mean of a contrast
    exact_low: float = math.nan  # interval of a contrast by inversion of the sign-flip test; NaN if unbounded
    exact_high: float = math.nan
    f_value: float = math.nan  # F of an omnibus test, from the repeated-measures analysis of variance
    simple: tuple[Estimate, Estimate] | None = (
        None  # for an interaction: the contrast of the first axis at either level of the second
    )


def effects(scores: Values) -> Iterator[Effect]:
    """Yield the contrasts of every axis and every pair of axes; omnibus tests precede them.

    An axis with two levels, or a pair of such axes, has a single contrast and no omnibus test. In a pair, the axis with
    fewer levels comes first.

    A contrast is tested by sign flips, which are exact if the two levels (for an interaction, the differences at both
    levels of the second axis) are exchangeable within a seed. An omnibus test permutes the levels within each seed; it
    is exact if all levels of the axis are exchangeable. For an interaction, the levels of the second axis are permuted,
    each with its whole profile over the first axis after its mean is subtracted; main effects of either axis do not
    matter.

    Args:
        scores: (seeds, levels of the first axis, levels of the second, ...), finite; two or more seeds. The first level
            of each axis is the reference.
    """
    sizes = scores.shape[1:]
    rounding = rounding_of(scores)
    for axis in range(len(sizes)):
        yield from _tested((axis,), _mean_over_others(scores, (axis,))[:, None, :], rounding)
    for pair in itertools.combinations(range(len(sizes)), 2):
        pair = (pair[1], pair[0]) if sizes[pair[1]] < sizes[pair[0]] else pair
        yield from _tested(pair, _mean_over_others(scores, pair), rounding)


def _mean_over_others(scores: Values, axes: tuple[int, ...]) -> Values:
    """Return each seed's means by the levels of the given axes, in their order."""
    kept = [0, *(axis + 1 for axis in axes)]
    others = tuple(place for place in range(scores.ndim) if place not in kept)
    means: Values = scores.mean(axis=others)
    return means if list(axes) == sorted(axes) else means.swapaxes(1, 2)


def _tested(axes: tuple[int, ...], means: Values, rounding: float) -> Iterator[Effect]:
    """Yield the omnibus test and the contrasts of one effect.

    Args:
        means: (seeds, levels of the first axis, levels of the second); (seeds, 1, levels) for a main effect.
    """
    rows, columns = (max(size - 1, 1) for size in means.shape[1:])
    if rows * columns > 1:
        yield _omnibus(axes, means, rounding)
    if rows * columns > MOST_CONTRASTS:
        return
    differences = means[:, :, 1:] - means[:, :, :1]
    if len(axes) == 1:
        for level in range(columns):
            yield _contrast(axes, (level + 1,), differences[:, 0, level], rounding)
        return
    for row, column in itertools.product(range(1, rows + 1), range(1, columns + 1)):
        values = differences[:, row, column - 1] - differences[:, 0, column - 1]
        at_reference, at_level = (
            _estimate(means[:, row, place] - means[:, 0, place], rounding) for place in (0, column)
        )
        yield _contrast(axes, (row, column), values, rounding, (at_reference, at_level))


def _contrast(
    axes: tuple[int, ...],
    levels: tuple[int, ...],
    values: Values,
    rounding: float,
    simple: tuple[Estimate, Estimate] | None = None,
) -> Effect:
    """Return the sign-flip test of a contrast, from its value in each seed."""
    own, n = _without_rounding(values, rounding), len(values)
    varies = float(np.std(own, ddof=1)) > rounding
    low, high = exact_interval(own) if varies else (math.nan, math.nan)
    return Effect(
        axes=axes,
        levels=levels,
        test=f"paired sign-flip, {'exact' if n <= EXACT_PAIRS else f'{FLIPS} samples'}",
        n=n,
        p_value=sign_flip_p(own, ERROR * rounding),
        least=smallest_p(n, 1),
        direction=direction_of(own),
        difference=_estimate(own, rounding),
        exact_low=low,
        exact_high=high,
        simple=simple,
    )


def _without_rounding(values: Values, rounding: float) -> Values:
    return np.where(np.abs(values) > rounding, values, 0.0)


def _estimate(values: Values, rounding: float) -> Estimate:
    own = _without_rounding(values, rounding)
    summary = summarize(list(own))
    varies = summary.std > rounding
    return Estimate(summary.mean, summary.ci_low if varies else math.nan, summary.ci_high if varies else math.nan)


def _omnibus(axes: tuple[int, ...], means: Values, rounding: float) -> Effect:
    """Return the test of all levels, by permutation of the last axis within each seed.

    The sum of squares of a seed's centred table is the same for every permutation. Ranking the permutations by the sum
    of squares of the effect is therefore equivalent to ranking them by F.
    """
    n, columns = len(means), means.shape[2]
    centred = means - means.mean(axis=2, keepdims=True)
    if len(axes) > 1:
        centred -= centred.mean(axis=1, keepdims=True)
    centred = _without_rounding(centred, rounding)
    effect, total = _sum_of_squares(centred.sum(axis=0)) / n, _sum_of_squares(centred)
    error = total - effect
    f_value = (n - 1) * effect / error if error > AS_EXTREME * total else math.inf if total else math.nan
    permutations = math.factorial(columns) ** (n - 1)  # permuting the first seed too would only repeat these
    exact = permutations <= _MOST_PERMUTATIONS
    samples = max(_FEWEST_SAMPLES, min(_SAMPLES, _MOST_CELLS // centred.size))
    at_least = n * effect - AS_EXTREME * n * total
    if exact:
        found = _every_sum(centred)
        p_value = float(np.mean(found >= at_least))
    else:
        extreme = sum(int((some >= at_least).sum()) for some in _sampled_sums(centred, samples))
        p_value = (extreme + 1) / (samples + 1)
    return Effect(
        axes=axes,
        levels=(),
        test=f"levels permuted within seeds, {'exact' if exact else f'{samples} samples'}",
        n=n,
        p_value=p_value,
        least=1 / permutations if exact else 1 / (samples + 1),
        f_value=f_value,
    )


def _sum_of_squares(values: Values) -> float:
    return float(np.square(values).sum())


def _every_sum(centred: Values) -> Values:
    """Return the sum of squares of the sum over seeds, for all permutations of the columns in the later seeds."""
    rows, columns = centred.shape[1:]
    orders = np.array([*itertools.permutations(range(columns))])
    sums = centred[:1]
    for own in centred[1:]:
        sums = (sums[:, None] + own[:, orders].swapaxes(0, 1)[None]).reshape(-1, rows, columns)
    found: Values = np.square(sums).sum(axis=(1, 2))
    return found


def _sampled_sums(centred: Values, samples: int) -> Iterator[Values]:
    """Yield the sums for random permutations, in chunks; they are the same at every call."""
    generator = np.random.default_rng(0)
    n, _, columns = centred.shape
    most = max(1, _AT_ONCE // centred.size)
    for begin in range(0, samples, most):
        shape = (min(most, samples - begin), n, columns)
        orders = generator.permuted(np.broadcast_to(np.arange(columns), shape), axis=2)
        sums = np.take_along_axis(centred[None], orders[:, :, None, :], axis=3).sum(axis=1)
        yield np.square(sums).sum(axis=(1, 2))
