"""Power: the smallest differences that paired comparisons can show, and the number of seeds needed for a difference.

Studies are simulated, and tested in the same way as in the report: by joint sign flips, with the correction and the
planned looks. Their differences are the observed ones, resampled over seeds for all comparisons together, or normal
with the same standard deviations. The power of the t-test replaces the simulation if both agree or if the simulation
would be slow.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy import stats

from runner.records.design import MOST_SEEDS, Looks
from runner.reporting.statistics.significance.attainability import (
    CONFIDENCE,
    FEWEST_SEEDS,
    LEVEL,
    smallest_equivalence_p,
    smallest_p,
)
from runner.reporting.statistics.t_quantile import t_quantile
from runner.reporting.statistics.ties import ROUNDING, Values

POWER = 0.8
ENOUGH_PAIRS = 8  # minimum number of observed pairs for resampling; fewer do not show the shape of their distribution
LARGEST_FAMILY = 12  # maximum number of comparisons that are simulated together
COARSE = 12  # number of seeds up to which p values of sign flips are so coarse that the power of the t-test differs
_MOST_SIMULATED = 100  # maximum number of seeds that are simulated
_STUDIES, _WITH_LOOKS = 400, 150  # numbers of simulated studies
_FLIPS = 301  # random flips of each study; at a level of 0.05, 15 of them are just under 5%
_ENUMERATED = 512  # maximum number of flips to enumerate
_STEP = 1.01  # ratio of successive candidates for a detectable difference
_STEPS = 128  # number of candidates on either side of the first guess
_TIE = 1e-5  # tolerance per seed; standardized single-precision sums that differ by less are equal

Method = Literal["simulation", "t"]
_Single = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Design:
    """Paired comparisons that are tested jointly, with the spread of their differences."""

    spreads: Values  # standard deviation of each comparison's differences; NaN if unknown
    observed: Values | None = None  # (comparisons, pairs) to resample, of mean 0; None: normal differences
    level: float = LEVEL  # level of the joint test: a part of LEVEL if other comparisons are tested separately
    looks: Looks | None = None  # the planned looks, scaled to each number of seeds
    datasets: Sequence[str] = ()  # data set of each comparison; empty: one for all
    _studies: dict[int, "_Studies"] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        differences: Sequence[Mapping[Any, float]],
        level: float = LEVEL,
        looks: Looks | None = None,
        datasets: Sequence[str] = (),
    ) -> Self:
        """Return the design of observed comparisons.

        Args:
            differences: differences of each comparison, by unit (seed). Missing ones are filled with other values of
                the same comparison.
        """
        known = [np.array([*own.values()], float) for own in differences]
        spreads = np.array([_spread(own) for own in known])
        if min(map(len, known)) < ENOUGH_PAIRS:
            return cls(spreads, None, level, looks, datasets)
        units: dict[Hashable, None] = {unit: None for own in differences for unit in own}
        rows = [
            [own.get(unit, values[place % len(values)]) for place, unit in enumerate(units)]
            for own, values in zip(differences, known, strict=True)
        ]
        centred = np.array(rows) - np.mean(rows, axis=1, keepdims=True)
        scales = centred.std(axis=1)  # standard deviation of resampled values, slightly below that of the sample
        factors = np.divide(spreads, scales, out=np.zeros_like(scales), where=scales > 0)
        return cls(spreads, centred * factors[:, None], level, looks, datasets)

    @classmethod
    def normal(
        cls, comparisons: int, level: float = LEVEL, looks: Looks | None = None, datasets: Sequence[str] = ()
    ) -> Self:
        """Return the design of comparisons with one baseline on each data set, in units of their standard deviation."""
        return cls(np.ones(comparisons), None, level, looks, datasets)

    def group_of(self, place: int) -> npt.NDArray[np.intp]:
        """Return the places of the comparisons on the same data set as one of them."""
        return next(own for own in self.groups if place in own)

    @property
    def groups(self) -> list[npt.NDArray[np.intp]]:
        """The places of the comparisons on each data set."""
        names = np.array(self.datasets or [""] * len(self.spreads))
        return [np.flatnonzero(names == name) for name in np.unique(names)]

    def method(self, seeds: int) -> Method:
        """Return the method by which the power for this number of seeds is computed."""
        few = len(self.spreads) * LEVEL / self.level < LARGEST_FAMILY + 1 and seeds <= _MOST_SIMULATED
        differs = self.observed is not None or self.looks is not None or seeds <= COARSE
        return "simulation" if few and differs else "t"

    def studies(self, seeds: int) -> "_Studies":
        """Return simulated studies with this number of seeds, the same at every call."""
        if seeds not in self._studies:
            self._studies[seeds] = _Studies(self._noise(seeds), self._plan(seeds), self.level, self.groups)
        return self._studies[seeds]

    def _plan(self, seeds: int) -> Looks:
        if self.looks is None:
            return Looks([seeds])
        sizes = {max(2, round(size * seeds / self.looks.sizes[-1])) for size in self.looks.sizes}
        return replace(self.looks, sizes=sorted({*sizes, seeds} - {size for size in sizes if size > seeds}))

    def _noise(self, seeds: int) -> Values:
        """Return differences with mean 0, (comparisons, studies, seeds).

        Normal differences on a data set are correlated by its baseline.
        """
        generator, studies = np.random.default_rng(seeds), _STUDIES if self.looks is None else _WITH_LOOKS
        if self.observed is not None:
            drawn: Values = self.observed[:, generator.integers(0, self.observed.shape[1], (studies, seeds))]
            return drawn
        groups = self.groups
        runs = generator.standard_normal((len(groups) + len(self.spreads), studies, seeds)) / math.sqrt(2)
        noise: Values = runs[len(groups) :]
        for baseline, places in zip(runs, groups, strict=False):
            noise[places] -= baseline
        noise *= np.nan_to_num(self.spreads)[:, None, None]
        return noise


def power_of(design: Design, place: int, seeds: int, difference: float) -> float:
    """Return the probability that one comparison shows a true difference if the others have none.

    Args:
        place: position of the comparison in the design.
        difference: true difference in the unit of the spreads, of either sign.
    """
    spread = float(design.spreads[place])
    if math.isnan(spread) or smallest_p(seeds, 1) >= design.level:
        return 0.0
    if design.method(seeds) == "simulation":
        return design.studies(seeds).difference_shown(place, abs(difference))
    return _t_power(abs(difference) / spread, seeds, design.level / len(design.spreads) / 2)


def equivalence_power(design: Design, place: int, seeds: int, margin: float) -> float:
    """Return the probability that one comparison shows equivalence within a margin if there are no true differences.

    With t-tests, both one-sided tests fail together so rarely that their failure probabilities add up.
    """
    spread = float(design.spreads[place])
    if math.isnan(spread) or seeds < FEWEST_SEEDS or smallest_equivalence_p(seeds, 1) >= design.level:
        return 0.0
    if design.method(seeds) == "simulation":
        return float(design.studies(seeds).equivalence_shown(margin)[place])
    return max(0.0, 2 * _t_power(margin / spread, seeds, design.level / len(design.spreads)) - 1)


def detectable(design: Design, place: int, seeds: int, power: float = POWER) -> float:
    """Return the smallest true difference that one comparison detects with this power; NaN if there is none."""
    spread = float(design.spreads[place])
    if math.isnan(spread) or smallest_p(seeds, 1) >= design.level:
        return math.nan
    by_t = _t_detectable(seeds, design.level / len(design.spreads), power)
    if design.method(seeds) == "t":
        return by_t * spread
    guess = by_t * max(spread, float(np.nanmedian(design.spreads[design.group_of(place)])))
    candidates = [guess * _STEP**step for step in range(-_STEPS, _STEPS + 1)]
    first = bisect_left(candidates, True, key=lambda difference: power_of(design, place, seeds, difference) >= power)
    return candidates[first] if first < len(candidates) else math.nan


def detectable_of(
    differences: Sequence[Mapping[Any, float]],
    level: float = LEVEL,
    looks: Looks | None = None,
    datasets: Sequence[str] = (),
) -> list[float]:
    """Return the smallest true difference that each comparison could have detected with its own pairs; NaN if none.

    Arguments are as for `Design.of`.
    """
    design = Design.of(differences, level, looks, datasets)
    return [detectable(design, place, len(own)) for place, own in enumerate(differences)]


def seeds_for_difference(design: Design, place: int, difference: float, power: float = POWER) -> float:
    """Return the smallest number of seeds that detects a true difference with this power; NaN beyond `MOST_SEEDS`."""
    return _fewest(lambda seeds: power_of(design, place, seeds, difference) >= power)


def seeds_for_equivalence(design: Design, place: int, margin: float, power: float = POWER) -> float:
    """Return the smallest number of seeds that shows equivalence with this power; NaN beyond `MOST_SEEDS`."""
    return _fewest(lambda seeds: equivalence_power(design, place, seeds, margin) >= power)


def spread_factors(pairs: int) -> tuple[float, float]:
    """Return the factors that turn a standard deviation of normal differences into the ends of its 95% interval.

    They follow from the chi-square distribution with n - 1 degrees of freedom. With seven observed pairs, the ends
    still differ by more than a factor of three.
    """
    if pairs < 2:
        return math.nan, math.nan
    tails = (1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2
    low, high = (math.sqrt((pairs - 1) / float(stats.chi2.ppf(tail, pairs - 1))) for tail in tails)
    return low, high


class _Studies:
    """Simulated studies of one design and number of seeds, with the sums of their differences under sign flips."""

    def __init__(self, noise: Values, plan: Looks, level: float, groups: Sequence[npt.NDArray[np.intp]]) -> None:
        self._plan, self._level = plan, level
        self._equivalent: dict[float, Values] = {}  # equivalence results by margin
        signs = _signs(noise.shape[-1], level)
        self._looks = [
            _Look(
                sums=noise[..., :size].astype(np.float32) @ signs[:, :size].T,
                counts=signs[:, :size].sum(axis=1),
                means=noise[..., :size].mean(axis=-1),
                squares=(noise[..., :size] ** 2).mean(axis=-1),
                size=size,
                groups=groups,
            )
            for size in plan.sizes
        ]

    def difference_shown(self, place: int, difference: float) -> float:
        """Return the share of studies in which one comparison shows a difference."""
        return float(self.with_difference(place, difference).mean())

    def with_difference(self, place: int, difference: float) -> npt.NDArray[np.bool_]:
        """Return for each study whether one comparison shows a difference while the others are not yet rejected."""
        shifts = np.zeros(len(self._looks[0].means), np.float32)
        shifts[place] = difference
        flipped = [look.two_sided(shifts) for look in self._looks]
        return self._crossed([statistics.max(axis=0) for statistics in flipped], [own[place] for own in flipped])

    def equivalence_shown(self, margin: float) -> Values:
        """Return, for each comparison, the share of studies that show it to be within a margin."""
        if margin not in self._equivalent:
            self._equivalent[margin] = self.within(margin).mean(axis=1)
        return self._equivalent[margin]

    def within(self, margin: float) -> npt.NDArray[np.bool_]:
        """Return whether step-down tests show each comparison to be within a margin, (comparisons, studies)."""
        sides = [*zip(*(look.one_sided(margin) for look in self._looks), strict=True)]
        order = np.argsort(-np.minimum(*(side[-1][..., 0] for side in sides)), axis=0)  # order at the last look
        studies = np.arange(order.shape[1])
        steps, highest = np.empty(order.shape, bool), [np.full(1, -np.inf, np.float32)] * len(self._looks)
        for step in reversed(range(len(order))):
            own = [[statistics[order[step], studies] for statistics in side] for side in sides]
            most = [[np.maximum(*both) for both in zip(highest, side, strict=True)] for side in own]
            steps[step] = np.all([self._crossed(*both) for both in zip(most, own, strict=True)], axis=0)
            highest = [np.maximum(*both) for both in zip(*most, strict=True)]
        shown = np.empty_like(steps)
        np.put_along_axis(shown, order, np.logical_and.accumulate(steps, axis=0), axis=0)
        return shown

    def _crossed(self, highest: Sequence[_Single], own: Sequence[_Single]) -> npt.NDArray[np.bool_]:
        """Return for each study whether a comparison crosses a boundary, as defined by `joint_flips.adjusted`.

        Args:
            highest: the family's highest statistic at each look (studies, flips).
            own: the comparison's statistics; the first flip changes no sign.
        """
        gone = np.zeros_like(own[0], bool)  # flips that crossed the boundary of an earlier look
        shown = np.zeros(len(gone), bool)
        for number, (look, most, statistics) in enumerate(zip(self._looks, highest, own, strict=True)):
            left = np.where(gone, -np.inf, most)
            allowed = math.ceil(self._plan.spent(number, self._level) * len(gone[0])) - 1 - gone.sum(axis=1)
            shown |= (left >= statistics[:, :1] - _TIE * look.size).sum(axis=1) <= allowed
            if number + 1 < len(self._looks):
                falling = -np.sort(-left, axis=1)
                boundary = np.take_along_axis(falling, np.maximum(allowed, 0)[:, None], axis=1)
                gone |= (left > boundary + _TIE * look.size) & (allowed >= 0)[:, None]
        return shown


@dataclass(frozen=True)
class _Look:
    """Sums of the first seeds' differences under sign flips, which can be shifted by a true difference."""

    sums: _Single  # (comparisons, studies, flips)
    counts: _Single  # (flips,): sums of the signs
    means: Values  # (comparisons, studies)
    squares: Values  # mean squares of the differences
    size: int  # number of seeds
    groups: Sequence[npt.NDArray[np.intp]]  # places of the comparisons on each data set

    def two_sided(self, shifts: _Single) -> _Single:
        """Return the standardized absolute sums, with each comparison shifted by its own difference."""
        spreads = self._spreads(shifts[:, None].astype(float))
        scale = np.empty_like(spreads)
        for places in self.groups:
            usual = np.quantile(spreads[places], 0.5, axis=0, method="lower")
            scale[places] = np.maximum(spreads[places], usual)
        shifted = self.sums.copy()
        for place in np.flatnonzero(shifts):
            shifted[place] += shifts[place] * self.counts
        np.abs(shifted, out=shifted)
        shifted /= _divisor(scale)
        return shifted

    def one_sided(self, margin: float) -> tuple[_Single, _Single]:
        """Return standardized sums of difference + margin, and of margin - difference."""
        shift = np.float32(margin) * self.counts
        above, below = ((shift + side * self.sums) / _divisor(self._spreads(side * margin)) for side in (1, -1))
        return above, below

    def _spreads(self, shift: float | Values) -> Values:
        """Return the roots of the mean squares of shifted differences."""
        spreads: Values = np.sqrt(np.maximum(self.squares + 2 * shift * self.means + shift**2, 0))
        return spreads


def _divisor(spreads: Values) -> _Single:
    """Return the divisor of sums, the same for each flip."""
    return np.where(spreads > 0, spreads, 1).astype(np.float32)[..., None]


def _signs(seeds: int, level: float) -> _Single:
    """Return rows of signs, all possible or random ones; all signs in the first row are positive."""
    count = round(LEVEL / level) * (_FLIPS - 1) + 1
    if 2**seeds <= max(_ENUMERATED, count):
        return np.where(np.arange(2**seeds)[:, None] >> np.arange(seeds) & 1, -1, 1).astype(np.float32)
    signs = np.random.default_rng([seeds, 1]).choice(np.array([-1, 1], np.float32), (count, seeds))
    signs[0] = 1
    return signs


def _spread(values: Values) -> float:
    """Return the standard deviation of differences; NaN for one value or if nothing varies."""
    if len(values) < 2 or (spread := float(np.std(values, ddof=1))) <= ROUNDING * np.abs(values).max():
        return math.nan
    return spread


def _fewest(is_enough: Callable[[int], bool]) -> float:
    numbers = range(2, MOST_SEEDS + 1)
    first = bisect_left(numbers, True, key=is_enough)
    return float(numbers[first]) if first < len(numbers) else math.nan


def _t_power(effect: float, seeds: int, level: float) -> float:
    """Return the power of the one-sided paired t-test; for a two-sided test, call it with half the level.

    Args:
        effect: effect in standard deviations of a paired difference.
    """
    from statsmodels.stats.power import TTestPower

    power = float(TTestPower().power(effect, seeds, level, alternative="larger"))
    return 1.0 if math.isnan(power) else power  # SciPy's noncentral t overflows far beyond the critical value


@lru_cache(maxsize=1_000)
def _t_detectable(seeds: int, level: float, power: float) -> float:
    """Return the smallest effect that the two-sided paired t-test detects, in standard deviations of a difference."""
    from scipy.optimize import brentq

    high = 1.0
    while _t_power(high, seeds, level / 2) < power:
        high *= 2
    return float(brentq(lambda effect: _t_power(effect, seeds, level / 2) - power, 0, high))


def detectable_by_t(reach: float, n: int, level: float, power: float) -> float:
    """Return the smallest true difference that a t-test detects; NaN if the interval is unknown.

    Args:
        reach: half-width of the 95% t-interval of the difference.
        n: number of values.
        level: level of the two-sided test.
        power: probability of detecting the difference.
    """
    if n < 2 or not reach > 0:
        return math.nan
    error = reach / float(t_quantile(n - 1))
    return error * math.sqrt(n) * _t_detectable(n, level, power)
