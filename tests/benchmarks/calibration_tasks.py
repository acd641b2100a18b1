"""Coverage, false claims and power of a report's results over several data sets (part of `make calibration`).

Runs are normally distributed. In the first table the data sets are fixed and their means differ by three times the
standard deviation of runs; for relative errors, the baseline's mean doubles from one data set to the next. In the
second table the variants' means are drawn anew on each data set.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from scipy import stats

from runner.reporting.comparison.relative_errors import relative_aggregates
from runner.reporting.statistics.significance.dataset_tests import bayesian_signed_rank, iman_davenport, signed_rank_p
from runner.reporting.statistics.stratified import estimate, improvement, interquartile_mean, mean_of_means
from tests.benchmarks.calibration import markdown, rate

STUDIES = 1_000
BAYESIAN = 200  # studies
EFFECT = 1.5  # effect of the first variant on each data set, in standard deviations of a variant's mean
ROPE = 0.5  # in the same unit
_LEVEL = 0.05
_APART = 3.0
_SPREAD = 0.1  # standard deviation of a run's error, relative to the mean on its data set
_RATIO = 0.9  # true relative error
_SHAPES = ((3, 5), (5, 5), (10, 5), (5, 10))  # runs and data sets
_DESIGNS = ((3, 3), (6, 3), (10, 5), (14, 4))  # data sets and variants


def coverage(runs: int, datasets: int, studies: int) -> dict[str, np.ndarray]:
    """Return whether each study's intervals cover the true aggregates, and the true probability of improvement."""
    generator = np.random.default_rng([runs, datasets])
    places = _APART * np.arange(datasets)
    truth = float(interquartile_mean(*(stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000) + place for place in places)))
    shift = stats.norm.ppf(0.7) * np.sqrt(2)
    found: dict[str, list[bool]] = {"IQM": [], "mean": [], "P(improvement)": []}
    for _ in range(studies):
        one, other = ([place + generator.standard_normal(runs) for place in places] for _ in range(2))
        better = [task + shift for task in other]
        for name, (_, low, high), true in (
            ("IQM", estimate(interquartile_mean, one), truth),
            ("mean", estimate(mean_of_means, one), places.mean()),
            ("P(improvement)", improvement(better, one), 0.7),
        ):
            found[name].append(low <= true <= high)
    return {name: np.array(own) for name, own in found.items()} | {
        "mean relative error": relative_coverage(runs, datasets, studies)
    }


def relative_coverage(runs: int, datasets: int, studies: int) -> np.ndarray:
    """Return whether each study's interval of the mean relative error covers the true one."""
    generator = np.random.default_rng([runs, datasets, 1])
    means = 0.01 * 2.0 ** np.arange(datasets)

    def errors_of(level: float) -> list[np.ndarray]:
        return [level * mean * (1 + _SPREAD * generator.standard_normal(runs)) for mean in means]

    found = (relative_aggregates(errors_of(_RATIO), errors_of(1)) for _ in range(studies))
    return np.array([own["relative_mean_low"] <= _RATIO <= own["relative_mean_high"] for own in found])


def claims(
    datasets: int, variants: int, effect: float, studies: int, bayesian: int = BAYESIAN
) -> dict[str, np.ndarray]:
    """Return whether each study's tests are significant; the first variant is better by the effect.

    The Bayesian test, run only on the first studies, claims a side with a probability of more than 95%.
    """
    generator = np.random.default_rng([datasets, variants, int(10 * effect)])
    means = generator.standard_normal((studies, datasets, variants))
    means[..., 0] += effect
    average = stats.rankdata(means, axis=-1).mean(axis=1)
    freedom = variants - 1
    squares = (average**2).sum(axis=-1) - variants * (variants + 1) ** 2 / 4
    chi_squared = 12 * datasets / (variants * (variants + 1)) * squares
    differences = means[..., 0] - means[..., 1]
    return {
        "Friedman": stats.chi2.sf(chi_squared, freedom) < _LEVEL,
        "Iman and Davenport": np.array([iman_davenport(own, datasets, variants)[1] < _LEVEL for own in chi_squared]),
        "Wilcoxon": np.array([signed_rank_p(own) < _LEVEL for own in differences]),
        "Bayesian": np.array(
            [max(bayesian_signed_rank(own, ROPE)[::2]) > 1 - _LEVEL for own in differences[:bayesian]]
        ),
    }


def tables(studies: int) -> Iterator[str]:
    """Yield the two tables as Markdown."""
    rows = []
    for runs, datasets in _SHAPES:
        found = coverage(runs, datasets, studies)
        rows.append([f"{runs}", f"{datasets}", *map(rate, found.values())])
    yield markdown(["runs", "data sets", *found], rows)
    rows = []
    for datasets, variants in _DESIGNS:
        for effect in (0.0, EFFECT):
            claimed = claims(datasets, variants, effect, studies)
            rows.append([f"{datasets}", f"{variants}", f"{effect}", *map(rate, claimed.values())])
    yield markdown(["data sets", "variants", "effect", *claimed], rows)


def main() -> None:
    """Print the tables of docs/report.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"simulated in each row (default: {STUDIES})")
    for table in tables(parser.parse_args().studies):
        print(f"{table}\n", flush=True)


if __name__ == "__main__":
    main()
