"""Coverage of the intervals for sources of variance, and frequency of false advice (`make calibration`).

For each seed, the run in which only one source varies and the run in which all sources vary draw the same values for
that source. For the first seed, they are the same run. All studies are computed at once with NumPy; a test of the suite
compares this with the report.
"""

import argparse
import math
from collections.abc import Iterator

import numpy as np
from scipy import stats

from tests.benchmarks.calibration import NOISES, STUDIES, Noise, markdown, rate

HALF = 0.5
_LEVEL = 0.05
# Share of the variance that a source alone causes. None: the source causes the entire variance, but only through
# interaction, so the pairs are uncorrelated.
SHARES = (0.05, 0.25, 0.5, 0.9, None)


def simulated(noise: Noise, share: float | None, n: int, studies: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return (studies, n) results in which the source varies alone, and in which everything varies, with variance 1."""
    generator = np.random.default_rng([seed, n])
    own, others = noise(generator, (2, studies, n))
    if share is None:
        own[:, 0] = others[:, 0]
        return own, others
    own, others = own * math.sqrt(share), others * math.sqrt(1 - share)
    return own + others[:, :1], own + others


def std_intervals(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the chi-squared interval of each study's standard deviation."""
    freedom = values.shape[1] - 1
    squares = freedom * values.var(axis=1, ddof=1)
    low, high = (np.sqrt(squares / stats.chi2.ppf(level, freedom)) for level in (1 - _LEVEL / 2, _LEVEL / 2))
    return low, high


def ratio_intervals(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of each study's ratio of standard deviations, from pairs."""
    n = one.shape[1]
    left, right = (values - values.mean(axis=1, keepdims=True) for values in (one, other))
    squares, others = (left**2).sum(axis=1), (right**2).sum(axis=1)
    unexplained = 1 - (left * right).sum(axis=1) ** 2 / (squares * others)
    middle = 1 + 2 * unexplained * stats.t.ppf(1 - _LEVEL / 2, n - 2) ** 2 / (n - 2)
    half = np.sqrt(middle**2 - 1)
    return np.sqrt(squares / others * (middle - half)), np.sqrt(squares / others * (middle + half))


def f_intervals(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the intervals for samples that are assumed to be independent."""
    freedom = one.shape[1] - 1
    ratio = one.var(axis=1, ddof=1) / other.var(axis=1, ddof=1)
    low, high = (np.sqrt(ratio / stats.f.ppf(level, freedom, freedom)) for level in (1 - _LEVEL / 2, _LEVEL / 2))
    return low, high


def studies_of(noise: Noise, share: float | None, n: int, studies: int) -> dict[str, np.ndarray]:
    """Return the outcomes of each study, by name."""
    alone, together = simulated(noise, share, n, studies)
    true = math.sqrt(1 if share is None else share)
    low, high = ratio_intervals(alone, together)
    return {
        "std covers": _covers(std_intervals(alone), true),
        "ratio covers": _covers((low, high), true),
        "F covers": _covers(f_intervals(alone, together), true),
        "must vary": low > HALF,
        "may stay fixed": high < HALF,
    }


def _covers(interval: tuple[np.ndarray, np.ndarray], true: float) -> np.ndarray:
    return (interval[0] <= true) & (true <= interval[1])


def table(studies: int) -> Iterator[list[str]]:
    """Yield a row for each kind of noise, share and number of seeds."""
    for name in ("normal", "heavy-tailed"):
        for n in (5, 10, 20):
            for share in SHARES:
                found = studies_of(NOISES[name], share, n, studies)
                kind = "all, interacting" if share is None else f"{share:.0%}"
                yield [name, str(n), kind, *map(rate, found.values())]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"simulated in each row (default: {STUDIES})")
    heads = ["noise", "seeds", "share", "std covers", "ratio covers", "F covers", "must vary", "may stay fixed"]
    print(markdown(heads, list(table(parser.parse_args().studies))))


if __name__ == "__main__":
    main()
