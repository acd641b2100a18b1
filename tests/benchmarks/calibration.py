"""Frequency of false verdicts, coverage of intervals, and power of the report (`make calibration`).

Each study is simulated from a known difference. The standard deviation of a paired difference is 1, and so is the
margin. All studies are tested at once with NumPy, from the means of all subsets of the differences; a test of the suite
compares this with the functions of the report.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

STUDIES = 10_000
MARGIN = 1.0
VARIANTS = 5  # variants of a family, which share a baseline
_LEVEL = 0.05
_TIE = 1e-9
_AT_ONCE = 1_000  # studies, to save memory

Noise = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
NOISES: dict[str, Noise] = {  # noise distributions with mean 0 and standard deviation 1
    "normal": lambda generator, shape: generator.standard_normal(shape),
    "heavy-tailed": lambda generator, shape: generator.standard_t(3, shape) / np.sqrt(3),
    "tied": lambda generator, shape: np.round(2 * generator.standard_normal(shape)) / 2,
    "skewed up": lambda generator, shape: generator.exponential(1, shape) - 1,
    "skewed down": lambda generator, shape: 1 - generator.exponential(1, shape),
}


@dataclass(frozen=True)
class Tested:
    """P values of many comparisons, the interval of each difference (NaN without one), and the sign of its mean."""

    difference: np.ndarray
    equivalence: np.ndarray
    beyond: np.ndarray
    low: np.ndarray
    high: np.ndarray
    sign: np.ndarray

    def after_holm(self) -> "Tested":
        """Return the results with the p values of each study, in its row, adjusted by Holm's method."""
        adjusted = {name: holm(getattr(self, name)) for name in ("difference", "equivalence", "beyond")}
        return Tested(**{field.name: getattr(self, field.name) for field in fields(self)} | adjusted)

    @property
    def is_different(self) -> np.ndarray:
        """True if a difference is significant, as without a margin."""
        return self.difference < _LEVEL

    @property
    def is_equivalent(self) -> np.ndarray:
        return self.equivalence < _LEVEL

    @property
    def is_better(self) -> np.ndarray:
        return self.is_different & ~self.is_equivalent & (self.sign > 0)

    @property
    def is_worse(self) -> np.ndarray:
        return self.is_different & ~self.is_equivalent & (self.sign < 0)

    @property
    def is_beyond(self) -> np.ndarray:
        return (self.beyond < _LEVEL) & ~self.is_equivalent

    def covers(self, difference: float) -> np.ndarray:
        return (self.low - _TIE <= difference) & (difference <= self.high + _TIE)


def exact(differences: np.ndarray, margin: float = MARGIN) -> Tested:
    """Test the paired differences of each study, in its row, by sign flips."""
    parts = [_exact(part, margin) for part in np.array_split(differences, -(-len(differences) // _AT_ONCE))]
    return Tested(
        **{name.name: np.concatenate([getattr(part, name.name) for part in parts]) for name in fields(Tested)}
    )


def _exact(differences: np.ndarray, margin: float) -> Tested:
    n = differences.shape[1]
    chosen = (np.arange(1, 2**n)[:, None] >> np.arange(n) & 1).astype(float)
    means = np.sort(differences @ chosen.T / chosen.sum(axis=1))

    def higher_p(bound: float) -> np.ndarray:
        return (1 + (means <= bound + _TIE).sum(axis=1)) / 2**n

    def lower_p(bound: float) -> np.ndarray:
        return (1 + (means >= bound - _TIE).sum(axis=1)) / 2**n

    place = int(np.ceil(_LEVEL / 2 * 2**n)) - 2
    return _tested(higher_p, lower_p, margin, means[:, place], means[:, -1 - place], differences.mean(axis=1))


def welch(one: np.ndarray, other: np.ndarray, margin: float = MARGIN) -> Tested:
    """Test the difference of two unpaired samples of each study, in its row, by Welch's test."""

    def p(bound: float, alternative: str) -> np.ndarray:
        return stats.ttest_ind(one - bound, other, axis=1, equal_var=False, alternative=alternative).pvalue

    interval = stats.ttest_ind(one, other, axis=1, equal_var=False).confidence_interval(1 - _LEVEL)
    means = one.mean(axis=1) - other.mean(axis=1)
    return _tested(lambda at: p(at, "greater"), lambda at: p(at, "less"), margin, interval.low, interval.high, means)


def _tested(
    higher_p: Callable[[float], np.ndarray], lower_p: Callable[[float], np.ndarray], margin: float,
    low: np.ndarray, high: np.ndarray, means: np.ndarray,
) -> Tested:  # fmt: skip
    return Tested(
        difference=np.minimum(1, 2 * np.minimum(higher_p(0), lower_p(0))),
        equivalence=np.maximum(higher_p(-margin), lower_p(margin)),
        beyond=np.minimum(1, 2 * np.minimum(higher_p(margin), lower_p(-margin))),
        low=low,
        high=high,
        sign=np.sign(np.where(np.abs(means) > _TIE, means, 0)),
    )


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjust the p values of each row."""
    order = np.argsort(p_values, axis=1)
    factors = np.arange(p_values.shape[1], 0, -1)
    adjusted = np.minimum(1, np.maximum.accumulate(factors * np.take_along_axis(p_values, order, axis=1), axis=1))
    found = np.empty_like(p_values)
    np.put_along_axis(found, order, adjusted, axis=1)
    return found


def t_covers(differences: np.ndarray, difference: float) -> np.ndarray:
    """Return whether the t-interval of each study covers a difference; equal differences have no interval."""
    n = differences.shape[1]
    errors = differences.std(axis=1, ddof=1) / np.sqrt(n)
    return np.abs(differences.mean(axis=1) - difference) <= stats.t.ppf(1 - _LEVEL / 2, n - 1) * errors


def one_comparison(noise: Noise, n: int, studies: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return the outcomes of each study with one comparison of n pairs, by name."""
    noises = noise(np.random.default_rng([seed, n]), (studies, n))
    null, edge, far = (exact(noises + shift) for shift in (0, MARGIN, 2 * MARGIN))
    return _claims(null, edge, far) | {"t covers": t_covers(noises, 0)}


def unpaired(noise: Noise, n: int, studies: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return the outcomes of each study with one comparison of n runs with n others."""
    one, other = noise(np.random.default_rng([seed, n, 1]), (2, studies, n)) / np.sqrt(2)
    return _claims(*(welch(one + shift, other) for shift in (0, MARGIN, 2 * MARGIN)))


def _claims(null: Tested, edge: Tested, far: Tested) -> dict[str, np.ndarray]:
    """Return claims at a true difference of 0, of the margin, and of twice the margin."""
    return {
        "false difference": null.is_different,
        "false verdict": null.is_better | null.is_worse,
        "false equivalent": edge.is_equivalent,
        "false beyond": edge.is_beyond,
        "covers": null.covers(0),
        "equivalent": null.is_equivalent,
        "better": edge.is_better,
        "beyond": far.is_beyond,
    }


def family(noise: Noise, n: int, studies: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return whether each study with `VARIANTS` variants of n seeds makes any false claim, after Holm's correction.

    The true differences are all 0 or all equal to the margin; for the rate of any false verdict, two are 0 and three
    equal the margin. Power refers to the first variant.
    """
    runs = noise(np.random.default_rng([seed, n, 2]), (VARIANTS + 1, studies, n)) / np.sqrt(2)
    differences = runs[1:] - runs[0]

    def tested(shifts: Sequence[float]) -> Tested:
        apart = [exact(own + shift) for own, shift in zip(differences, shifts, strict=True)]
        stacked = {name.name: np.stack([getattr(one, name.name) for one in apart], axis=1) for name in fields(Tested)}
        return Tested(**stacked).after_holm()

    edges = np.array([0, 0, MARGIN, MARGIN, -MARGIN])
    null, edge, mixed = tested([0] * VARIANTS), tested([MARGIN] * VARIANTS), tested(edges)
    wrong = mixed.is_better & (edges <= 0) | mixed.is_worse & (edges >= 0) | mixed.is_equivalent & (edges != 0)
    return {
        "false difference": null.is_different.any(axis=1),
        "false verdict": (null.is_better | null.is_worse).any(axis=1),
        "false equivalent": edge.is_equivalent.any(axis=1),
        "any false": wrong.any(axis=1),
        "equivalent": null.is_equivalent[:, 0],
        "better": edge.is_better[:, 0],
    }


def rate(events: np.ndarray) -> str:
    """Format a rate in percent with its 95% Monte-Carlo interval (Wilson)."""
    low, high = proportion_confint(int(events.sum()), len(events), method="wilson")
    return f"{100 * events.mean():.1f} ({100 * low:.1f} to {100 * high:.1f})"


def tables(studies: int) -> Iterator[str]:
    """Yield the two tables as Markdown."""
    columns = {
        "false difference": "p < 0.05", "false verdict": "false better or worse",
        "false equivalent": "false equivalent", "false beyond": "false by more", "covers": "exact covers",
        "t covers": "t covers", "equivalent": "equivalent", "better": "better", "beyond": "by more",
    }  # fmt: skip
    rows = []
    for name, noise in NOISES.items():
        for n in (6, 8, 12):
            found = one_comparison(noise, n, studies)
            rows.append([name, f"{n} pairs", *(rate(found[column]) for column in columns)])
        found = unpaired(noise, 8, studies)
        found["t covers"] = found.pop("covers")
        rows.append([name, "8 and 8, Welch", *(rate(found[key]) if key in found else "" for key in columns)])
    yield markdown(["noise", "runs", *columns.values()], rows)
    columns = {
        "false difference": "any p < 0.05", "false verdict": "any false better or worse",
        "false equivalent": "any false equivalent", "any false": "any false verdict, mixed",
        "equivalent": "equivalent", "better": "better",
    }  # fmt: skip
    found_by = {name: family(noise, 8, studies) for name, noise in NOISES.items()}
    rows = [[name, *(rate(found[column]) for column in columns)] for name, found in found_by.items()]
    yield markdown(["noise", *columns.values()], rows)


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    """Return a table as Markdown, with numbers right-aligned."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"simulated in each row (default: {STUDIES})")
    for table in tables(parser.parse_args().studies):
        print(f"{table}\n")


if __name__ == "__main__":
    main()
