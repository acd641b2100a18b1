"""Level, power and coverage of the sign test of times to a target, with runs that miss the target (`make calibration`).

In each pair, the faster run takes a log-normal time, and the other exp(|e|) times as long; the sign of e determines
which run is faster. If the median of e is 0, neither variant is faster, however skewed e is.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tests.benchmarks.calibration import STUDIES, markdown, rate

SPEED_UP = 0.6  # ratio of the times, for power
LIMIT = 11.0  # time of the longest run; about a quarter of the runs do not reach the target
_LEVEL = 0.05
_AT_ONCE = 1_000  # studies, to save memory

Noise = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
NOISES: dict[str, Noise] = {  # noise distributions with median 0
    "normal": lambda generator, shape: 0.35 * generator.standard_normal(shape),
    "heavy-tailed": lambda generator, shape: 0.25 * generator.standard_t(3, shape),
    "skewed": lambda generator, shape: 0.5 * (generator.exponential(1, shape) - np.log(2)),
}


@dataclass(frozen=True)
class Times:
    """Paired times of many studies, (studies, pairs); infinite for a run that missed the target."""

    variant: np.ndarray
    baseline: np.ndarray

    @property
    def differences(self) -> np.ndarray:
        """Variant - baseline; NaN if both missed the target."""
        with np.errstate(invalid="ignore"):
            return self.variant - self.baseline

    @property
    def is_significant(self) -> np.ndarray:
        """True for each study in which the sign test gives p < 0.05."""
        faster, slower = (self.differences < 0).sum(axis=1), (self.differences > 0).sum(axis=1)
        return 2 * stats.binom.cdf(np.minimum(faster, slower), faster + slower, 0.5) < _LEVEL

    @property
    def is_significant_by_ranks(self) -> np.ndarray:
        """The same by the exact signed-rank test, in which a run that missed the target has the largest rank."""
        differences = np.nan_to_num(self.differences, nan=0.0, posinf=np.inf, neginf=-np.inf)
        parts = np.array_split(differences, -(-len(differences) // _AT_ONCE))
        return np.concatenate([_rank_p(part) < _LEVEL for part in parts])

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """The order statistics that enclose the median of pairs with a finite time; infinite if unbounded."""
        ordered = np.sort(self.differences, axis=1)  # NaN last
        known = np.isfinite(self.variant) | np.isfinite(self.baseline)
        sizes = known.sum(axis=1)
        places = stats.binom.ppf(_LEVEL / 2, sizes, 0.5).astype(int)
        rows, bounded = np.arange(len(ordered)), places > 0
        low = np.where(bounded, ordered[rows, places - 1], -np.inf)
        return low, np.where(bounded, ordered[rows, sizes - places], np.inf)


def _rank_p(differences: np.ndarray) -> np.ndarray:
    n = differences.shape[1]
    sizes = np.where(differences == 0, np.nan, np.abs(differences))
    ranks = np.nan_to_num(stats.rankdata(sizes, axis=1, nan_policy="omit"))
    signs = 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1
    observed = np.abs((ranks * np.sign(differences)).sum(axis=1))
    return (np.abs(ranks @ signs.T) >= observed[:, None] - 1e-9).mean(axis=1)


def draw(noise: Noise, n: int, studies: int, *, limit: float = np.inf, ratio: float = 1.0, seed: int = 0) -> Times:
    """Draw studies of n pairs; the ratio is that of the variant's time to the baseline's."""
    generator = np.random.default_rng([seed, n])
    sooner = 8 * np.exp(0.25 * generator.standard_normal((studies, n)))
    apart = noise(generator, (studies, n))
    variant, baseline = ratio * sooner * np.exp(np.maximum(apart, 0)), sooner * np.exp(np.maximum(-apart, 0))
    return Times(*(np.where(times > limit, np.inf, times) for times in (variant, baseline)))


def in_epochs(times: Times) -> Times:
    """Return the times in whole epochs, many of which are ties."""
    return Times(np.ceil(times.variant), np.ceil(times.baseline))


def one_comparison(
    noise: Noise, n: int, studies: int, *, limit: float = np.inf, epochs: bool = False, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return the outcomes of each study with one comparison of n pairs, by name."""
    null, sooner = (draw(noise, n, studies, limit=limit, ratio=ratio, seed=seed) for ratio in (1, SPEED_UP))
    if epochs:
        null, sooner = in_epochs(null), in_epochs(sooner)
    low, high = null.interval
    return {
        "false": null.is_significant,
        "false by ranks": null.is_significant_by_ranks,
        "covers": (low <= 0) & (high >= 0),
        "sooner": sooner.is_significant,
        "sooner by ranks": sooner.is_significant_by_ranks,
    }


def table(studies: int) -> str:
    """Return the table as Markdown."""
    columns = {
        "false": "p < 0.05, signs", "false by ranks": "p < 0.05, ranks", "covers": "median covered",
        "sooner": "sooner, signs", "sooner by ranks": "sooner, ranks",
    }  # fmt: skip
    rows = []
    for name, epochs in (("normal", False), ("normal", True), ("heavy-tailed", False), ("skewed", False)):
        what = f"{name}{', whole epochs' * epochs}"
        for misses, limit in {"none": np.inf, "some": LIMIT}.items():
            for n in (6, 8, 12):
                found = one_comparison(NOISES[name], n, studies, limit=limit, epochs=epochs)
                rows.append([what, misses, str(n), *(rate(found[key]) for key in columns)])
    return markdown(["differences", "misses", "pairs", *columns.values()], rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"simulated in each row (default: {STUDIES})")
    print(table(parser.parse_args().studies))


if __name__ == "__main__":
    main()
