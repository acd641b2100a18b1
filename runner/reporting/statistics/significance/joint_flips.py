"""Joint sign flips: step-down adjustment of p values over a family of paired comparisons, at planned looks.

The signs of a seed are flipped in all comparisons together, which preserves their dependence, and six seeds can reach
p = 2/2^6 over any number of comparisons. At several planned looks, the flips also give the boundary of each look
exactly: the share of flips that cross any boundary up to a look is at most the error that may be spent by then.

Sources: Westfall & Young 1993, "Resampling-based multiple testing" (step-down max-T); Goeman & Solari 2010, "The
sequential rejection principle of familywise error control"; Lan & DeMets 1983 (see `Looks`).
"""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.records.design import Looks
from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.statistics.significance.sign_flips import AS_EXTREME, joint_signs
from runner.reporting.statistics.ties import Values

_PRECISION = 1e-3  # relative precision of a p value over several looks
_COARSE = 1e-2  # relative precision of one that is not significant
_HALVINGS = 20  # bisections of the range of the differences to find an end of an interval
_AT_ONCE = 2**20  # number of signs to multiply by at once
_TIE = 1e-9  # statistics that differ by less are equal

Flippable = Mapping[Hashable, float]  # by unit (seed): a value whose mean is 0 (or less) under the null hypothesis


@dataclass(frozen=True)
class Sides:
    """The values of one comparison whose signs are flipped, at each past look, for the claims "higher" and "lower".

    All comparisons have values in the same unit.
    """

    looks: Sequence[tuple[Flippable, Flippable]]
    error: float = 0.0  # rounding error of each value
    dataset: str = ""  # only comparisons on one data set share a typical variation


def adjusted(
    family: Sequence[Sides], *, shifted: bool = False, both: bool = False, looks: Looks | None = None
) -> list[float]:
    """Return the p values of comparisons, adjusted over the family by step-down max-T.

    The statistic of a comparison is its mean times the root of its number of seeds, divided by the root of the mean
    square of its values. Without a shift, the divisor is at least the lower median of these roots over the comparisons
    on the same data set. Comparisons with little or similar variation are thus ranked by their means, and neither a
    comparison with much larger variation nor a noisier data set can hide them.

    Args:
        family: comparisons of one kind of test.
        shifted: whether the values are shifted by a margin; a comparison far from the margin then has only large
            values.
        both: whether a claim needs both sides (equivalence); otherwise, either side is enough.
        looks: the planned looks; None: one look at all seeds.

    Returns:
        Repeated p values, in the order of the family: the smallest level at which the claim would have been made at one
        of the looks so far. NaN for a comparison without a look.
    """
    if looks is None:
        return _step_down(family, Looks([1]), shifted=shifted, both=both)
    most = max((len(sides.looks) for sides in family), default=0)
    parts = ([replace(sides, looks=sides.looks[: look + 1]) for sides in family] for look in range(most))
    found = [_step_down(part, looks, shifted=shifted, both=both) for part in parts]
    # A claim remains even if another comparison has since become clearer without being decided.
    return [min(of_looks, default=math.nan) for of_looks in zip(*found, strict=True)] or [math.nan] * len(family)


def _step_down(family: Sequence[Sides], plan: Looks, *, shifted: bool, both: bool) -> list[float]:
    """Return the adjusted p values at the last look so far; NaN for a comparison without a look."""
    looked = [sides for sides in family if sides.looks]
    if not looked:
        return [math.nan] * len(family)
    values, tolerance = _standardized(looked, shifted=shifted)
    signs, observed = _signs(values.shape[-1]), values.sum(axis=-1) - tolerance
    highest = [np.full(len(signs), -np.inf)] * len(values)  # highest statistics of later comparisons, by look
    p_values = np.empty(len(looked))
    order = _order(observed, plan, both=both)
    for place in order[::-1]:
        own = range(len(looked[place].looks))
        flips = _flipped(values[:, place], signs)
        sides = [np.maximum(most, sums) for most, sums in zip(highest, flips, strict=True)]
        highest = [flipped.max(axis=0) for flipped in sides]
        if both:  # the null hypotheses of the two sides exclude each other, so neither counts against the other
            tested = [([sides[look][side] for look in own], observed[own, place, side]) for side in (0, 1)]
        else:
            tested = [([highest[look] for look in own], observed[own, place].max(axis=1))]
        p_values[place] = max(_repeated_p(flipped, statistic, plan) for flipped, statistic in tested)
    p_values[order] = np.maximum.accumulate(p_values[order])
    adjusted_p = iter(p_values)
    return [float(next(adjusted_p)) if sides.looks else math.nan for sides in family]


def repeated_interval(looks: Sequence[Flippable], plan: Looks) -> tuple[float, float]:
    """Return the repeated confidence interval of the mean of one comparison, at the last of its looks so far.

    It contains the means that the planned test does not reject at the boundary of this look. The intervals of all looks
    jointly cover the mean with 95% probability, so the look at which a study stops does not matter. If this look may
    not spend enough error, the interval is unbounded and both ends are NaN.

    Source: Jennison & Turnbull 1989, "Interim analyses: the repeated confidence interval approach".

    Args:
        looks: one value per unit, at each look.
    """
    units = [*looks[-1]]
    values = np.array([[look.get(unit, 0.0) for unit in units] for look in looks])
    present = np.array([[unit in look for unit in units] for look in looks], float)
    signs = _signs(len(units))
    sums, counts = _flipped(values, signs), _flipped(present, signs)
    roots = np.sqrt(np.maximum(present.sum(axis=1), 1))

    def rejects(mean: float) -> bool:
        flipped = [np.abs(one - mean * other) / root for one, other, root in zip(sums, counts, roots, strict=True)]
        observed = np.abs(values.sum(axis=1) - mean * present.sum(axis=1)) / roots
        tolerance = AS_EXTREME * np.abs(values - mean).sum()
        return _crosses(flipped, observed - tolerance, plan, LEVEL, only_last=True)

    own = values[-1]
    middle, reach = float(own.mean()), float(np.ptp(own)) or 1.0
    ends = [_end(rejects, middle, middle + towards * reach) for towards in (-1, 1)]
    return (math.nan, math.nan) if any(map(math.isnan, ends)) else (ends[0], ends[1])


def _end(rejects: Callable[[float], bool], inside: float, outside: float) -> float:
    """Return an end of the interval, between a mean inside it and a mean beyond all values; NaN if there is no end."""
    if not rejects(outside):
        return math.nan
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if rejects(middle) else (middle, outside)
    return inside


def _standardized(family: Sequence[Sides], *, shifted: bool) -> tuple[Values, float]:
    """Return the values whose sums are the statistics, (looks, comparisons, sides, units), and their tolerance.

    A comparison that has been stopped keeps the values of its last look.
    """
    units = [*{unit: None for sides in family for unit in sides.looks[-1][0]}]
    last = max(len(sides.looks) for sides in family)
    looks = [[sides.looks[min(look, len(sides.looks) - 1)] for sides in family] for look in range(last)]
    present = np.array([[[[unit in side for unit in units] for side in pair] for pair in look] for look in looks])
    values = np.array([[[[side.get(unit, 0.0) for unit in units] for side in pair] for pair in look] for look in looks])
    counts = np.maximum(present.sum(axis=-1, keepdims=True), 1)  # all runs of an early look may have failed
    spread = np.sqrt((values**2).sum(axis=-1, keepdims=True) / counts)
    scale = spread.copy()
    for dataset in () if shifted else {sides.dataset for sides in family}:
        own = [place for place, sides in enumerate(family) if sides.dataset == dataset]
        usual = np.quantile(spread[:, own], 0.5, axis=(1, 2), keepdims=True, method="lower")
        scale[:, own] = np.maximum(spread[:, own], usual)
    scale[scale == 0] = 1.0
    errors = np.array([sides.error for sides in family])[None, :, None, None] / scale
    tolerance = float((np.sqrt(counts) * (AS_EXTREME + errors)).max())
    return values / (scale * np.sqrt(counts)), tolerance


def _order(observed: Values, plan: Looks, *, both: bool) -> npt.NDArray[np.intp]:
    """Return the positions of the comparisons in the order in which they are tested, clearest first.

    At one look, this is the order of the statistics. At several, a normal tail probability weighs each look by the
    error that may be spent by then.

    Args:
        observed: (looks, comparisons, sides).
    """
    reached = observed.min(axis=2) if both else observed.max(axis=2)
    spent = np.array([plan.spent(look, LEVEL) for look in range(len(observed))])
    places: npt.NDArray[np.intp] = np.argsort((stats.norm.sf(reached) / spent[:, None]).min(axis=0), kind="stable")
    return places


@lru_cache(maxsize=4)
def _signs(units: int) -> npt.NDArray[np.int8]:
    """Return the signs of all joint flips, (flips, units)."""
    return joint_signs(units)


def _flipped(values: Values, signs: npt.NDArray[np.int8]) -> Values:
    """Return the sums of values, (..., units), under all flips, (..., flips), in chunks to save memory."""
    parts = np.array_split(signs, max(1, signs.size // _AT_ONCE))
    return np.concatenate([values @ part.T.astype(float) for part in parts], axis=-1)


def _repeated_p(highest: Sequence[Values], observed: Values, plan: Looks) -> float:
    """Return the smallest level at which the observed statistics cross a boundary at any look so far.

    Args:
        highest: the highest statistic under each flip, at each look.
        observed: the observed statistic at each look, minus its tolerance.
    """
    if len(plan.sizes) == 1:
        return float(np.mean(highest[0] >= observed[0]))
    low, high = (0.0, LEVEL) if _crosses(highest, observed, plan, LEVEL) else (LEVEL, 1.0)
    while high - low > (_PRECISION if high <= LEVEL else _COARSE) * high:
        middle = (low + high) / 2
        low, high = (low, middle) if _crosses(highest, observed, plan, middle) else (middle, high)
    return high


def _crosses(
    highest: Sequence[Values], observed: Values, plan: Looks, level: float, *, only_last: bool = False
) -> bool:
    """Return whether the observed statistics cross a boundary; with `only_last`, that of the last look so far."""
    inside, left = [*highest], len(highest[0])
    for look, statistic in enumerate(observed):
        # Strictly less than the level is spent, because p < 0.05 is the criterion everywhere.
        allowed = math.ceil(plan.spent(look, level) * len(highest[0])) - 1 - (len(highest[0]) - left)
        now = inside[look]
        is_last = look == len(observed) - 1
        if (is_last or not only_last) and np.count_nonzero(now >= statistic) <= allowed:
            return True
        if is_last:
            break
        boundary = np.partition(now, left - allowed - 1)[left - allowed - 1] if 0 <= allowed < left else math.inf
        kept = now <= boundary + _TIE
        inside = [later[kept] for later in inside]
        left = len(inside[look])
    return False
